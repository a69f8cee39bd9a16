extern crate std;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use base64::{Engine, engine::general_purpose::STANDARD};
use embassy_futures::block_on;
use serde_json::{Value, json};

use super::*;
use crate::client::{Doubt, Method, Step};
use crate::evm::Address;
use crate::evm::reference_payments::PAYER_KEY;
use crate::journal::PaymentRecord;
use crate::policy::{Rule, assets};
use crate::signer::{K256Signer, Secp256k1Signer};
use crate::sizes;
use crate::solana::{Pubkey, Signature};
use crate::wire::Amount;

const NOW: u64 = 1_767_225_600;
const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/x");
const POLICY: PaymentPolicy<'static> = PaymentPolicy {
    rules: &[
        Rule::new(assets::USDC_SOLANA_DEVNET, Amount(5000)),
        Rule::new(assets::USDC_BASE_SEPOLIA, Amount(5000)),
    ],
};

fn signer() -> K256Signer {
    K256Signer::from_bytes(&PAYER_KEY).unwrap()
}

fn payer() -> Payer {
    Payer {
        solana: Some(Pubkey::new([9; 32])),
        evm: Some(Address::from_public_key(&signer().public_key())),
    }
}

fn on_solana(memo: Option<&str>) -> Value {
    let mut entry = json!({
        "scheme": "exact",
        "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        "amount": "1000",
        "asset": "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
        "payTo": "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt",
        "maxTimeoutSeconds": 60,
        "extra": {
            "feePayer": "HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37",
            "recentBlockhash": "EZ3rST5dvHmbanh75jc4PuLfV96vp9fEYBVeNk4FfM1k",
        },
    });
    if let Some(memo) = memo {
        entry["extra"]["memo"] = memo.into();
    }
    entry
}

fn on_evm() -> Value {
    json!({
        "scheme": "exact",
        "network": "eip155:84532",
        "amount": "1000",
        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
        "maxTimeoutSeconds": 60,
        "extra": {"name": "USDC", "version": "2"},
    })
}

fn as_version_1(mut entry: Value) -> Value {
    let network = entry["network"].as_str().unwrap();
    let name = if network.starts_with("eip155") { "base-sepolia" } else { "solana-devnet" };
    entry["network"] = name.into();
    entry["maxAmountRequired"] = entry["amount"].take();
    entry.as_object_mut().unwrap().remove("amount");
    entry
}

fn challenge_v2(entry: Value, extensions: Value) -> Vec<u8> {
    let challenge = json!({"x402Version": 2, "accepts": [entry], "extensions": extensions});
    let header = STANDARD.encode(challenge.to_string());
    format!("HTTP/1.1 402 x\r\nPAYMENT-REQUIRED: {header}\r\nContent-Length: 0\r\n\r\n").into()
}

fn challenge_v1(entry: Value) -> Vec<u8> {
    let body = json!({"x402Version": 1, "accepts": [as_version_1(entry)]}).to_string();
    format!("HTTP/1.1 402 x\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
}

/// All forms of payment.
fn challenges() -> Vec<Vec<u8>> {
    let identifier = json!({"payment-identifier": {"info": {"required": true}}});
    let entries = [on_solana(None), on_solana(Some("order 7")), on_evm()];
    let v1 = entries.clone().map(challenge_v1);
    let v2 = entries.clone().map(|entry| challenge_v2(entry, Value::Null));
    let identified = entries.map(|entry| challenge_v2(entry, identifier.clone()));
    [v1, v2, identified].concat()
}

fn transmit(exchange: &mut Exchange<'_>) -> String {
    let mut text = vec![0; 4096];
    let length = exchange.transmit(&mut text);
    String::from_utf8(text[..length].to_vec()).unwrap()
}

/// Drives the exchange up to the record.
fn sign(exchange: &mut Exchange<'_>, challenge: &[u8]) -> Reservation {
    transmit(exchange);
    exchange.receive(challenge).unwrap();
    exchange.approve(true).unwrap();
    let mut reservation = None;
    loop {
        match exchange.step().unwrap() {
            Step::Entropy => exchange.entropy([0xc7; 16]).unwrap(),
            Step::Time => exchange.time(Some(NOW)).unwrap(),
            Step::Nonce => exchange.nonce([0x5a; 32]).unwrap(),
            Step::Reserve(reserve) => {
                reservation = Some(reserve);
                exchange.reserved().unwrap();
            }
            Step::Sign { .. } => exchange.signature(&Signature::new([0xa5; 64])).unwrap(),
            Step::SignDigest { digest } => {
                let signature = block_on(signer().sign_prehash(&digest)).unwrap();
                exchange.recoverable_signature(&signature).unwrap();
            }
            Step::Record => return reservation.expect("a reservation before the signature"),
            other => panic!("{other:?}"),
        }
    }
}

fn record(exchange: &Exchange<'_>, item: &mut [u8]) -> usize {
    let mut signed = [0; sizes::SIGNED];
    let payment = exchange.recorded_payment(&mut signed).unwrap();
    PaymentRecord { number: 7, request: exchange.request_key(), payment }.write(item).unwrap()
}

#[test]
fn a_recorded_payment_is_sent_again_byte_for_byte() {
    for challenge in challenges() {
        let mut memory = Memory::new();
        memory.sequence = 41;
        let exchange =
            Exchange::new(&REQUEST, &POLICY, payer(), Limits::default(), &mut memory).unwrap();
        let mut exchange = exchange.journalled();
        let reservation = sign(&mut exchange, &challenge);
        assert_eq!((reservation.amount, reservation.request), (1000, exchange.request_key()));
        let mut item = [0; sizes::RECORD];
        let length = record(&exchange, &mut item);
        assert!(!exchange.payment_sent() && transmit(&mut exchange).is_empty());
        exchange.recorded().unwrap();
        let sent = transmit(&mut exchange);
        assert!(sent.contains("PAYMENT"), "{sent}");

        let mut memory = Memory::new();
        let record = PaymentRecord::read(&item[..length]).unwrap();
        let resumed = Exchange::resume(
            &REQUEST,
            &POLICY,
            payer(),
            Limits::default(),
            &mut memory,
            &record.payment,
        );
        let mut resumed = resumed.unwrap();
        assert!(resumed.payment_sent());
        assert_eq!(transmit(&mut resumed), sent);
    }
}

#[test]
fn a_refusal_of_what_was_sent_again_refuses_nothing() {
    let refusals = [
        challenge_v2(on_evm(), Value::Null),
        challenge_v1(on_evm()),
        b"HTTP/1.1 402 x\r\nContent-Length: 0\r\n\r\n".to_vec(),
    ];
    for refusal in refusals {
        let mut memory = Memory::new();
        let exchange =
            Exchange::new(&REQUEST, &POLICY, payer(), Limits::default(), &mut memory).unwrap();
        let mut exchange = exchange.journalled();
        sign(&mut exchange, &challenge_v2(on_evm(), Value::Null));
        let mut item = [0; sizes::RECORD];
        let length = record(&exchange, &mut item);
        let record = PaymentRecord::read(&item[..length]).unwrap();
        let mut memory = Memory::new();
        let limits = Limits::default();
        let resumed =
            Exchange::resume(&REQUEST, &POLICY, payer(), limits, &mut memory, &record.payment);
        let mut resumed = resumed.unwrap();
        transmit(&mut resumed);
        let error = resumed.receive(&refusal).unwrap_err();
        assert!(matches!(error, Error::Unknown(Doubt::Failed(_) | Doubt::Answer(_))), "{error:?}");
    }
}

#[test]
fn a_payment_outlives_neither_blockhash_nor_authorization() {
    for (challenge, lifetime) in [
        (challenge_v2(on_solana(None), Value::Null), 180),
        (challenge_v2(on_evm(), Value::Null), 60 + 60),
    ] {
        let mut memory = Memory::new();
        let exchange =
            Exchange::new(&REQUEST, &POLICY, payer(), Limits::default(), &mut memory).unwrap();
        assert_eq!(sign(&mut exchange.journalled(), &challenge).lifetime, lifetime);
    }
}

#[test]
fn identifiers_are_sent_where_they_are_offered() {
    for (required, expected) in [(json!(true), true), (json!(false), false)] {
        let extensions = json!({"payment-identifier": {"info": {"required": required}}});
        for entry in [on_solana(None), on_evm()] {
            let mut memory = Memory::new();
            let exchange =
                Exchange::new(&REQUEST, &POLICY, payer(), Limits::default(), &mut memory);
            let mut exchange = exchange.unwrap().journalled();
            sign(&mut exchange, &challenge_v2(entry, extensions.clone()));
            exchange.recorded().unwrap();
            let sent = transmit(&mut exchange);
            let header = sent.split("PAYMENT-SIGNATURE: ").nth(1).unwrap();
            let payload = STANDARD.decode(header.split("\r\n").next().unwrap()).unwrap();
            let payload: Value = serde_json::from_slice(&payload).unwrap();
            let info = &payload["extensions"]["payment-identifier"]["info"];
            assert_eq!(info["required"], json!(expected));
            let id = info["id"].as_str().unwrap();
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            assert!((16..=128).contains(&id.len()) && id.bytes().all(allowed), "{id}");
        }
    }
}
