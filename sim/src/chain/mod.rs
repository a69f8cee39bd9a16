//! A Solana chain: LiteSVM as the runtime, a node's JSON-RPC as its face.
//!
//! [`Chain`] is the runtime itself, to be used in the same process: real token, memo and
//! associated-token-account programs execute, blockhashes grow old, the same payment lands once.
//! [`rpc`] shows it to wallets and facilitators as an Agave node would, and [`command`] is
//! `x402-sim chain`.
//!
//! ```text
//! rpc ──▶ Chain ──▶ Ledger ─┬─▶ LiteSVM          accounts and programs
//! (JSON, HTTP)   (one lock) ├─▶ blockhashes      which hashes are young enough
//!                           └─▶ history          what landed, when, with which effect
//! ```
//!
//! What is simpler than on a real cluster: there is one fork and no skipped slot, so the slot is the
//! block height; a transaction lands in the slot in which it arrives; accounts are shown in their
//! newest state at every commitment level. What an x402 payment depends on is not simplified:
//! signatures, blockhash age per commitment level, duplicates, fees, compute limits, preflight.

pub mod command;
pub mod genesis;
pub mod rpc;

mod blockhashes;
mod execution;
mod history;
mod ledger;
mod tokens;

#[cfg(test)]
mod payment;
#[cfg(test)]
mod tests;

pub use blockhashes::{Blockhash, MAX_BLOCKHASH_AGE};
pub use execution::{Simulation, SimulationRequest};
pub use history::{Landed, Standing};
pub use tokens::{MEMO_PROGRAM, TokenProgram};

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentLevel;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use crate::clock::Clock;
use ledger::Ledger;

/// A Solana chain in this process. Clones share the same chain.
#[derive(Clone)]
pub struct Chain {
    ledger: Arc<Mutex<Ledger>>,
    slot_duration: Duration,
}

/// How a [`Chain`] behaves.
#[derive(Debug, Clone)]
pub struct ChainConfig {
    /// Time between slots while [`rpc::serve`] runs. Zero: slots pass by [`Chain::advance`] only.
    pub slot_duration: Duration,
    /// Slots after which a transaction is `confirmed`. Zero: as soon as it is processed.
    pub confirmed_after: u64,
    /// Slots after which a transaction is `finalized`.
    pub finalized_after: u64,
    /// Answer of `getGenesisHash`; its first 32 characters are the CAIP-2 reference of the network.
    pub genesis_hash: Hash,
    /// Makes the sequence of blockhashes reproducible. `None`: another sequence on each start, so
    /// that a payment signed for one run is not valid in the next.
    pub seed: Option<u64>,
    /// Tells when slot 0 is. From then on, time passes by slots.
    pub clock: Clock,
}

/// Why the chain could not be set up as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The runtime does not take this account.
    #[error("account {address} was refused by the runtime: {reason}")]
    AccountRefused {
        /// The account.
        address: Address,
        /// The runtime's words.
        reason: String,
    },
    /// The mint account is not there or is no mint.
    #[error("{0} is not a mint on this chain; create it with --mint")]
    NotAMint(Address),
    /// A funding transaction failed.
    #[error("funding failed: {0}")]
    Funding(#[from] TransactionError),
    /// The transaction that funds an account could not be built.
    #[error("funding transaction: {0}")]
    FundingTransaction(#[from] solana_signer::SignerError),
}

impl Chain {
    /// A chain with the standard mints of [`genesis`], old enough to have finalized blocks.
    pub fn new(config: ChainConfig) -> Result<Self, ChainError> {
        let slot_duration = config.slot_duration;
        let ledger = Arc::new(Mutex::new(Ledger::new(config)?));
        let chain = Self { ledger, slot_duration };
        genesis::create_mints(&chain)?;
        Ok(chain)
    }

    /// Creates a mint at `address`, or replaces what is there. Its supply starts at zero.
    pub fn create_mint(
        &self,
        address: &Address,
        decimals: u8,
        program: TokenProgram,
    ) -> Result<(), ChainError> {
        self.lock().create_mint(address, decimals, program)
    }

    /// Gives `lamports` to `address`, out of nothing: no transaction appears in its history.
    pub fn fund_sol(&self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        self.lock().fund_sol(address, lamports)
    }

    /// Mints `amount` atomic units to the owner's associated token account, which is created if it
    /// is missing. An amount of zero just creates it.
    pub fn fund_token(
        &self,
        owner: &Address,
        mint: &Address,
        amount: u64,
    ) -> Result<(), ChainError> {
        self.lock().fund_token(owner, mint, amount)
    }

    /// Sends `lamports` to `address` in a transaction, as a faucet does.
    pub fn airdrop(&self, address: &Address, lamports: u64) -> Result<Signature, ChainError> {
        self.lock().airdrop(address, lamports)
    }

    /// Balance of the owner's associated token account in atomic units; zero if there is none.
    pub fn token_balance(&self, owner: &Address, mint: &Address) -> u64 {
        self.lock().token_balance(owner, mint)
    }

    /// Decimals of a mint; `None` if there is no mint at this address.
    pub fn decimals(&self, mint: &Address) -> Option<u8> {
        self.lock().decimals(mint)
    }

    /// Lamports of `address`; zero if the account does not exist.
    pub fn balance(&self, address: &Address) -> u64 {
        self.lock().balance(address)
    }

    /// The account at `address`.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.lock().account(address)
    }

    /// Slot of the newest block at this commitment level.
    pub fn slot(&self, commitment: CommitmentLevel) -> u64 {
        self.lock().slot_at(commitment)
    }

    /// Height of the newest block at this commitment level. No slot is skipped here.
    pub fn block_height(&self, commitment: CommitmentLevel) -> u64 {
        self.slot(commitment)
    }

    /// Newest blockhash at this commitment level, with the height until which it is good.
    pub fn latest_blockhash(&self, commitment: CommitmentLevel) -> Blockhash {
        self.lock().latest_blockhash(commitment)
    }

    /// Whether a transaction with this blockhash may still land, as seen at this commitment level.
    pub fn is_blockhash_valid(&self, hash: &Hash, commitment: CommitmentLevel) -> bool {
        self.lock().is_blockhash_valid(hash, commitment)
    }

    /// The fee of a message in lamports; `None` if its blockhash is unknown or too old.
    pub fn fee(&self, message: VersionedMessage, commitment: CommitmentLevel) -> Option<u64> {
        self.lock().fee(message, commitment)
    }

    /// Lets `slots` slots pass, each with a block and a blockhash of its own.
    pub fn advance(&self, slots: u64) {
        self.lock().advance(slots);
    }

    /// Executes a transaction and records it, as a leader does. A transaction whose instructions
    /// fail lands too: it pays its fee and the error is in the record. `Err` says why it may not
    /// land at all.
    pub fn send(&self, transaction: VersionedTransaction) -> Result<Signature, TransactionError> {
        self.lock().send(transaction)
    }

    /// Executes a transaction without any effect.
    pub fn simulate(&self, request: SimulationRequest) -> Simulation {
        self.lock().simulate(request)
    }

    /// The landed transaction with this signature.
    pub fn transaction(&self, signature: &Signature) -> Option<Landed> {
        self.lock().transaction(signature)
    }

    /// How far the cluster has agreed on a transaction that landed in this slot.
    pub fn standing(&self, slot: u64) -> Standing {
        self.lock().standing(slot)
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        // A panic while the lock was held is a bug elsewhere; the chain stays readable.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChainConfig {
    /// A chain for tests: time stands still between calls of [`Chain::advance`] and every run has
    /// the same blockhashes.
    pub fn manual() -> Self {
        Self { slot_duration: Duration::ZERO, seed: Some(0), ..Self::default() }
    }
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            slot_duration: Duration::from_millis(400),
            confirmed_after: 0,
            finalized_after: 32,
            genesis_hash: genesis::DEVNET_GENESIS_HASH,
            seed: None,
            clock: Clock::host(),
        }
    }
}
