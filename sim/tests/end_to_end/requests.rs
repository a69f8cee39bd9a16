//! Other requests than a plain `GET`: methods, bodies, header fields, and large resources.

use embedded_x402::client::{Method, Outcome, Request};
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::seller::{Resource, Route};
use embedded_x402_sim::x402::Version;
use solana_address::Address;

use crate::errand;
use crate::shop::{PRICE, Shop, VERSIONS, sells};

const METHODS: [Method; 3] = [Method::Post, Method::Put, Method::Delete];

/// One route for each version and method, which takes no other method.
fn echoes(pay_to: Address) -> Vec<Route> {
    let of = |version| {
        METHODS.map(|method| {
            let path = echo_path(version, method);
            let methods = vec![method.as_str().to_owned()];
            Route { methods, ..sells(version, &path, Resource::Echo, pay_to) }
        })
    };
    VERSIONS.into_iter().flat_map(of).collect()
}

fn echo_path(version: Version, method: Method) -> String {
    format!("/v{}/{}", u8::from(version), method.as_str())
}

/// The body is sent twice, the second time with the payment, and must be the same both times.
#[tokio::test]
async fn bodies_of_every_method_reach_the_handler() {
    let mut shop = Shop::open(echoes).await;
    let large: Vec<u8> = (0..100_000u32).map(|index| (index % 251) as u8).collect();
    for fragment in [0, 7] {
        shop.device.fragment = fragment;
        for (version, method) in VERSIONS.into_iter().flat_map(|v| METHODS.map(|m| (v, m))) {
            for body in [&b""[..], b"{\"on\":true}", &large] {
                let url = shop.market.url(&echo_path(version, method));
                let request = Request { body: Some(body), ..Request::new(method, &url) };
                let what = format!("{method:?} of {} bytes, {version:?}", body.len());
                let trade = shop.buy(&request, genesis::USDC).await;
                assert!(trade.assert_settled(PRICE, &what).bytes == body, "{what}");
            }
        }
    }
}

/// They go out with both requests; what the echo says of its type, it has from the second.
#[tokio::test]
async fn header_fields_reach_the_handler() {
    let shop = Shop::open(echoes).await;
    for version in VERSIONS {
        let url = shop.market.url(&echo_path(version, Method::Put));
        let request = Request {
            headers: &[("X-Device", "thermometer 7"), ("Content-Type", "text/x-reading; unit=K")],
            body: Some(b"293"),
            ..Request::new(Method::Put, &url)
        };
        let errand = errand::run_request(&shop, &request, || true).await;
        assert!(matches!(errand.result, Ok((200, Outcome::Settled(_)))), "{:?}", errand.result);
        assert_eq!(errand.sent.matches("\r\nX-Device: thermometer 7\r\n").count(), 2);
        let echoed = "\r\ncontent-type: text/x-reading; unit=K\r\n";
        assert_eq!(errand.received.matches(echoed).count(), 1, "{version:?}");
    }
}

#[tokio::test]
async fn a_large_file_arrives_whole() {
    let directory = tempfile::tempdir().unwrap();
    let file: Vec<u8> =
        (0..300_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::create_dir(directory.path().join("images")).unwrap();
    std::fs::write(directory.path().join("images/firmware.bin"), &file).unwrap();
    let mut shop = Shop::open(|pay_to| {
        let resource = Resource::Directory(directory.path().to_owned());
        VERSIONS
            .map(|version| {
                let path = format!("/v{}/files/*", u8::from(version));
                sells(version, &path, resource.clone(), pay_to)
            })
            .into()
    })
    .await;
    for fragment in [0, 7, 1] {
        shop.device.fragment = fragment;
        for version in [1, 2] {
            let path = format!("/v{version}/files/images/firmware.bin");
            let trade = shop.get(&path, genesis::USDC).await;
            let body = trade.assert_settled(PRICE, &format!("{path}, fragment {fragment}"));
            assert!(body.bytes == file, "{path}, fragment {fragment}");
        }
    }
}
