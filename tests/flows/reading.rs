//! The forms that an answer or a challenge comes in.

use embedded_x402::client::{Error, Limits, Outcome, ResponseError};
use embedded_x402::codec::base64::Base64Error;
use embedded_x402::codec::http::{BodyError, HeadError};
use embedded_x402::codec::json::JsonError;
use embedded_x402::wire::ChallengeError;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{Answered, Device, Run};
use embedded_x402_tests::response::*;
use embedded_x402_tests::seller::{says, sells};
use serde_json::json;

fn buy(challenge: Vec<u8>) -> Run {
    Device::default().buy(sells(challenge, |payment| settled(&receipt(payment))))
}

/// That this challenge leads to a payment that settles.
fn assert_paid(challenge: Vec<u8>) -> Run {
    let run = buy(challenge);
    assert!(matches!(run.outcome(), Outcome::Settled(_)), "{run:?}");
    assert_eq!(run.payment().transaction.message.amount(), 1000);
    run
}

fn unpaid(response: Vec<u8>) -> Error {
    Device::default().buy(says(response)).unpaid()
}

#[test]
fn what_is_free_is_not_paid() {
    for framing in FRAMINGS {
        let run = Device::default().buy(says(framed(200, &[], "sunny", framing)));
        let body = Some(b"sunny".to_vec());
        let expected = Answered { status: 200, outcome: Outcome::NotPaid, body };
        assert_eq!(run.result, Ok(expected));
        assert!(!run.payment_sent && run.asked.is_empty());
    }
}

#[test]
fn only_a_402_is_a_challenge() {
    let header = encode(&challenge(&[entry()]));
    for status in [200, 204, 400, 401, 403, 404, 500, 503] {
        let run =
            Device::default().buy(says(response(status, &[("PAYMENT-REQUIRED", &header)], "")));
        assert_eq!(run.outcome(), Outcome::NotPaid, "{status}");
        assert!(run.asked.is_empty());
    }
}

#[test]
fn redirects_are_answered_not_followed() {
    let fields = [("Location", "http://elsewhere.lan/"), ("PAYMENT-REQUIRED", "e30=")];
    for status in [301, 302, 303, 307, 308] {
        let run = Device::default().buy(says(response(status, &fields, "moved")));
        let answered = run.result.unwrap();
        assert_eq!((answered.status, answered.outcome), (status, Outcome::NotPaid));
        assert_eq!(run.requests.len(), 1);
    }
}

#[test]
fn version_2_in_the_header() {
    for framing in FRAMINGS {
        for body in ["{}", "", "<html>pay!</html>"] {
            let header = encode(&challenge(&[entry()]));
            let run = assert_paid(framed(402, &[("payment-REQUIRED", &header)], body, framing));
            assert_eq!(run.payment().header, "PAYMENT-SIGNATURE");
            assert_eq!(run.requests[1].line(), "GET /weather HTTP/1.1");
            assert_eq!(run.requests[1].field("Host"), Some("seller.lan"));
        }
    }
}

#[test]
fn version_1_in_the_body() {
    for framing in FRAMINGS {
        let run = assert_paid(framed(402, &[], &challenge_v1(&[entry_v1()]), framing));
        let payment = run.payment();
        assert_eq!(payment.header, "X-PAYMENT");
        assert_eq!(payment.value()["scheme"], "exact");
        assert_eq!(payment.value()["network"], "solana-devnet");
        let members = payment.value().as_object().unwrap().len();
        assert_eq!(members, 4, "nothing of the entry is returned");
    }
}

#[test]
fn version_2_in_the_body_only() {
    for framing in FRAMINGS {
        let run = assert_paid(framed(402, &[], &challenge(&[entry()]), framing));
        assert_eq!(run.payment().header, "PAYMENT-SIGNATURE");
        assert_eq!(run.payment().accepted(), entry().to_string());
    }
}

#[test]
fn the_header_goes_before_the_body() {
    let header = encode(&challenge(&[priced("1000")]));
    let body = challenge_v1(&[with(entry_v1(), "/maxAmountRequired", json!("1"))]);
    assert_paid(response(402, &[("PAYMENT-REQUIRED", &header)], &body));
    let broken = response(402, &[("PAYMENT-REQUIRED", "e30=")], &challenge_v1(&[entry_v1()]));
    assert_eq!(unpaid(broken), Error::Challenge(ChallengeError::NotAChallenge));
}

#[test]
fn the_order_of_members_is_free() {
    let entry = entry();
    for text in [
        format!(r#"{{"x402Version":2,"accepts":[{entry}]}}"#),
        format!(r#"{{"accepts":[{entry}],"x402Version":2}}"#),
        format!(r#"{{"extensions":{{"accepts":[{entry}]}},"accepts":[{entry}],"x402Version":2}}"#),
    ] {
        let run = assert_paid(payment_required(&text));
        assert_eq!(run.payment().accepted(), entry.to_string());
        assert_paid(response(402, &[], &text));
    }
}

#[test]
fn a_late_version_can_still_stop_the_payment() {
    let entry = entry();
    for (version, error) in [
        ("3", ChallengeError::Version),
        ("1", ChallengeError::Version),
        ("22", ChallengeError::Version),
        ("2.0", ChallengeError::Version),
        ("\"2\"", ChallengeError::NotAChallenge),
        ("null", ChallengeError::NotAChallenge),
    ] {
        let text = format!(r#"{{"accepts":[{entry}],"x402Version":{version}}}"#);
        assert_eq!(unpaid(payment_required(&text)), Error::Challenge(error), "{version}");
    }
}

#[test]
fn escapes_and_white_space_are_kept_as_they_came() {
    let entry = entry().to_string();
    let escaped = entry
        .replace("exact", r"ex\u0061ct")
        .replace("\"amount\"", r#""amo\u0075nt""#)
        .replace("1000", r"1\u0030\u00300")
        .replace("solana:", r"solana\u003a")
        .replace("EtWT", r"\u0045tWT")
        .replace("feePayer", r"fee\u0050ayer")
        .replace("4mPA", r"\u0034mPA")
        .replace(',', " ,\t\r\n ")
        .replace("\":", "\"\n : ");
    let text =
        format!(" \r\n{{ \"x402V\\u0065rsion\" :\t2 , \"\\u0061ccepts\" : [ {escaped} ] }} \n");
    for challenge in [payment_required(&text), response(402, &[], &text)] {
        assert_eq!(assert_paid(challenge).payment().accepted(), escaped);
    }
}

#[test]
fn padding_may_be_missing() {
    for blanks in ["", " ", "  "] {
        let header = encode(&format!("{}{blanks}", challenge(&[entry()])));
        let unpadded = header.trim_end_matches('=');
        assert_paid(response(402, &[("PAYMENT-REQUIRED", unpadded)], ""));
        assert_paid(response(402, &[("PAYMENT-REQUIRED", &format!("  {header}\t "))], ""));
    }
}

#[test]
fn numbers_and_nesting_in_extra_are_carried() {
    let text = entry().to_string().replace(
        "\"extra\":{",
        r#""extra":{"big":1e21,"list":[1,[2.50,null]],"o":{"feePayer":"x"},"flag":true,"#,
    );
    let challenge = format!(r#"{{"x402Version":2,"accepts":[{text}]}}"#);
    assert_eq!(assert_paid(payment_required(&challenge)).payment().accepted(), text);
}

#[test]
fn informational_responses_pass_by() {
    let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n".to_vec();
    bytes.extend(payment_required(&challenge(&[entry()])));
    assert_paid(bytes);
}

#[test]
fn unreadable_challenges_say_what_is_wrong() {
    use ChallengeError::{Base64, Json, NotAChallenge};
    let header = |value: &str| unpaid(response(402, &[("PAYMENT-REQUIRED", value)], "{}"));
    let urlsafe = encode(&challenge(&[entry()])).replace('J', "_");
    assert_eq!(header(&urlsafe), Error::Challenge(Base64(Base64Error::Unexpected(b'_'))));
    assert_eq!(header("e30=e30="), Error::Challenge(Base64(Base64Error::Unexpected(b'e'))));
    assert_eq!(header(""), Error::Challenge(Json(JsonError::Truncated)));
    assert_eq!(header(&encode("hello")), Error::Challenge(Json(JsonError::Unexpected(b'h'))));
    assert_eq!(header(&encode("[]")), Error::Challenge(NotAChallenge));
    assert_eq!(header(&encode("{}")), Error::Challenge(NotAChallenge));
    let deep = format!("{{\"x402Version\":2,\"a\":{}", "[".repeat(80));
    assert_eq!(header(&encode(&deep)), Error::Challenge(Json(JsonError::TooDeep)));
}

#[test]
fn a_402_without_a_challenge_is_not_paid() {
    let not_a_challenge = Error::Challenge(ChallengeError::NotAChallenge);
    for framing in FRAMINGS {
        assert_eq!(unpaid(framed(402, &[], "{}", framing)), not_a_challenge);
        let html = framed(402, &[], "<html></html>", framing);
        let unexpected = ChallengeError::Json(JsonError::Unexpected(b'<'));
        assert_eq!(unpaid(html), Error::Challenge(unexpected));
    }
    assert_eq!(unpaid(response(402, &[], "")), not_a_challenge);
}

#[test]
fn what_is_not_http_is_not_paid() {
    let status_line = Error::Response(ResponseError::Head(HeadError::StatusLine));
    assert_eq!(unpaid(b"SSH-2.0-OpenSSH\r\n".to_vec()), status_line);
    assert_eq!(unpaid(b"HTTP/2 402\r\n\r\n".to_vec()), status_line);
    assert_eq!(unpaid(Vec::new()), Error::Response(ResponseError::Truncated));
    let header = encode(&challenge(&[entry()]));
    let folded = format!("HTTP/1.1 402 x\r\nPAYMENT-REQUIRED: {header}\r\n \r\n\r\n");
    assert_eq!(unpaid(folded.into_bytes()), Error::Response(ResponseError::Head(HeadError::Field)));
}

#[test]
fn contradictions_are_refused() {
    let header = encode(&challenge(&[entry()]));
    let twice = [("PAYMENT-REQUIRED", header.as_str()), ("Payment-Required", header.as_str())];
    assert_eq!(unpaid(response(402, &twice, "")), Error::Response(ResponseError::Repeated));
    let lengths = [("Content-Length", "7")];
    assert_eq!(unpaid(response(402, &lengths, "{}")), Error::Response(ResponseError::Length));
    let both = [("Transfer-Encoding", "chunked")];
    assert_eq!(unpaid(response(402, &both, "{}")), Error::Response(ResponseError::Length));
}

#[test]
fn a_cut_or_malformed_body_is_no_challenge() {
    let text = challenge_v1(&[entry_v1()]);
    let mut cut = response(402, &[], &text);
    cut.pop();
    assert_eq!(unpaid(cut), Error::Response(ResponseError::Body(BodyError::Truncated)));
    let mut bad_chunk = framed(402, &[], &text, Framing::Chunked);
    let at = bad_chunk.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    bad_chunk[at] = b'x';
    assert_eq!(unpaid(bad_chunk), Error::Response(ResponseError::Body(BodyError::Chunk)));
}

#[test]
fn heads_and_challenge_bodies_have_limits() {
    let limits = Limits { head: 300, challenge_body: 200, drained_body: 10, entry_depth: 8 };
    let device = Device { limits, ..Device::default() };
    let large_head = device.buy(says(payment_required(&challenge(&[entry()]))));
    assert_eq!(large_head.unpaid(), Error::Response(ResponseError::HeadTooLarge { needed: 301 }));
    for framing in FRAMINGS {
        let body = challenge_v1(&[entry_v1()]);
        let large_body = device.buy(says(framed(402, &[], &body, framing)));
        let needed = if framing == Framing::ContentLength { body.len() as u64 } else { 201 };
        let expected = Error::Response(ResponseError::BodyTooLarge { needed });
        assert_eq!(large_body.unpaid(), expected);
    }
}

/// A seller that frames for ever must not hold the device for ever: the limit counts all bytes.
#[test]
fn framing_counts_towards_the_limit() {
    let endless = |status_and_fields: &str, filler: &str| {
        let head = format!("HTTP/1.1 {status_and_fields}\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(filler.bytes().cycle().take(200_000));
        bytes
    };
    let limit = Limits::default().challenge_body;
    let too_large = ResponseError::BodyTooLarge { needed: u64::from(limit) + 1 };
    let no_content = ResponseError::Body(BodyError::Framing);
    for (filler, error) in
        [("1;extension\r\n \r\n", too_large), ("0;", no_content), ("1;", no_content)]
    {
        let unpaid = unpaid(endless("402 x", filler));
        assert_eq!(unpaid, Error::Response(error), "{filler:?}");
    }
}

#[test]
fn endless_framing_behind_a_header_costs_the_connection_only() {
    let header = encode(&challenge(&[entry()]));
    let fields = [("PAYMENT-REQUIRED", header.as_str()), ("Transfer-Encoding", "chunked")];
    let mut bytes = response(402, &fields, "");
    let length = bytes.windows(19).position(|window| window == b"Content-Length: 0\r\n").unwrap();
    bytes.drain(length..length + 19);
    bytes.extend(b"1;".iter().cycle().take(100_000));
    assert_paid(bytes);
}

#[test]
fn a_drained_body_that_is_too_long_or_broken_costs_the_connection_only() {
    let header = encode(&challenge(&[entry()]));
    let long = "x".repeat(10_000);
    for framing in FRAMINGS {
        assert_paid(framed(402, &[("PAYMENT-REQUIRED", &header)], &long, framing));
    }
    let mut cut = response(402, &[("PAYMENT-REQUIRED", &header)], "cut short");
    cut.truncate(cut.len() - 4);
    assert_paid(cut);
}
