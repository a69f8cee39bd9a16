//! What becomes of the money, by the answer to the payment.

use embedded_x402::client::{Doubt, Error, Outcome, ResponseError};
use embedded_x402::codec::base64::Base64Error;
use embedded_x402::codec::http::{BodyError, HeadError};
use embedded_x402::codec::json::JsonError;
use embedded_x402::wire::{Reason, SettlementError};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{Asked, Device, Run};
use embedded_x402_tests::keys::{base58, fee_payer, settle};
use embedded_x402_tests::response::*;
use embedded_x402_tests::seller::sells;
use embedded_x402_tests::sent::Payment;
use serde_json::{Value, json};

/// A purchase whose payment gets this answer.
fn answered(answer: impl Fn(&Payment) -> Vec<u8> + Clone) -> Run {
    let run = Device::default().buy(sells(payment_required(&challenge(&[entry()])), answer));
    assert!(run.payment_sent);
    assert_eq!(run.requests.len(), 2, "one request, one payment, never a second one");
    run
}

fn answered_by(bytes: Vec<u8>) -> Run {
    answered(move |_| bytes.clone())
}

/// A purchase whose payment gets the honest receipt with this change.
fn with_receipt(change: impl Fn(&mut Value) + Clone) -> Run {
    answered(move |payment| {
        let mut receipt = receipt(payment);
        change(&mut receipt);
        settled(&receipt)
    })
}

fn refused(reason: &str) -> Error {
    Error::Refused(Reason::from(reason))
}

fn failed(reason: &str) -> Doubt {
    Doubt::Failed(Reason::from(reason))
}

fn payment_response(status: u16, receipt: &Value) -> Vec<u8> {
    response(status, &[("PAYMENT-RESPONSE", &encode(&receipt.to_string()))], "{}")
}

/// The second 402 of version 2.
fn rejected(reason: &str) -> Vec<u8> {
    payment_required(&challenge(&[entry()]).replace("Payment required", reason))
}

#[test]
fn a_receipt_that_agrees_is_settled() {
    let run = with_receipt(|_| {});
    let Outcome::Settled(receipt) = run.outcome() else { panic!("{run:?}") };
    let id = settle(run.payment().transaction.message_bytes());
    assert_eq!(receipt.transaction.as_str(), id);
    assert_eq!(run.asked.last(), Some(&Asked::Verification));
    assert_eq!(run.result.unwrap().body, Some(b"sunny".to_vec()));
}

#[test]
fn receipts_may_say_less_or_more() {
    for (member, value) in [
        ("network", json!(null)),
        ("payer", json!(null)),
        ("amount", json!("1000")),
        ("network", json!("solana-devnet")),
        ("extensions", json!({"success": false, "deep": [[{"amount": "1"}]]})),
        ("extra", json!([1, 2.5, null, "x"])),
    ] {
        let run = with_receipt(|receipt| receipt[member] = value.clone());
        assert!(matches!(run.outcome(), Outcome::Settled(_)), "{member}");
    }
}

#[test]
fn version_1_has_its_own_header() {
    let challenge = payment_required_v1(&challenge_v1(&[entry_v1()]));
    let answer = |payment: &Payment| {
        let receipt = with(receipt(payment), "/network", json!("solana-devnet"));
        response(200, &[("x-payment-response", &encode(&receipt.to_string()))], "sunny")
    };
    let run = Device::default().buy(sells(challenge, answer));
    assert!(matches!(run.outcome(), Outcome::Settled(_)));
}

#[test]
fn a_receipt_counts_whatever_the_status() {
    for status in [400, 402, 404, 500, 502, 503] {
        let run = answered(move |payment| payment_response(status, &receipt(payment)));
        assert!(matches!(run.outcome(), Outcome::Settled(_)), "{status}");
        assert_eq!(run.result.unwrap().status, status);
    }
}

#[test]
fn without_a_receipt_nobody_knows() {
    for status in [200, 201, 204, 302, 400, 403, 404, 409, 412, 429, 500, 502, 503] {
        let run = answered_by(response(status, &[], "no coffee"));
        assert_eq!(run.outcome(), Outcome::Unknown(Doubt::NoReceipt { status }));
    }
    let advertised = encode(&challenge(&[entry()]));
    let permit = response(412, &[("PAYMENT-REQUIRED", &advertised)], "{}");
    let outcome = Outcome::Unknown(Doubt::NoReceipt { status: 412 });
    assert_eq!(answered_by(permit).outcome(), outcome);
}

#[test]
fn failed_verification_is_refused_with_its_reason() {
    let reason = "invalid_exact_svm_payload_recipient_mismatch";
    assert_eq!(answered_by(rejected(reason)).error(), refused(reason));
}

/// What is said to those who have not paid may come from a cache.
#[test]
fn a_challenge_as_if_nothing_was_paid_refuses_nothing() {
    for first_contact in ["Payment required", ""] {
        let unknown = Error::Unknown(failed(first_contact));
        assert_eq!(answered_by(rejected(first_contact)).error(), unknown);
    }
    let body = challenge_v1(&[entry_v1()]);
    let unknown = Error::Unknown(failed("X-PAYMENT header is required"));
    assert_eq!(answered_by(payment_required_v1(&body)).error(), unknown);
}

#[test]
fn failed_settlement_without_a_transaction_is_refused() {
    let reason = "invalid_exact_svm_payload_amount_mismatch";
    let answer = payment_response(402, &failure(reason, ""));
    assert_eq!(answered_by(answer).error(), refused(reason));
    let no_id = json!({"success": false, "errorReason": reason});
    assert_eq!(answered_by(payment_response(402, &no_id)).error(), refused(reason));
}

/// Sellers settle a second time by themselves when the first try took long: a node then simulates
/// what it has executed, and the money that is missing is what the payment took.
#[test]
fn what_a_second_settlement_says_is_not_a_refusal() {
    for reason in [
        "invalid_exact_svm_transaction_simulation_failed",
        "invalid_exact_evm_insufficient_balance",
        "insufficient_funds",
    ] {
        let answer = payment_response(402, &failure(reason, ""));
        assert_eq!(answered_by(answer).error(), Error::Unknown(failed(reason)));
        assert_eq!(answered_by(rejected(reason)).error(), refused(reason));
    }
}

#[test]
fn failed_settlement_with_a_transaction_may_still_land() {
    let reason = "invalid_exact_svm_transaction_failed";
    let answer = payment_response(402, &failure(reason, &base58(&[5; 64])));
    assert_eq!(answered_by(answer).error(), Error::Unknown(failed(reason)));
}

#[test]
fn what_may_settle_is_not_refused() {
    for reason in
        ["settlement_pending", "duplicate_settlement", "transaction_confirmation_timed_out"]
    {
        let unknown = Error::Unknown(failed(reason));
        assert_eq!(answered_by(payment_response(402, &failure(reason, ""))).error(), unknown);
        assert_eq!(answered_by(rejected(reason)).error(), unknown);
        let body = challenge_v1(&[entry_v1()]).replace("X-PAYMENT header is required", reason);
        assert_eq!(answered_by(payment_required_v1(&body)).error(), unknown);
    }
}

/// Reference facilitators say these of transactions that they have sent to the chain, and sellers of
/// facilitators whose answer they never got.
#[test]
fn what_was_tried_is_not_refused() {
    for reason in [
        "transaction_failed",
        "invalid_exact_svm_transaction_failed",
        "settle_exact_svm_block_height_exceeded",
        "Facilitator settle failed (504): upstream timed out",
        "fetch failed",
    ] {
        let unknown = Error::Unknown(failed(reason));
        assert_eq!(answered_by(payment_response(402, &failure(reason, ""))).error(), unknown);
        let body = challenge_v1(&[entry_v1()]).replace("X-PAYMENT header is required", reason);
        assert_eq!(answered_by(payment_required_v1(&body)).error(), unknown);
        assert_eq!(answered_by(rejected(reason)).error(), unknown);
    }
}

#[test]
fn failure_beside_another_status_leaves_it_unknown() {
    for status in [200, 500] {
        let run = answered_by(payment_response(status, &failure("unexpected_error", "")));
        assert_eq!(run.outcome(), Outcome::Unknown(failed("unexpected_error")));
    }
}

#[test]
fn version_1_says_why_in_the_body() {
    let body = json!({
        "x402Version": 1, "accepts": [entry_v1()], "payer": "x",
        "error": "invalid_exact_svm_payload_transaction_instructions_length",
    });
    for framing in FRAMINGS {
        let run = answered_by(framed(402, &[], &body.to_string(), framing));
        let reason = "invalid_exact_svm_payload_transaction_instructions_length";
        assert_eq!(run.error(), refused(reason));
    }
}

#[test]
fn reasons_are_cut_and_made_printable() {
    let reason = format!("bad\u{1b}[31m\n\u{1f326}{}", "x".repeat(200));
    let challenge = challenge(&[entry()]);
    let challenge = challenge.replace("\"Payment required\"", &json!(reason).to_string());
    let expected = format!("bad?[31m??{}", "x".repeat(67));
    let error = answered_by(payment_required(&challenge)).error();
    let Error::Unknown(Doubt::Failed(reason)) = error else { panic!("{error:?}") };
    assert_eq!(reason.as_str(), expected);
}

/// What was cut off could say that it may settle yet; characters of several bytes are fewer.
#[test]
fn a_reason_that_was_cut_refuses_nothing() {
    let reason = format!("{}settlement_pending", "\u{e9}".repeat(41));
    assert!(matches!(answered_by(rejected(&reason)).error(), Error::Unknown(Doubt::Failed(_))));
}

#[test]
fn a_402_that_does_not_say_why_leaves_it_unknown() {
    let no_reason = Error::Unknown(Doubt::Answer(ResponseError::Reason));
    for framing in FRAMINGS {
        for body in ["{}", "", "{\"error\":\"gone\"}", "<html></html>", "[]"] {
            assert_eq!(answered_by(framed(402, &[], body, framing)).error(), no_reason, "{body}");
        }
    }
    for value in ["", "e30=", "!", "eyJ4NDAyVmVyc2lvbiI6Miw="] {
        let answer = response(402, &[("PAYMENT-REQUIRED", value)], "{}");
        assert_eq!(answered_by(answer).error(), no_reason, "{value}");
    }
}

#[test]
fn a_receipt_goes_before_a_challenge() {
    let challenge = encode(&challenge(&[entry()]));
    for receipt_first in [true, false] {
        let challenge = challenge.clone();
        let run = answered(move |payment| {
            let receipt = encode(&receipt(payment).to_string());
            let mut fields =
                [("PAYMENT-RESPONSE", receipt.as_str()), ("PAYMENT-REQUIRED", &challenge)];
            if !receipt_first {
                fields.reverse();
            }
            response(402, &fields, "{}")
        });
        assert!(matches!(run.outcome(), Outcome::Settled(_)));
    }
}

#[test]
fn no_answer_at_all() {
    assert_eq!(answered_by(Vec::new()).error(), Error::Unknown(Doubt::NoAnswer));
}

#[test]
fn a_malformed_answer_leaves_it_unknown() {
    let unknown = |error| Error::Unknown(Doubt::Answer(error));
    let error = |bytes: &[u8]| answered_by(bytes.to_vec()).error();
    let status_line = unknown(ResponseError::Head(HeadError::StatusLine));
    assert_eq!(error(b"\0"), status_line);
    assert_eq!(error(b"HTTP/1.1 4"), unknown(ResponseError::Truncated));
    assert_eq!(error(b"HTTP/1.1 200 OK\r\n"), unknown(ResponseError::Truncated));
    assert_eq!(
        error(b"HTTP/1.1 200 OK\r\n: x\r\n"),
        unknown(ResponseError::Head(HeadError::Field))
    );
    let cut = b"HTTP/1.1 402 x\r\nContent-Length: 5\r\n\r\n{";
    assert_eq!(error(cut), unknown(ResponseError::Body(BodyError::Truncated)));
    let huge = framed(402, &[], &" ".repeat(200_000), Framing::UntilClose);
    let needed = 128 * 1024 + 1;
    assert_eq!(answered_by(huge).error(), unknown(ResponseError::BodyTooLarge { needed }));
    let twice = [("PAYMENT-RESPONSE", "e30="), ("PAYMENT-RESPONSE", "e30=")];
    assert_eq!(answered_by(response(200, &twice, "")).error(), unknown(ResponseError::Repeated));
}

/// Sellers that serve both versions may answer by both names: the one of version 2 counts.
#[test]
fn the_receipt_may_stand_twice_by_its_two_names() {
    for order in
        [["PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE"], ["X-PAYMENT-RESPONSE", "PAYMENT-RESPONSE"]]
    {
        let run = answered(move |payment| {
            let good = encode(&receipt(payment).to_string());
            let by_name = |name| if name == "PAYMENT-RESPONSE" { &good[..] } else { "!!" };
            response(200, &order.map(|name| (name, by_name(name))), "")
        });
        assert!(matches!(run.outcome(), Outcome::Settled(_)), "{order:?}");
    }
}

/// Neither a challenge beside a receipt nor what an informational response says hides a receipt.
#[test]
fn other_fields_do_not_hide_a_receipt() {
    for order in
        [["PAYMENT-REQUIRED", "PAYMENT-RESPONSE"], ["PAYMENT-RESPONSE", "PAYMENT-REQUIRED"]]
    {
        for status in [200, 402] {
            let run = answered(move |payment| {
                let good = encode(&receipt(payment).to_string());
                let by_name = |name| if name == "PAYMENT-RESPONSE" { &good[..] } else { "!!" };
                response(status, &order.map(|name| (name, by_name(name))), "")
            });
            assert!(matches!(run.outcome(), Outcome::Settled(_)), "{order:?} {status}");
        }
    }
    let informed = answered(|payment| {
        let early = response(103, &[("PAYMENT-RESPONSE", "!!")], "");
        [early, settled(&receipt(payment))].concat()
    });
    assert!(matches!(informed.outcome(), Outcome::Settled(_)));
}

#[test]
fn a_receipt_about_something_else_is_not_settled() {
    let other_key = with_receipt(|receipt| receipt["payer"] = json!(fee_payer()));
    assert_eq!(other_key.outcome(), Outcome::Unknown(Doubt::OtherPayer));
    for network in ["solana", "eip155:84532", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"] {
        let run = with_receipt(move |receipt| receipt["network"] = json!(network));
        assert_eq!(run.outcome(), Outcome::Unknown(Doubt::OtherNetwork), "{network}");
    }
    for amount in ["999", "1001", "0"] {
        let run = with_receipt(move |receipt| receipt["amount"] = json!(amount));
        assert_eq!(run.outcome(), Outcome::Unknown(Doubt::OtherAmount));
    }
}

#[test]
fn a_transaction_that_is_not_ours_is_not_settled() {
    let someone_elses = settle(b"another message");
    for id in
        [someone_elses, base58(&[5; 64]), base58(&[0; 64]), "".into(), "1111".into(), "0x12".into()]
    {
        let run = with_receipt(move |receipt| receipt["transaction"] = json!(id));
        assert_eq!(run.outcome(), Outcome::Unknown(Doubt::OtherTransaction));
    }
    let devices_own = answered(|payment| {
        let id = base58(&payment.transaction.device_signature());
        settled(&with(receipt(payment), "/transaction", json!(id)))
    });
    assert_eq!(devices_own.outcome(), Outcome::Unknown(Doubt::OtherTransaction));
}

#[test]
fn an_unreadable_receipt_is_not_settled() {
    use SettlementError::{Base64, Json, Member, NotAReceipt};
    let unknown =
        |value: &str| answered_by(response(200, &[("PAYMENT-RESPONSE", value)], "")).outcome();
    let receipt = |text: &str| unknown(&encode(text));
    let doubt = |error| Outcome::Unknown(Doubt::Receipt(error));
    assert_eq!(unknown("!"), doubt(Base64(Base64Error::Unexpected(b'!'))));
    assert_eq!(unknown(""), doubt(Json(JsonError::Truncated)));
    assert_eq!(unknown("eyJ"), doubt(Json(JsonError::Truncated)));
    assert_eq!(receipt("{}"), doubt(NotAReceipt));
    assert_eq!(receipt("[true]"), doubt(NotAReceipt));
    assert_eq!(receipt(r#"{"success":"true"}"#), doubt(Member));
    assert_eq!(receipt(r#"{"success":1}"#), doubt(Member));
    assert_eq!(receipt(r#"{"success":false,"success":true}"#), doubt(Member));
    assert_eq!(receipt(r#"{"success":true,"transaction":5}"#), doubt(Member));
    let long = json!({"success": true, "transaction": "1".repeat(89)});
    assert_eq!(receipt(&long.to_string()), doubt(Member));
}
