//! Texts cut at each byte: never a success, never a payment.

use embedded_x402::client::{Doubt, Error, Memory, Outcome};
use embedded_x402::codec::http::{HeadEvent, HeadParser};
use embedded_x402::sizes;
use embedded_x402::wire::{PaymentRequiredReader, PaymentRequirements, SettlementReader, Source};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{Device, Run};
use embedded_x402_tests::response::*;
use embedded_x402_tests::seller::{Seller, says};
use embedded_x402_tests::sent::SentRequest;

fn buy(mut seller: impl Seller) -> Run {
    Device::default().buy_once(&mut Memory::new() as &mut Memory, 64, &mut seller)
}

fn assert_unpaid(response: Vec<u8>) {
    let _why = buy(says(response)).unpaid();
}

fn end_of_head(response: &[u8]) -> usize {
    response.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4
}

#[test]
fn a_cut_head_has_no_end() {
    let head = payment_required(&challenge(&[entry()]));
    for cut in 0..end_of_head(&head) {
        let mut parser = HeadParser::new();
        let ended = |byte: &u8| parser.push(*byte).unwrap() == Some(HeadEvent::End);
        assert!(!head[..cut].iter().any(ended), "{cut}");
    }
}

#[test]
fn a_cut_challenge_is_none() {
    let challenge = challenge(&[entry()]);
    for cut in 0..challenge.len() {
        let mut reader = PaymentRequiredReader::new(Source::Header);
        let mut buffer = [0; sizes::ENTRY];
        let pushed = |byte: &u8| reader.push(*byte, &mut buffer).is_ok();
        assert!(challenge.as_bytes()[..cut].iter().all(pushed));
        assert!(reader.finish().is_err(), "{cut}");
    }
}

#[test]
fn a_cut_entry_is_none() {
    for entry in [entry().to_string(), entry_v1().to_string()] {
        for cut in 0..entry.len() {
            assert!(PaymentRequirements::parse(&entry.as_bytes()[..cut]).is_err(), "{cut}");
        }
    }
}

#[test]
fn a_cut_receipt_is_none() {
    let receipt = failure("settlement_pending", "").to_string();
    for cut in 0..receipt.len() {
        let mut reader = SettlementReader::new();
        let mut buffer = [0; sizes::RECEIPT];
        let pushed = |byte: &u8| reader.push(*byte, &mut buffer).is_ok();
        assert!(receipt.as_bytes()[..cut].iter().all(pushed));
        assert!(reader.finish(&buffer).is_err(), "{cut}");
    }
}

/// The connection closes in the middle of the challenge.
#[test]
fn a_cut_402_is_not_paid() {
    for framing in FRAMINGS {
        let header = encode(&challenge(&[entry()]));
        let version_2 = framed(402, &[("PAYMENT-REQUIRED", &header)], "{}", framing);
        let version_1 = framed(402, &[], &challenge_v1(&[entry_v1()]), framing);
        let in_head = end_of_head(&version_2);
        for (response, end) in [(&version_2, in_head), (&version_1, version_1.len())] {
            (0..end).for_each(|cut| assert_unpaid(response[..cut].to_vec()));
        }
    }
}

/// The response is whole, but the header's value was cut on its way.
#[test]
fn a_cut_header_is_not_paid() {
    let mut challenge = challenge(&[entry()]);
    while !challenge.len().is_multiple_of(3) {
        challenge.insert(0, ' ');
    }
    let value = encode(&challenge);
    assert!(!value.ends_with('='), "padding may be missing: it is no loss");
    for cut in 0..value.len() {
        assert_unpaid(response(402, &[("PAYMENT-REQUIRED", &value[..cut])], "{}"));
    }
}

/// The answer to a payment is cut: it is unknown what became of it, neither settled nor refused.
#[test]
fn a_cut_answer_leaves_the_payment_unknown() {
    let device = Device::default();
    let mut memory: Memory = Memory::new();
    let challenge = payment_required(&challenge(&[entry()]));
    let refusal = challenge_v1(&[entry_v1()]).replace("X-PAYMENT header is required", "no funds");
    let answers: [fn(&embedded_x402_tests::sent::Payment, &str) -> Vec<u8>; 4] = [
        |payment, _| settled(&receipt(payment)),
        |_, _| response(402, &[("PAYMENT-RESPONSE", &encode(&failure("x", "").to_string()))], ""),
        |_, refusal| framed(402, &[], refusal, Framing::UntilClose),
        |_, refusal| framed(402, &[], refusal, Framing::Chunked),
    ];
    for (index, answer) in answers.iter().enumerate() {
        for cut in (0..).step_by(3) {
            let mut was_whole = false;
            let mut seller = |request: &SentRequest| match request.payment() {
                None => challenge.clone(),
                Some(payment) => {
                    let mut answer = answer(&payment, &refusal);
                    let end = if index < 2 { end_of_head(&answer) } else { answer.len() };
                    was_whole = cut >= end;
                    answer.truncate(cut);
                    answer
                }
            };
            let run = device.buy_once(&mut memory, usize::MAX, &mut seller);
            if was_whole {
                break;
            }
            let unknown = matches!(run.error(), Error::Unknown(Doubt::NoAnswer | Doubt::Answer(_)));
            assert!(unknown, "{index} cut at {cut}: {run:?}");
        }
    }
}

#[test]
fn a_cut_body_is_not_taken_for_a_whole_one() {
    for framing in [Framing::ContentLength, Framing::Chunked] {
        let whole = framed(200, &[], "sunny today", framing);
        for cut in end_of_head(&whole)..whole.len() {
            let answered = buy(says(whole[..cut].to_vec())).result.unwrap();
            assert_eq!(answered.outcome, Outcome::NotPaid);
            assert_eq!(answered.body, None, "{framing:?} cut at {cut}");
        }
    }
}
