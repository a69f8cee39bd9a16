//! Payments that the reference clients made (@x402/svm, @x402/evm, @x402/core 2.27.0), made again.
//!
//! Their clock and randomness were pinned; an implementation that draws the same bytes must make
//! payments of the same meaning. The order of accounts within a group is free.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded_x402::policy::{Asset, PaymentPolicy, Refusal, Rule};
use embedded_x402::wire::{Amount, Network};
use embedded_x402_tests::challenge::BLOCKHASH;
use embedded_x402_tests::device::{Asked, Device, Run, USDC_RULE};
use embedded_x402_tests::keys::{DEVICE, DEVICE_KEY_PAIR, DEVICE_USDC_ACCOUNT};
use embedded_x402_tests::message::Transaction;
use embedded_x402_tests::response::{payment_required_v1, response};
use embedded_x402_tests::seller::{Seller, says, sells};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

const VECTORS: &str = include_str!("vectors/reference-payments.json");

/// The bytes that the reference client drew, from the first on.
fn drawn() -> [u8; 16] {
    std::array::from_fn(|index| (7 * index + 3) as u8)
}

fn vectors(prefix: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    let named = |vector: &&Value| vector["name"].as_str().unwrap().starts_with(prefix);
    vectors.filter(named).cloned().collect()
}

fn payment_required(vector: &Value) -> Vec<u8> {
    let header = vector["paymentRequiredHeader"].as_str().unwrap();
    response(402, &[("PAYMENT-REQUIRED", header)], "{}")
}

fn buy(seller: impl Seller + Clone) -> Run {
    Device { entropy: drawn(), ..Device::default() }.buy(seller)
}

#[test]
fn the_keys_are_the_vectors_keys() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let secret = &file["keys"]["solanaClientSecretJson"];
    assert_eq!(serde_json::from_value::<Vec<u8>>(secret.clone()).unwrap(), DEVICE_KEY_PAIR);
}

#[test]
fn solana_payments_mean_the_same() {
    let vectors = vectors("svm");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let run = buy(sells(payment_required(&vector), |_| response(200, &[], "")));
        let asked = [Asked::Approval(1000, "USDC".into()), Asked::Entropy, Asked::Signature];
        assert_eq!(run.asked, asked, "the seller supplies everything else");
        let payment = run.payment();
        assert_eq!(payment.header, "PAYMENT-SIGNATURE");
        assert_eq!(payment.value()["accepted"], vector["payload"]["accepted"]);
        assert_eq!(payment.accepted(), raw_entry(&vector), "byte for byte");
        compare(&payment.transaction, &reference_transaction(&vector));
    }
}

/// The bytes of the only entry of `accepts`.
fn raw_entry(vector: &Value) -> String {
    #[derive(Deserialize)]
    struct Challenge<'c> {
        #[serde(borrow)]
        accepts: [&'c RawValue; 1],
    }
    let json = STANDARD.decode(vector["paymentRequiredHeader"].as_str().unwrap()).unwrap();
    serde_json::from_slice::<Challenge<'_>>(&json).unwrap().accepts[0].get().to_owned()
}

fn reference_transaction(vector: &Value) -> Transaction {
    let transaction = vector["payload"]["payload"]["transaction"].as_str().unwrap();
    Transaction::read(STANDARD.decode(transaction).unwrap())
}

fn compare(ours: &Transaction, reference: &Transaction) {
    assert_eq!(ours.bytes.len(), reference.bytes.len());
    let (ours, reference) = (&ours.message, &reference.message);
    assert_eq!(ours.header, reference.header);
    assert_eq!(ours.groups(), reference.groups());
    assert_eq!(ours.recent_blockhash, reference.recent_blockhash);
    assert_eq!(ours.recent_blockhash, BLOCKHASH);
    assert_eq!(ours.instructions, reference.instructions);
    assert_eq!(ours.accounts[1], DEVICE);
    assert_eq!(ours.instructions[2].accounts[0], DEVICE_USDC_ACCOUNT);
}

#[test]
fn the_memo_is_what_was_drawn() {
    let memo = |vector: &Value| {
        let run = buy(sells(payment_required(vector), |_| response(200, &[], "")));
        run.payment().transaction.message.memo().map(str::to_owned)
    };
    let [basic, with_memo] = &vectors("svm")[..] else { panic!("two vectors") };
    assert_eq!(memo(basic).as_deref(), Some("030a11181f262d343b424950575e656c"));
    assert_eq!(memo(with_memo).as_deref(), Some("pi_3abc123def456 ✓ café"));
}

const BASE_SEPOLIA: Network = Network::Eip155(84_532);

#[test]
fn without_a_key_evm_payments_are_skipped_for_the_right_reason() {
    let version_2 = payment_required(&vectors("evm")[0]);
    let version_1 = payment_required_v1(&vectors("v1-evm")[0]["paymentRequiredBody"].to_string());
    let usdc = Asset::new(BASE_SEPOLIA, "0x036CbD53842c5426634e7929541eC2318f3dCF7e");
    let listed = [USDC_RULE, Rule::new(usdc, Amount(5000))];
    for challenge in [version_2, version_1] {
        let not_listed = Refusal::AssetNotListed { network: BASE_SEPOLIA };
        assert_eq!(Device::default().buy(says(challenge.clone())).refusal(), not_listed);
        let device = Device { policy: PaymentPolicy { rules: &listed }, ..Device::default() };
        let no_key = Refusal::NoKey { network: BASE_SEPOLIA };
        assert_eq!(device.buy(says(challenge)).refusal(), no_key);
    }
}
