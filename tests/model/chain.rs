//! The chain: settles each payment once at most, and only while it is valid.

use std::collections::HashMap;

use embedded_x402_tests::histories::{Coin, OnSolana, Payment, Settlement};
use embedded_x402_tests::keys::base58;
use embedded_x402_tests::sent::SentRequest;

use crate::wallet::mark;

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
        Payment::read(request, |transaction| {
            let fee_payer = &transaction.message.accounts[0];
            let fee_payer = bs58::decode(fee_payer).into_vec().expect("base58");
            let settled = mark(&fee_payer, transaction.message_bytes());
            OnSolana {
                valid: self.blockhashes[&transaction.message.recent_blockhash],
                transaction: base58(&settled),
            }
        })
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
