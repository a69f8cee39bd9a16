//! The state behind a [`Chain`](super::Chain): one runtime, one queue of blockhashes, one history.

use std::time::Duration;

use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_commitment_config::CommitmentLevel;
use solana_hash::Hash;
use solana_keypair::Keypair;
use solana_sha256_hasher::hash;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction_status::TransactionConfirmationStatus;

use super::{
    ChainConfig, ChainError,
    blockhashes::{Blockhash, Blockhashes, MAX_BLOCKHASH_AGE},
    history::{History, Landed, Standing},
};

/// Lamports of the treasury: more than any test asks for, less than half of what fits in a `u64`.
const TREASURY_LAMPORTS: u64 = 1 << 62;

/// Everything that one lock guards.
pub(super) struct Ledger {
    pub(super) svm: LiteSVM,
    pub(super) blockhashes: Blockhashes,
    pub(super) history: History,
    /// Pays for airdrops and accounts, and is the authority of every mint.
    pub(super) treasury: Keypair,
    pub(super) airdrops: u64,
    config: ChainConfig,
    started: Duration,
}

impl Ledger {
    /// The state of a new chain, with enough blocks that there is a finalized one.
    pub(super) fn new(config: ChainConfig) -> Result<Self, ChainError> {
        let mut ledger = Self {
            svm: runtime(),
            blockhashes: Blockhashes::new(blockhash_seed(&config)),
            history: History::default(),
            treasury: Keypair::new(),
            airdrops: 0,
            started: config.clock.now(),
            config,
        };
        ledger.fund_sol(&ledger.treasury.pubkey(), TREASURY_LAMPORTS)?;
        ledger.advance(ledger.config.finalized_after.saturating_add(1));
        Ok(ledger)
    }

    /// Lets slots pass and sets the clock that programs see.
    pub(super) fn advance(&mut self, slots: u64) {
        (0..slots).for_each(|_| self.blockhashes.advance());
        let clock =
            Clock { slot: self.slot(), unix_timestamp: self.block_time(), ..self.svm.get_sysvar() };
        self.svm.set_sysvar(&clock);
    }

    /// The current slot.
    pub(super) fn slot(&self) -> u64 {
        self.blockhashes.height()
    }

    /// The newest slot that has reached this commitment level.
    pub(super) fn slot_at(&self, commitment: CommitmentLevel) -> u64 {
        let behind = match commitment {
            CommitmentLevel::Processed => 0,
            CommitmentLevel::Confirmed => self.config.confirmed_after,
            CommitmentLevel::Finalized => self.config.finalized_after,
        };
        self.slot().saturating_sub(behind)
    }

    /// Newest blockhash at this commitment level.
    pub(super) fn latest_blockhash(&self, commitment: CommitmentLevel) -> Blockhash {
        self.blockhashes.at(self.slot_at(commitment))
    }

    /// Whether a transaction with this blockhash may still land, as seen at this commitment level.
    pub(super) fn is_blockhash_valid(&self, hash: &Hash, commitment: CommitmentLevel) -> bool {
        self.blockhashes.is_valid(hash, self.slot_at(commitment), MAX_BLOCKHASH_AGE)
    }

    /// Unix time of the current slot in seconds.
    pub(super) fn block_time(&self) -> i64 {
        let since_start = self.config.slot_duration.as_millis() * u128::from(self.slot());
        let time = (self.started.as_millis() + since_start) / 1000;
        i64::try_from(time).unwrap_or(i64::MAX)
    }

    /// The hash that names the network.
    pub(super) fn genesis_hash(&self) -> Hash {
        self.config.genesis_hash
    }

    /// The account at `address`; what has no lamports does not exist.
    pub(super) fn account(&self, address: &Address) -> Option<Account> {
        self.svm.get_account(address).filter(|account| account.lamports > 0)
    }

    /// Lamports of `address`.
    pub(super) fn balance(&self, address: &Address) -> u64 {
        self.svm.get_balance(address).unwrap_or(0)
    }

    /// The landed transaction with this signature.
    pub(super) fn transaction(&self, signature: &Signature) -> Option<Landed> {
        self.history.get(signature).cloned()
    }

    /// How far the cluster has agreed on a transaction of this slot.
    pub(super) fn standing(&self, slot: u64) -> Standing {
        let confirmations = self.slot().saturating_sub(slot);
        let level = if slot <= self.slot_at(CommitmentLevel::Finalized) {
            TransactionConfirmationStatus::Finalized
        } else if slot <= self.slot_at(CommitmentLevel::Confirmed) {
            TransactionConfirmationStatus::Confirmed
        } else {
            TransactionConfirmationStatus::Processed
        };
        let rooted = level == TransactionConfirmationStatus::Finalized;
        Standing { level, confirmations: (!rooted).then_some(confirmations as usize) }
    }
}

/// LiteSVM with the checks off that the ledger makes itself: blockhash age and duplicates because it
/// knows one blockhash only, signatures because a node's simulation checks them on demand.
fn runtime() -> LiteSVM {
    LiteSVM::new().with_sigverify(false).with_blockhash_check(false).with_transaction_history(0)
}

fn blockhash_seed(config: &ChainConfig) -> [u8; 32] {
    match config.seed {
        Some(seed) => hash(&seed.to_le_bytes()).to_bytes(),
        None => Keypair::new().pubkey().to_bytes(),
    }
}
