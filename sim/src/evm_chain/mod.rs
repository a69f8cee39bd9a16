//! An EVM chain: revm as the runtime, a node's JSON-RPC as its face.
//!
//! [`EvmChain`] is the runtime itself, to be used in the same process: transactions are recovered,
//! checked and executed, and USDC's place is taken by a contract of our own with the same EIP-712
//! domain and the same EIP-3009 authorizations; Multicall3 is there too. [`rpc`] shows it to wallets
//! and facilitators as geth would, and [`command`] is `x402-sim evm-chain`.
//!
//! ```text
//! rpc ──▶ EvmChain ──▶ Ledger ─┬─▶ revm       accounts, code and storage
//! (JSON, HTTP)   (one lock)    ├─▶ clock      what time the next block has
//!                              └─▶ history    blocks, transactions, receipts, logs
//! ```
//!
//! What is simpler than on a real chain: a transaction is mined at once, alone in its block, and no
//! block is ever taken back; nothing waits in a pool, so a nonce too high is refused; the base fee
//! stands still; accounts are shown in their newest state at every block; the state root is not
//! computed. What an x402 payment depends on is not simplified: signatures, nonces, fees, gas, block
//! time, the order of a token's checks and the words when one fails.
//!
//! Calls and estimates see the time of the next block, which is now, not that of the newest one.

pub mod command;
pub mod genesis;
pub mod rpc;

mod clock;
mod execution;
mod gas;
mod history;
mod ledger;
mod revert;
mod token;
mod transaction;
mod wallet;

#[cfg(test)]
pub(crate) mod payment;
#[cfg(test)]
mod tests;

pub use alloy_primitives::{Address, B256, Bytes, U256};
pub use execution::{Call, CallError};
pub use history::{Block, LogEntry, LogFilter, Mined};
pub use token::FundingError;
pub use transaction::TransactionError;
pub use wallet::{NotASecretKey, Wallet};

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ledger::Ledger;

/// An EVM chain in this process. Clones share the same chain.
#[derive(Clone)]
pub struct EvmChain {
    ledger: Arc<Mutex<Ledger>>,
    block_time: Duration,
}

/// How an [`EvmChain`] behaves.
#[derive(Debug, Clone)]
pub struct EvmChainConfig {
    /// Time between empty blocks while [`rpc::serve`] runs. Zero: a block appears with a transaction
    /// or by [`EvmChain::mine`] only.
    pub block_time: Duration,
    /// Where the clock stands still until [`EvmChain::set_timestamp`] or [`EvmChain::advance_time`].
    /// `None`: it is the wall clock.
    pub frozen_at: Option<u64>,
    /// The chain id, part of every signature.
    pub chain_id: u64,
    /// Wei per gas that a block burns.
    pub base_fee: u64,
}

impl EvmChain {
    /// A chain with its genesis block and the token of [`genesis`].
    pub fn new(config: EvmChainConfig) -> Self {
        let block_time = config.block_time;
        Self { ledger: Arc::new(Mutex::new(Ledger::new(&config))), block_time }
    }

    /// Gives `wei` to `address`, out of nothing: no transaction appears in its history.
    pub fn fund_eth(&self, address: Address, wei: U256) {
        self.lock().fund_eth(address, wei);
    }

    /// Mints `amount` atomic units of the token, out of nothing: no transaction appears in its
    /// history.
    pub fn fund_token(&self, address: Address, amount: U256) -> Result<(), FundingError> {
        self.lock().fund_token(address, amount)
    }

    /// Wei of `address`.
    pub fn balance(&self, address: Address) -> U256 {
        self.lock().account(address).balance
    }

    /// Atomic units of the token that `address` holds.
    pub fn token_balance(&self, address: Address) -> U256 {
        self.lock().token_balance(address)
    }

    /// Whether the authorization with this nonce was used or canceled.
    pub fn authorization_used(&self, from: Address, nonce: B256) -> bool {
        self.lock().authorization_used(from, nonce)
    }

    /// Transactions that `address` has sent: the nonce of its next one.
    pub fn transaction_count(&self, address: Address) -> u64 {
        self.lock().account(address).nonce
    }

    /// The code at `address`; empty if there is none.
    pub fn code(&self, address: Address) -> Bytes {
        self.lock().code(address)
    }

    /// The word at `slot` of the storage of `address`.
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        self.lock().storage(address, slot)
    }

    /// The chain id.
    pub fn chain_id(&self) -> u64 {
        self.lock().chain_id()
    }

    /// Wei per gas that a block burns.
    pub fn base_fee(&self) -> u64 {
        self.lock().base_fee()
    }

    /// Number of the newest block.
    pub fn block_number(&self) -> u64 {
        self.lock().history.newest().header.number
    }

    /// Unix time that a block would have now, in seconds.
    pub fn timestamp(&self) -> u64 {
        self.lock().next_timestamp()
    }

    /// Stops the clock at a Unix time in seconds. Blocks never go back in time: before the newest
    /// one, the clock shows that one's time.
    pub fn set_timestamp(&self, seconds: u64) {
        self.lock().clock.set(seconds);
    }

    /// Moves the clock forward; it runs on if it was running.
    pub fn advance_time(&self, seconds: u64) {
        self.lock().clock.advance(seconds);
    }

    /// Adds an empty block.
    pub fn mine(&self) {
        self.lock().mine(None);
    }

    /// Executes a signed transaction, as its network bytes, in a block of its own. A transaction that
    /// reverts is mined too: it pays for its gas and its receipt says so. `Err` says why it may not
    /// be mined at all.
    pub fn send_raw_transaction(&self, bytes: &[u8]) -> Result<B256, TransactionError> {
        self.lock().send_raw_transaction(bytes)
    }

    /// Executes a call without any effect and returns its output.
    pub fn call(&self, call: &Call) -> Result<Bytes, CallError> {
        self.lock().call(call)
    }

    /// A gas limit with which the call succeeds, slightly above the least.
    pub fn estimate_gas(&self, call: &Call) -> Result<u64, CallError> {
        self.lock().estimate_gas(call)
    }

    /// The block with this number.
    pub fn block(&self, number: u64) -> Option<Arc<Block>> {
        self.lock().history.block(number)
    }

    /// The block with this hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<Arc<Block>> {
        self.lock().history.block_by_hash(hash)
    }

    /// The transaction with this hash, with its receipt, in its block.
    pub fn transaction(&self, hash: B256) -> Option<Arc<Block>> {
        self.lock().history.block_of_transaction(hash)
    }

    /// The logs that pass this filter, oldest first.
    pub fn logs(&self, filter: &LogFilter) -> Vec<LogEntry> {
        self.lock().history.logs(filter)
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        // A panic while the lock was held is a bug elsewhere; the chain stays readable.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EvmChainConfig {
    /// A chain for tests: its time stands still unless it is moved.
    pub fn manual(timestamp: u64) -> Self {
        Self { block_time: Duration::ZERO, frozen_at: Some(timestamp), ..Self::default() }
    }
}

impl Default for EvmChainConfig {
    fn default() -> Self {
        Self {
            block_time: Duration::from_secs(2),
            frozen_at: None,
            chain_id: genesis::CHAIN_ID,
            base_fee: genesis::BASE_FEE,
        }
    }
}
