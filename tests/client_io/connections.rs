//! Which connections a purchase takes, and what is sent again on another.

use embedded_x402::client::{Doubt, Error as ExchangeError, Method, Request};
use embedded_x402::io::{Client, ClientMemory, Error};
use embedded_x402::sizes;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{URL, USDC_POLICY};
use embedded_x402_tests::keys::device_signer;
use embedded_x402_tests::network::{After, Network, Reply, run};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::SentRequest;

use crate::hosts::{Counter, answer, client, honest};

/// Buys the weather; answers what became of it.
fn buy(network: &Network<'_>) -> Result<bool, Error> {
    let mut memory = ClientMemory::new();
    let mut client = client(network, &mut memory);
    let mut response = run(client.get(URL))?;
    let mut body = [0; 16];
    if response.receipt().is_some() {
        assert_eq!(run(response.read_to_end(&mut body)), Ok(&b"sunny"[..]));
    }
    Ok(response.receipt().is_some())
}

fn connections_of_requests(network: &Network<'_>) -> Vec<usize> {
    network.sent().iter().map(|sent| sent.connection).collect()
}

#[test]
fn the_connection_is_kept_for_the_payment() {
    for fragment in [1, 2, 7, 64, usize::MAX] {
        let mut network = Network::new(honest);
        network.fragment = fragment;
        assert_eq!(buy(&network), Ok(true));
        assert_eq!(connections_of_requests(&network), [0, 0]);
    }
}

#[test]
fn buffers_of_any_size_will_do() {
    fn buy_with<const BUFFER: usize>() {
        let network = Network::new(honest);
        let mut memory = ClientMemory::<{ sizes::ENTRY }, BUFFER>::new();
        let clock = network.clock();
        let mut client =
            Client::new(&network, &USDC_POLICY, device_signer(), Counter(0), clock, &mut memory);
        let response = run(client.get(URL)).unwrap();
        assert!(response.receipt().is_some());
        assert_eq!(network.sent().len(), 2);
    }
    buy_with::<1>();
    buy_with::<16>();
    buy_with::<5000>();
}

#[test]
fn a_seller_that_says_close_gets_a_new_connection() {
    let header = encode(&challenge(&[entry()]));
    let network = Network::new(|_, request| match request.payment() {
        Some(_) => Reply::then(answer(request), After::Close),
        None => {
            let fields = [("PAYMENT-REQUIRED", header.as_str()), ("Connection", "close")];
            Reply::then(response(402, &fields, "{}"), After::Close)
        }
    });
    assert_eq!(buy(&network), Ok(true));
    assert_eq!(connections_of_requests(&network), [0, 1]);
    assert!(network.lost(0).is_empty(), "nothing is sent where nobody listens");
}

/// The seller closes without a word after the 402; the device notices when it sends or reads.
#[test]
fn a_closed_kept_connection_is_replaced() {
    for loses in [false, true] {
        let mut network = Network::new(|_, request| match request.payment() {
            Some(_) => answer(request).into(),
            None => Reply::then(answer(request), After::Close),
        });
        network.loses = loses;
        assert_eq!(buy(&network), Ok(true));
        assert_eq!(connections_of_requests(&network), [0, 1]);
        assert_eq!(network.paid_requests().len(), 1);
        if loses {
            let lost = SentRequest::new(network.lost(0));
            assert_eq!(lost, network.paid_requests()[0], "the same bytes");
        }
    }
}

/// Takes payments on a kept connection and closes it without an answer; then does this.
fn forgetful(then: fn(&SentRequest) -> Vec<u8>) -> Network<'static> {
    let mut payments = 0;
    Network::new(move |_, request| {
        if request.payment().is_none() {
            return answer(request).into();
        }
        payments += 1;
        if payments == 1 { Reply::then(Vec::new(), After::Close) } else { then(request).into() }
    })
}

#[test]
fn a_payment_without_an_answer_is_sent_again_in_the_same_bytes() {
    let network = forgetful(answer);
    assert_eq!(buy(&network), Ok(true));
    assert_eq!(connections_of_requests(&network), [0, 0, 1]);
    let paid = network.paid_requests();
    assert_eq!(paid.len(), 2);
    assert_eq!(paid[0], paid[1], "one payment, not two");
}

#[test]
fn a_refusal_of_what_was_sent_again_is_in_doubt() {
    let network = forgetful(|_| payment_required(&challenge(&[entry()])));
    let error = buy(&network).unwrap_err();
    assert!(matches!(error.unsettled(), Some(Doubt::Failed(_))), "{error:?}");
}

#[test]
fn it_is_sent_again_once() {
    let network = Network::new(|_, request| match request.payment() {
        Some(_) => Reply::then(Vec::new(), After::Close),
        None => answer(request).into(),
    });
    assert_eq!(buy(&network), Err(Error::Exchange(ExchangeError::Unknown(Doubt::NoAnswer))));
    assert_eq!(network.paid_requests().len(), 2);
}

#[test]
fn a_connection_with_more_than_the_response_on_it_is_not_kept() {
    let network = Network::new(|_, request| {
        let mut bytes = answer(request);
        if request.payment().is_none() {
            bytes.extend(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        bytes.into()
    });
    assert_eq!(buy(&network), Ok(true));
    assert_eq!(connections_of_requests(&network), [0, 1]);
}

#[test]
fn the_body_of_a_request_is_sent_twice() {
    let network = Network::new(honest);
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory);
    let request = Request {
        headers: &[("Content-Type", "application/json")],
        body: Some(b"{\"city\":\"Berlin\"}"),
        ..Request::new(Method::Post, URL)
    };
    assert!(run(client.send(&request)).unwrap().receipt().is_some());
    for sent in network.sent() {
        assert_eq!(sent.request.line(), "POST /weather HTTP/1.1");
        assert_eq!(sent.request.body(), "{\"city\":\"Berlin\"}");
        assert_eq!(sent.request.field("Content-Type"), Some("application/json"));
    }
    assert_eq!(network.sent().len(), 2);
}

#[test]
fn purchases_in_a_row_are_different_payments() {
    let network = Network::new(honest);
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory);
    for _ in 0..3 {
        assert!(run(client.get(URL)).unwrap().receipt().is_some());
        assert_eq!(run(client.get("http://seller.lan/free")).unwrap().status(), 200);
    }
    let paid = network.paid_requests();
    assert!(paid[0] != paid[1] && paid[1] != paid[2] && paid[0] != paid[2]);
}
