//! What the device sent, taken apart without the crate's help.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, SigningKey};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::keys::DEVICE_KEY_PAIR;
use crate::message::Transaction;

/// A request, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// All of its text.
    pub text: String,
}

/// The payment in a request.
#[derive(Debug, Clone)]
pub struct Payment {
    /// The name of the header that carried it.
    pub header: &'static str,
    /// The JSON text that it carried.
    pub json: String,
    /// The transaction on Solana in it.
    pub transaction: Transaction,
}

#[derive(Deserialize)]
struct Payload<'p> {
    #[serde(borrow)]
    accepted: &'p RawValue,
}

/// The headers of version 2 and 1.
const HEADERS: [&str; 2] = ["PAYMENT-SIGNATURE", "X-PAYMENT"];

impl SentRequest {
    /// Panics if the bytes are not one request.
    pub fn new(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).expect("a request of ours is ASCII but for its body");
        assert!(text.contains("\r\n\r\n"), "a whole head: {text}");
        SentRequest { text }
    }

    /// The request line.
    pub fn line(&self) -> &str {
        self.text.lines().next().expect("a request line")
    }

    /// What comes after the head.
    pub fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").expect("a head").1
    }

    /// The value of a header field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let (head, _) = self.text.split_once("\r\n\r\n").expect("a head");
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Whether it carries a payment, on whatever network; what that says of itself is checked.
    pub fn carries_payment(&self) -> bool {
        self.authorization().is_some() || self.payment().is_some()
    }

    /// The payment on Solana, if it carries one; what it says of itself is checked.
    pub fn payment(&self) -> Option<Payment> {
        self.payment_unverified().inspect(Payment::check)
    }

    /// The name and value of the header that carries a payment, on whatever network.
    pub fn payment_field(&self) -> Option<(&'static str, &str)> {
        HEADERS.into_iter().find_map(|name| self.field(name).map(|value| (name, value)))
    }

    /// The payment, whoever signed it.
    pub fn payment_unverified(&self) -> Option<Payment> {
        let (header, value) = self.payment_field()?;
        let json = STANDARD.decode(value).expect("padded base64");
        Some(Payment::read(header, String::from_utf8(json).expect("UTF-8")))
    }
}

impl Payment {
    fn read(header: &'static str, json: String) -> Self {
        let value: Value = serde_json::from_str(&json).expect("JSON");
        let transaction = value["payload"]["transaction"].as_str().expect("a transaction");
        let transaction = STANDARD.decode(transaction).expect("padded base64");
        Payment { header, json, transaction: Transaction::read(transaction) }
    }

    /// All of it as JSON.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json).expect("JSON")
    }

    /// The bytes of `accepted`.
    pub fn accepted(&self) -> &str {
        let payload: Payload<'_> = serde_json::from_str(&self.json).expect("a payload");
        payload.accepted.get()
    }

    /// What holds for every payment: the version belongs to the header, the device has signed what
    /// is there, and the fee payer has not.
    fn check(&self) {
        let version = if self.header == "PAYMENT-SIGNATURE" { 2 } else { 1 };
        assert_eq!(self.value()["x402Version"], json!(version));
        assert_eq!(self.transaction.fee_payer_signature(), [0; 64]);
        let device = SigningKey::from_keypair_bytes(&DEVICE_KEY_PAIR).expect("a key pair");
        let signature = Signature::from_bytes(&self.transaction.device_signature());
        device
            .verifying_key()
            .verify_strict(self.transaction.message_bytes(), &signature)
            .expect("the device's signature over the message");
    }
}
