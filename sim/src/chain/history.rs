//! The record of landed transactions, and how far the cluster has agreed on them.
//!
//! A transaction is `processed` in the slot in which it lands, `confirmed` and `finalized` the
//! configured numbers of slots later.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use solana_address::Address;
use solana_hash::Hash;
use solana_signature::Signature;
use solana_transaction_status::{
    TransactionConfirmationStatus, VersionedTransactionWithStatusMeta,
};

/// Transactions remembered: far more than a blockhash's life can hold, so that a duplicate is always
/// recognised, and few enough for a simulator that runs for days.
const CAPACITY: usize = 20_000;

/// A transaction that landed in a block, whether its instructions succeeded or not.
#[derive(Debug, Clone)]
pub struct Landed {
    /// The slot of its block.
    pub slot: u64,
    /// Unix time of its block, in seconds.
    pub block_time: i64,
    /// The transaction and its effect: error, fee, balances, logs.
    pub transaction: Arc<VersionedTransactionWithStatusMeta>,
}

/// How far the cluster has agreed on a landed transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The highest commitment level reached.
    pub level: TransactionConfirmationStatus,
    /// Blocks on top of it; `None` once it is finalized.
    pub confirmations: Option<usize>,
}

/// Landed transactions by signature, by message and in order of landing.
#[derive(Debug, Default)]
pub(super) struct History {
    by_signature: HashMap<Signature, Landed>,
    messages: HashSet<Hash>,
    order: VecDeque<(Signature, Hash)>,
    first_slot: u64,
}

impl History {
    /// Records a landed transaction under the hash of its message.
    pub(super) fn record(&mut self, signature: Signature, message: Hash, landed: Landed) {
        if self.order.len() == CAPACITY {
            self.forget_oldest();
        }
        self.order.push_back((signature, message));
        self.messages.insert(message);
        self.by_signature.insert(signature, landed);
    }

    /// Whether this message was processed before. A cluster compares messages, not signatures: the
    /// same payment with another fee payer signature in its place is still the same.
    pub(super) fn contains_message(&self, message: &Hash) -> bool {
        self.messages.contains(message)
    }

    /// The transaction with this signature.
    pub(super) fn get(&self, signature: &Signature) -> Option<&Landed> {
        self.by_signature.get(signature)
    }

    /// The transactions that mention `address`, newest first.
    pub(super) fn of_address<'a>(
        &'a self,
        address: &'a Address,
    ) -> impl Iterator<Item = (&'a Signature, &'a Landed)> {
        self.order
            .iter()
            .rev()
            .filter_map(|(signature, _)| self.by_signature.get_key_value(signature))
            .filter(move |(_, landed)| landed.mentions(address))
    }

    /// The slot from which on every transaction is remembered.
    pub(super) fn first_slot(&self) -> u64 {
        self.first_slot
    }

    fn forget_oldest(&mut self) {
        if let Some((signature, message)) = self.order.pop_front() {
            let forgotten = self.by_signature.remove(&signature);
            self.messages.remove(&message);
            self.first_slot = forgotten.map_or(self.first_slot, |landed| landed.slot + 1);
        }
    }
}

impl Landed {
    /// Whether the transaction names this account.
    pub fn mentions(&self, address: &Address) -> bool {
        self.transaction.account_keys().iter().any(|key| key == address)
    }
}
