//! What reaches a seller, and what moves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::message::Transaction;
use crate::sent::SentRequest;

/// What is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coin {
    Solana,
    Evm,
}

impl Coin {
    pub const ALL: [Coin; 2] = [Coin::Solana, Coin::Evm];
}

/// A signed payment that has reached the seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The front of its signature.
    pub id: String,
    pub coin: Coin,
    pub amount: u64,
    /// Unix seconds at which it can settle: from the first, before the second.
    pub valid: (u64, u64),
    /// What the facilitator's signature makes of it, on Solana.
    pub transaction: String,
    /// All of it, as it was sent.
    pub json: String,
}

/// What only the chain and the facilitator know of a payment on Solana.
pub struct OnSolana {
    /// Unix seconds at which its blockhash is good: from the first, before the second.
    pub valid: (u64, u64),
    /// What the facilitator's signature makes of it.
    pub transaction: String,
}

/// Money that has moved.
#[derive(Debug, Clone)]
pub struct Settlement {
    pub id: String,
    pub coin: Coin,
    pub amount: u64,
    /// Unix seconds.
    pub at: u64,
}

impl Payment {
    /// Reads the payment in a request.
    pub fn read(
        request: &SentRequest,
        on_solana: impl FnOnce(&Transaction) -> OnSolana,
    ) -> Option<Payment> {
        let (_, header) = request.payment_field()?;
        let json = String::from_utf8(STANDARD.decode(header).expect("base64")).expect("UTF-8");
        let value: Value = serde_json::from_str(&json).expect("JSON");
        let payload = &value["payload"];
        let Some(transaction) = payload["transaction"].as_str() else {
            return Some(on_evm(payload, json));
        };
        let signed = Transaction::read(STANDARD.decode(transaction).expect("base64"));
        let OnSolana { valid, transaction } = on_solana(&signed);
        Some(Payment {
            id: identity(&signed.device_signature()),
            coin: Coin::Solana,
            amount: signed.message.amount(),
            valid,
            transaction,
            json,
        })
    }

    /// All of it as JSON.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json).expect("JSON")
    }
}

/// What a payment is known by: the front of its signature.
pub fn identity(signature: &[u8]) -> String {
    signature[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn on_evm(payload: &Value, json: String) -> Payment {
    let authorization = &payload["authorization"];
    let number = |name: &str| {
        let text = authorization[name].as_str().expect("a number as text");
        text.parse::<u64>().expect("a number")
    };
    let signature = payload["signature"].as_str().expect("a signature");
    Payment {
        id: signature[2..18].to_owned(),
        coin: Coin::Evm,
        amount: number("value"),
        valid: (number("validAfter") + 1, number("validBefore")),
        transaction: format!("0x{}", &signature[2..66]),
        json,
    }
}
