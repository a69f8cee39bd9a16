//! Payments that were sent and bought nothing, or were sent again: the money moves once at most,
//! and the device is told when nobody can know.

use embedded_x402::client::{Doubt, Outcome};
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::seller::{Resource, Route};
use embedded_x402_sim::x402::{Version, header};
use reqwest::Response;
use serde_json::Value;
use solana_address::Address;

use crate::errand::{self, PaymentHeader};
use crate::shop::{PRICE, Shop, VERSIONS, sells, weather};

const DUPLICATE: &str = "duplicate_settlement";

/// Weather, and a handler that fails, at the same price: a payment for the one fits the other.
fn routes(pay_to: Address) -> Vec<Route> {
    let of = |version| {
        let path = |name: &str| format!("/v{}/{name}", u8::from(version));
        [
            weather(version, &path("weather"), pay_to),
            sells(version, &path("status/*"), Resource::Status, pay_to),
        ]
    };
    VERSIONS.into_iter().flat_map(of).collect()
}

/// Sends a payment once more, for this path.
pub(crate) async fn resend(shop: &Shop, path: &str, payment: &PaymentHeader) -> Response {
    let request = reqwest::Client::new().get(shop.market.url(path));
    request.header(&payment.name, &payment.value).send().await.unwrap()
}

/// The JSON in a header of an answer.
pub(crate) fn header_json(answer: &Response, name: &str) -> Option<Value> {
    header::decode(answer.headers().get(name)?.as_bytes())
}

#[tokio::test]
async fn a_handler_that_fails_leaves_it_unknown_and_moves_nothing() {
    let shop = Shop::open(routes).await;
    for version in [1, 2] {
        for status in [400, 404, 500, 503] {
            let path = format!("/v{version}/status/{status}");
            let trade = shop.get(&path, genesis::USDC).await;
            let body = trade.purchase.result.as_ref().unwrap();
            assert_eq!(body.status, status, "{path}");
            assert_eq!(body.outcome, Outcome::Unknown(Doubt::NoReceipt { status }), "{path}");
            assert_eq!(body.bytes, format!("{{\"status\":{status}}}").as_bytes(), "{path}");
            trade.books.assert_nothing_moved(&path);
        }
    }
}

/// Why it is unknown: whoever has the bytes can still settle them.
#[tokio::test]
async fn a_payment_that_bought_nothing_is_still_good() {
    let shop = Shop::open(routes).await;
    for version in [1, 2] {
        let books = shop.open_books(genesis::USDC);
        let errand = errand::run(&shop, &format!("/v{version}/status/500"), || true).await;
        assert_eq!(errand.result, Ok((500, Outcome::Unknown(Doubt::NoReceipt { status: 500 }))));
        books.assert_nothing_moved("status 500");
        let payment = errand.payment_header().unwrap();
        let answer = resend(&shop, &format!("/v{version}/weather"), &payment).await;
        assert_eq!(answer.status(), 200);
        assert_eq!((books.moved().spent, books.moved().earned), (PRICE, PRICE));
    }
}

/// The same bytes again are called a duplicate, so that a client whose answer got lost knows.
#[tokio::test]
async fn a_payment_that_settled_is_a_duplicate_when_it_comes_again() {
    let shop = Shop::open(routes).await;
    for version in VERSIONS {
        let path = format!("/v{}/weather", u8::from(version));
        let books = shop.open_books(genesis::USDC);
        let errand = errand::run(&shop, &path, || true).await;
        assert!(matches!(errand.result, Ok((200, Outcome::Settled(_)))), "{:?}", errand.result);
        let settled = books.moved();
        assert_eq!((settled.spent, settled.earned), (PRICE, PRICE));

        let payment = errand.payment_header().unwrap();
        // At once, and some blocks later.
        for slots in [0, 10] {
            shop.market.chain.advance(slots);
            assert_duplicate(resend(&shop, &path, &payment).await, version).await;
        }
        assert_eq!(books.moved(), settled, "{path}");
    }
}

async fn assert_duplicate(answer: Response, version: Version) {
    assert_eq!(answer.status(), 402);
    match version {
        Version::V1 => {
            assert!(answer.headers().get(header::X_PAYMENT_RESPONSE).is_none());
            let challenge: Value = answer.json().await.unwrap();
            assert_eq!(challenge["error"], DUPLICATE);
        }
        Version::V2 => {
            assert!(answer.headers().get(header::PAYMENT_REQUIRED).is_none());
            let receipt = header_json(&answer, header::PAYMENT_RESPONSE).unwrap();
            assert_eq!(receipt["success"], false);
            assert_eq!(receipt["errorReason"], DUPLICATE);
            assert_eq!(receipt["transaction"], "");
        }
    }
}

/// From then on it can't settle any more, and the reason says no more than that.
#[tokio::test]
async fn a_payment_that_comes_again_after_its_blockhash_expired() {
    let shop = Shop::open(routes).await;
    let errand = errand::run(&shop, "/v2/weather", || true).await;
    let books = shop.open_books(genesis::USDC);
    shop.market.chain.advance(200);
    let answer = resend(&shop, "/v2/weather", &errand.payment_header().unwrap()).await;
    assert_eq!(answer.status(), 402);
    let challenge = header_json(&answer, header::PAYMENT_REQUIRED).unwrap();
    assert_eq!(challenge["error"], "invalid_exact_svm_transaction_simulation_failed");
    books.assert_nothing_moved("an expired payment");
}
