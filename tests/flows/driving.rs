//! The rule by which an exchange is driven, and what happens to who breaks it.

use embedded_x402::client::{
    Doubt, Error, Exchange, Limits, Memory, Method, Request, RequestError, Step,
};
use embedded_x402::policy::{Asset, PaymentPolicy, Rule};
use embedded_x402::scheme::MintFacts;
use embedded_x402::solana::{Blockhash, Signature, TokenProgram};
use embedded_x402::wire::{Amount, Network};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{Device, URL, sign, transmitted};
use embedded_x402_tests::keys::{base58, device_payer};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::SentRequest;

const RULES: [Rule<'static>; 1] =
    [Rule::new(Asset::new(Network::SolanaDevnet, USDC), Amount(5000))];

/// It asks for all that can be asked.
const POLICY: PaymentPolicy<'static> = PaymentPolicy { rules: &RULES };

const FACTS: MintFacts = MintFacts { token_program: TokenProgram::Token, decimals: 6 };

fn exchange<'r>(request: &Request<'r>, memory: &'r mut Memory) -> Exchange<'r> {
    Exchange::new(request, &POLICY, device_payer(), Limits::default(), memory).unwrap()
}

const GET: Request<'static> = Request::new(Method::Get, URL);

/// The steps of a purchase in which nothing is known beforehand.
const STEPS: [&str; 11] = [
    "Transmit",
    "Receive",
    "Approve",
    "MintFacts",
    "Entropy",
    "RecentBlockhash",
    "Sign",
    "Transmit",
    "Receive",
    "VerifyReceipt",
    "Done",
];

/// A seller that supplies nothing.
fn challenged() -> Vec<u8> {
    payment_required(&challenge(&[without_extra(entry(), "recentBlockhash")]))
}

/// Does the step that is next; answers its name.
fn advance(exchange: &mut Exchange<'_>) -> String {
    let name = step_name(exchange);
    match exchange.step().unwrap() {
        Step::Transmit => {
            transmitted(exchange, 200);
        }
        Step::Receive if exchange.payment_sent() => assert_taken(exchange, &settled_by_nobody()),
        Step::Receive => assert_taken(exchange, &challenged()),
        Step::Approve(_) => exchange.approve(true).unwrap(),
        Step::MintFacts { .. } => exchange.mint_facts(FACTS).unwrap(),
        Step::Entropy => exchange.entropy([1; 16]).unwrap(),
        Step::RecentBlockhash => exchange.recent_blockhash(Blockhash::new([2; 32])).unwrap(),
        Step::Sign { message } => {
            let signature = Signature::new(sign(message));
            exchange.signature(&signature).unwrap();
        }
        Step::VerifyReceipt { .. } => exchange.verified(true).unwrap(),
        Step::Done => {}
        other => panic!("{other:?}"),
    }
    name
}

/// A receipt whose signature nobody made: whoever verifies has to say so.
fn settled_by_nobody() -> Vec<u8> {
    settled(&serde_json::json!({"success": true, "transaction": base58(&[5; 64])}))
}

fn assert_taken(exchange: &mut Exchange<'_>, bytes: &[u8]) {
    let taken = exchange.receive(bytes).unwrap();
    assert!(matches!(bytes.len() - taken, 0 | 5), "all but the final body");
}

fn step_name(exchange: &Exchange<'_>) -> String {
    let step = format!("{:?}", exchange.step().unwrap());
    step.split([' ', '(']).next().unwrap().to_owned()
}

#[test]
fn the_steps_come_in_the_written_order() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    for name in STEPS {
        assert_eq!(advance(&mut exchange), name);
    }
    assert!(exchange.finish().is_ok());
}

/// Gives the exchange everything that it has not asked for; answers how much of it was refused.
fn misuse(exchange: &mut Exchange<'_>, step: &str) -> usize {
    let signature = Signature::new([3; 64]);
    let mut refused = 0;
    let mut refuse = |name: &str, result: &mut dyn FnMut() -> Result<(), Error>| {
        if name != step {
            assert_eq!(result(), Err(Error::OutOfOrder), "{name} at {step}");
            refused += 1;
        }
    };
    refuse("Approve", &mut || exchange.approve(true));
    refuse("MintFacts", &mut || exchange.mint_facts(FACTS));
    refuse("Entropy", &mut || exchange.entropy([0; 16]));
    refuse("RecentBlockhash", &mut || exchange.recent_blockhash(Blockhash::new([0; 32])));
    refuse("Sign", &mut || exchange.signature(&signature));
    refuse("VerifyReceipt", &mut || exchange.verified(true));
    if step != "Transmit" {
        assert_eq!(exchange.transmit(&mut [0; 9]), 0);
    }
    if step != "Receive" {
        assert_eq!(exchange.receive(b"HTTP/1.1 200 OK\r\n\r\n"), Ok(0));
        assert_eq!(exchange.closed(), Ok(()));
    }
    refused
}

#[test]
fn what_was_not_asked_for_is_refused_and_changes_nothing() {
    for misused_at in 0..STEPS.len() {
        let mut memory = Memory::new();
        let mut exchange = exchange(&GET, &mut memory);
        for (index, name) in STEPS.iter().enumerate() {
            if index == misused_at {
                let before = format!("{:?}", exchange.step());
                assert!(misuse(&mut exchange, name) >= 5);
                assert_eq!(format!("{:?}", exchange.step()), before);
            }
            assert_eq!(advance(&mut exchange), *name);
        }
    }
}

#[test]
fn finish_is_for_the_end() {
    for steps in 0..STEPS.len() - 1 {
        let mut memory = Memory::new();
        let mut exchange = exchange(&GET, &mut memory);
        (0..steps).for_each(|_| drop(advance(&mut exchange)));
        assert_eq!(exchange.finish().err(), Some(Error::OutOfOrder), "after {steps} steps");
    }
}

#[test]
fn a_payment_counts_as_sent_from_its_first_byte() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    (0..7).for_each(|_| drop(advance(&mut exchange)));
    assert!(!exchange.payment_sent(), "signed, not sent");
    exchange.transmit(&mut [0]);
    assert!(exchange.payment_sent());
}

fn paid_request(buffer: usize) -> SentRequest {
    let headers = [("Accept", "application/json"), ("X-Device", "42")];
    let request = Request {
        headers: &headers,
        body: Some(b"{\"city\":\"Berlin\"}"),
        ..Request::new(Method::Post, "http://seller.lan/weather?day=1")
    };
    let mut memory = Memory::new();
    let mut exchange = exchange(&request, &mut memory);
    (0..7).for_each(|_| drop(advance(&mut exchange)));
    transmitted(&mut exchange, buffer)
}

#[test]
fn the_request_is_the_same_whatever_the_buffer() {
    let whole = paid_request(4000);
    assert_eq!(whole.line(), "POST /weather?day=1 HTTP/1.1");
    assert_eq!(whole.field("X-Device"), Some("42"));
    assert_eq!(whole.body(), "{\"city\":\"Berlin\"}");
    assert!(whole.payment().is_some());
    (1..=64).for_each(|buffer| assert_eq!(paid_request(buffer), whole, "{buffer}"));
    let length = whole.text.len();
    (length - 1..=length + 1).for_each(|buffer| assert_eq!(paid_request(buffer), whole));
}

#[test]
fn a_retransmission_is_the_same_bytes() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    (0..7).for_each(|_| drop(advance(&mut exchange)));
    exchange.transmit(&mut [0; 100]);
    assert!(exchange.may_retransmit(), "in the middle of sending");
    exchange.retransmit();
    let first = transmitted(&mut exchange, 33);
    assert!(exchange.may_retransmit(), "not a byte of an answer came");
    exchange.retransmit();
    assert_eq!(transmitted(&mut exchange, 64), first);
    assert!(first.payment().is_some());
}

#[test]
fn a_refusal_of_what_was_sent_twice_is_in_doubt() {
    for (sent_again, refused) in [(false, true), (true, false)] {
        let mut memory = Memory::new();
        let mut exchange = exchange(&GET, &mut memory);
        (0..8).for_each(|_| drop(advance(&mut exchange)));
        if sent_again {
            exchange.retransmit();
            transmitted(&mut exchange, 64);
        }
        let why = "invalid_exact_svm_payload_amount_mismatch";
        let refusal = payment_required(&challenge(&[entry()]).replace("Payment required", why));
        let error = exchange.receive(&refusal).unwrap_err();
        assert_eq!(matches!(error, Error::Refused(_)), refused, "{error:?}");
        assert_eq!(matches!(error, Error::Unknown(Doubt::Failed(_))), sent_again);
    }
}

#[test]
fn after_a_byte_of_an_answer_nothing_is_sent_again() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    (0..8).for_each(|_| drop(advance(&mut exchange)));
    exchange.receive(b"H").unwrap();
    assert!(!exchange.may_retransmit());
    exchange.retransmit();
    assert!(matches!(exchange.step(), Ok(Step::Receive)));
}

#[test]
fn the_first_request_is_never_retransmitted() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    for _ in 0..7 {
        assert!(!exchange.may_retransmit());
        exchange.retransmit();
        advance(&mut exchange);
    }
}

#[test]
fn a_connection_is_kept_only_if_its_response_ended_on_it() {
    let header = encode(&challenge(&[entry()]));
    let fields = [("PAYMENT-REQUIRED", header.as_str())];
    let closing = [fields[0], ("Connection", "close")];
    for (response, kept) in [
        (response(402, &fields, "{}"), true),
        (framed(402, &fields, "{}", Framing::Chunked), true),
        (response(402, &closing, "{}"), false),
        (response(402, &fields, &"x".repeat(5000)), false),
        (response(402, &[], &challenge_v1(&[entry_v1()])), true),
        (framed(402, &[], &challenge_v1(&[entry_v1()]), Framing::Chunked), true),
    ] {
        let mut memory = Memory::new();
        let mut exchange = exchange(&GET, &mut memory);
        transmitted(&mut exchange, 64);
        exchange.receive(&response).unwrap();
        assert!(matches!(exchange.step(), Ok(Step::Approve(_))));
        assert_eq!(exchange.may_reuse_connection(), kept);
    }
}

#[test]
fn bytes_behind_the_head_are_left_to_the_body() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    transmitted(&mut exchange, 64);
    let response = response(200, &[], "sunny");
    assert_eq!(exchange.receive(&response), Ok(response.len() - 5));
    let mut answer = exchange.finish().unwrap();
    assert_eq!(answer.body.decode(b"sunny, more"), Ok((5, &b"sunny"[..])));
    assert!(answer.body.is_done());
}

/// An exchange that failed is over: whoever missed the error must not pay after all.
#[test]
fn a_failed_exchange_stays_failed() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    (0..2).for_each(|_| drop(advance(&mut exchange)));
    assert!(exchange.approve(false).is_err());
    assert_eq!(exchange.approve(true), Err(Error::OutOfOrder));
    assert_eq!(exchange.step().err(), Some(Error::OutOfOrder));
}

#[test]
fn a_challenge_behind_a_failed_one_is_not_paid() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    transmitted(&mut exchange, 64);
    let header = encode(&challenge(&[priced("9999")]));
    let body = challenge_v1(&[entry_v1()]);
    let response = response(402, &[("PAYMENT-REQUIRED", &header)], &body);
    let mut errors = 0;
    for byte in &response {
        errors += usize::from(exchange.receive(std::slice::from_ref(byte)).is_err());
    }
    assert_eq!(errors, 1);
    assert_eq!(exchange.step().err(), Some(Error::OutOfOrder));
}

#[test]
fn a_lost_answer_is_in_doubt() {
    let mut memory = Memory::new();
    let mut exchange = exchange(&GET, &mut memory);
    (0..8).for_each(|_| drop(advance(&mut exchange)));
    assert_eq!(exchange.closed(), Err(Error::Unknown(Doubt::NoAnswer)));
    assert!(exchange.payment_sent());
}

#[test]
fn requests_that_cannot_be_made() {
    let error = |request: &Request<'_>| {
        let (payer, limits) = (device_payer(), Limits::default());
        Exchange::new(request, &POLICY, payer, limits, &mut Memory::new() as &mut Memory).err()
    };
    for url in ["", "seller.lan/x", "ftp://seller.lan/", "http://seller.lan/a b", "http://u@x/"] {
        assert_eq!(error(&Request::new(Method::Get, url)), Some(Error::Request(RequestError::Url)));
    }
    for name in ["PAYMENT-SIGNATURE", "x-payment", "Host", "Content-Length", "Connection"] {
        let request = Request { headers: &[("A", "b"), (name, "c")], ..GET };
        assert_eq!(error(&request), Some(Error::Request(RequestError::ReservedHeader(1))));
    }
    let request = Request { headers: &[("A", "b\r\nX-PAYMENT: c")], ..GET };
    assert_eq!(error(&request), Some(Error::Request(RequestError::Header(0))));
    assert_eq!(error(&GET), None);
    assert_eq!(Device::default().request.url, GET.url);
}
