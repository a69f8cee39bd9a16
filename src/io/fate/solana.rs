//! On Solana the history of the payer's token account tells: a transaction's id is the fee payer's
//! signature, which the client does not know, but its own stands behind it.
//!
//! That the payment did not settle takes four proofs, in this order:
//! 1. the node's finalized chain has reached the present, so that it has seen the blockhash if it
//!    ever was one;
//! 2. the blockhash is not good any more at its end, so that no later block takes the payment;
//! 3. the account's history up to there, at least, does not have it,
//! 4. and that history reaches back to before the payment was made.

use embedded_hal_async::delay::DelayNs;

use super::Finding;
use crate::client::SolanaTrace;
use crate::io::json_rpc::JsonRpc;
use crate::io::solana_rpc::{HistoryEntry, SolanaRpc, Tip};
use crate::io::{Error, Fate, Transport};

/// Seconds that the finalized chain may be behind the present: usually some 13. An expired payment is
/// older by far.
const BEHIND: u64 = 90;

/// Seconds after which a payment whose blockhash is still good is looked at again.
const PENDING: u32 = 60;

/// Seconds that the chain's clock may be off.
const DRIFT: u64 = 60;

/// More slots than pass in a second: usually 2 or 3.
const SLOTS_PER_SECOND: u64 = 10;

/// Transactions of the account that are looked at. Each takes two questions.
const MAX_CANDIDATES: usize = 16;

/// A payment to be found.
pub(super) struct Search {
    pub(super) trace: SolanaTrace,
    /// Seconds since it was reserved, where that is known.
    pub(super) age: Option<u64>,
    /// The device's clock, in Unix seconds.
    pub(super) clock: Option<u64>,
}

/// A moment before the payment was made: as a slot, and in Unix seconds.
struct Horizon {
    slot: u64,
    time: u64,
}

impl Search {
    /// Looks for the payment.
    pub(super) async fn finding<T: Transport, D: DelayNs>(
        &self,
        node: JsonRpc<'_, T, D>,
    ) -> Result<Finding, Error> {
        let mut node = SolanaRpc(node);
        if !self.trace.network.has_genesis(&node.genesis_hash().await?) {
            warning!("x402: the Solana node is of another network than the payment");
            return Ok(Finding::Over(Fate::Unknown));
        }
        let tip = node.tip().await?;
        let blockhash = &self.trace.recent_blockhash;
        let is_void = !node.is_blockhash_valid(blockhash, tip.slot).await?;
        let is_present = self.is_present(&tip);
        Ok(match (self.search(&mut node, &tip).await?, is_void) {
            (Some(true), _) => Finding::Over(Fate::Settled),
            (_, false) if is_present => Finding::Pending { seconds: PENDING },
            (Some(false), true) if is_present => Finding::Over(Fate::NotSettled),
            _ => Finding::Over(Fate::Unknown),
        })
    }

    /// Whether the finalized chain has reached the present, by the later of two clocks.
    fn is_present(&self, tip: &Tip) -> bool {
        let now = self.clock.into_iter().chain(tip.date).max();
        now.is_some_and(|now| now <= tip.time.saturating_add(BEHIND))
    }

    /// Whether the payment is in the account's history; `None` if it may be further back.
    async fn search<T: Transport, D: DelayNs>(
        &self,
        node: &mut SolanaRpc<'_, T, D>,
        tip: &Tip,
    ) -> Result<Option<bool>, Error> {
        let horizon = self.horizon(tip);
        let mut before = None;
        for _ in 0..MAX_CANDIDATES {
            let entry = node.history_entry(&self.trace.source, before.as_ref(), tip.slot).await?;
            let Some(entry) = entry else {
                let knows_all = node.first_available_block().await? <= horizon.slot;
                return Ok(knows_all.then_some(false));
            };
            if horizon.is_after(&entry) {
                return Ok(Some(false));
            }
            if self.is_it(node, &entry).await? {
                return Ok(Some(true));
            }
            before = Some(entry.id);
        }
        Ok(None)
    }

    async fn is_it<T: Transport, D: DelayNs>(
        &self,
        node: &mut SolanaRpc<'_, T, D>,
        entry: &HistoryEntry,
    ) -> Result<bool, Error> {
        if entry.has_failed {
            return Ok(false);
        }
        Ok(node.second_signature(&entry.id).await? == Some(self.trace.signature))
    }

    /// If the device was reset since, nothing says when the payment was made.
    fn horizon(&self, tip: &Tip) -> Horizon {
        let Some(age) = self.age else { return Horizon { slot: 0, time: 0 } };
        let age = age.saturating_add(DRIFT);
        Horizon {
            slot: tip.slot.saturating_sub(age.saturating_mul(SLOTS_PER_SECOND)),
            time: tip.time.saturating_sub(age),
        }
    }
}

impl Horizon {
    fn is_after(&self, entry: &HistoryEntry) -> bool {
        entry.slot < self.slot || entry.time.is_some_and(|time| time < self.time)
    }
}
