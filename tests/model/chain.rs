//! The chain: settles each payment once at most, and only while it is valid.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded_x402_tests::keys::base58;
use embedded_x402_tests::message::Transaction;
use embedded_x402_tests::sent::SentRequest;
use serde_json::Value;

use crate::wallet::{identity, mark};

/// What is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Coin {
    Solana,
    Evm,
}

/// A signed payment that has reached the seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The front of its signature.
    pub(crate) id: String,
    pub(crate) coin: Coin,
    pub(crate) amount: u64,
    /// Unix seconds at which it can settle: from the first, before the second.
    pub(crate) valid: (u64, u64),
    /// What the facilitator's signature makes of it.
    pub(crate) transaction: String,
    /// All of it, as it was sent.
    pub(crate) json: String,
}

/// Money that has moved.
#[derive(Debug, Clone)]
pub(crate) struct Settlement {
    pub(crate) id: String,
    pub(crate) coin: Coin,
    pub(crate) amount: u64,
    /// Unix seconds.
    pub(crate) at: u64,
}

/// Why nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    NotValid,
    Settled,
}

/// Both chains.
#[derive(Default)]
pub(crate) struct Chain {
    /// When each blockhash was made and until when it holds, in Unix seconds.
    blockhashes: HashMap<String, (u64, u64)>,
    pub(crate) settlements: Vec<Settlement>,
}

impl Chain {
    /// A new blockhash, good for so many seconds.
    pub(crate) fn blockhash(&mut self, now: u64, life: u64) -> String {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&now.to_le_bytes());
        bytes[8..16].copy_from_slice(&(self.blockhashes.len() as u64).to_le_bytes());
        let blockhash = base58(&bytes);
        self.blockhashes.insert(blockhash.clone(), (now, now + life));
        blockhash
    }

    /// Reads the payment in a request.
    pub(crate) fn payment(&self, request: &SentRequest) -> Option<Payment> {
        let header = request.field("PAYMENT-SIGNATURE").or(request.field("X-PAYMENT"))?;
        let json = String::from_utf8(STANDARD.decode(header).expect("base64")).expect("UTF-8");
        let value: Value = serde_json::from_str(&json).expect("JSON");
        let payload = &value["payload"];
        Some(match payload["transaction"].as_str() {
            Some(transaction) => self.on_solana(transaction, json),
            None => on_evm(payload, json.clone()),
        })
    }

    fn on_solana(&self, transaction: &str, json: String) -> Payment {
        let transaction = Transaction::read(STANDARD.decode(transaction).expect("base64"));
        let fee_payer = bs58::decode(&transaction.message.accounts[0]).into_vec().expect("base58");
        let settled = mark(&fee_payer, transaction.message_bytes());
        Payment {
            id: identity(&transaction.device_signature()),
            coin: Coin::Solana,
            amount: transaction.message.amount(),
            valid: self.blockhashes[&transaction.message.recent_blockhash],
            transaction: base58(&settled),
            json,
        }
    }

    /// Moves the money.
    pub(crate) fn settle(&mut self, payment: &Payment, now: u64) -> Result<(), Rejection> {
        if self.has_settled(&payment.id) {
            return Err(Rejection::Settled);
        }
        if now < payment.valid.0 || now >= payment.valid.1 {
            return Err(Rejection::NotValid);
        }
        let Payment { id, coin, amount, .. } = payment.clone();
        self.settlements.push(Settlement { id, coin, amount, at: now });
        Ok(())
    }

    pub(crate) fn has_settled(&self, id: &str) -> bool {
        self.settlements.iter().any(|settlement| settlement.id == id)
    }

    /// How much has moved in all.
    pub(crate) fn moved(&self, coin: Coin) -> u64 {
        let of_coin = self.settlements.iter().filter(|settlement| settlement.coin == coin);
        of_coin.map(|settlement| settlement.amount).sum()
    }
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
