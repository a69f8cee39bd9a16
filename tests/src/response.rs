//! Responses as bytes on the wire.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::challenge::DEVNET;
use crate::keys::{DEVICE, EVM_DEVICE, settle};
use crate::sent::Payment;

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    ContentLength,
    Chunked,
    UntilClose,
}

/// All of them.
pub const FRAMINGS: [Framing; 3] = [Framing::ContentLength, Framing::Chunked, Framing::UntilClose];

/// A response whose body has a length.
pub fn response(status: u16, fields: &[(&str, &str)], body: &str) -> Vec<u8> {
    framed(status, fields, body, Framing::ContentLength)
}

/// A response with its body framed as told.
pub fn framed(status: u16, fields: &[(&str, &str)], body: &str, framing: Framing) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Whatever\r\n");
    for (name, value) in fields {
        head += &format!("{name}: {value}\r\n");
    }
    match framing {
        Framing::ContentLength => {
            format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
        }
        Framing::Chunked => {
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunked(body)).into_bytes()
        }
        Framing::UntilClose => format!("{head}\r\n{body}").into_bytes(),
    }
}

/// Chunks of 11 bytes, with an extension and a trailer, as RFC 9112 allows.
fn chunked(body: &str) -> String {
    let chunk = |bytes: &[u8]| {
        format!("{:X};note=1\r\n{}\r\n", bytes.len(), String::from_utf8_lossy(bytes))
    };
    assert!(body.is_ascii(), "a character must not be split");
    let chunks: String = body.as_bytes().chunks(11).map(chunk).collect();
    format!("{chunks}0\r\nTrailer: x\r\n\r\n")
}

/// A 402 of version 2.
pub fn payment_required(challenge: &str) -> Vec<u8> {
    response(402, &[("PAYMENT-REQUIRED", &encode(challenge))], "{}")
}

/// A 402 of version 1.
pub fn payment_required_v1(challenge: &str) -> Vec<u8> {
    response(402, &[("Content-Type", "application/json")], challenge)
}

/// The resource, with a receipt.
pub fn settled(receipt: &Value) -> Vec<u8> {
    response(200, &[("PAYMENT-RESPONSE", &encode(&receipt.to_string()))], "sunny")
}

/// An honest receipt: the facilitator signed the very message.
pub fn receipt(payment: &Payment) -> Value {
    json!({
        "success": true, "transaction": settle(payment.transaction.message_bytes()),
        "network": DEVNET, "payer": DEVICE,
    })
}

/// The receipt of a payment on Base Sepolia, by its name in this version.
pub fn evm_receipt(network: &str) -> Value {
    let transaction = format!("0x{}", "a1".repeat(32));
    json!({"success": true, "transaction": transaction, "network": network, "payer": EVM_DEVICE})
}

/// The receipt of a settlement that failed.
pub fn failure(reason: &str, transaction: &str) -> Value {
    json!({
        "success": false, "errorReason": reason, "transaction": transaction, "network": DEVNET,
        "payer": DEVICE,
    })
}

/// Text as header fields carry it.
pub fn encode(text: &str) -> String {
    STANDARD.encode(text)
}
