//! The state behind an [`EvmChain`](super::EvmChain): one database, one clock, one history.

use std::convert::Infallible;

use alloy_primitives::{Address, Bytes, U256};
use revm::{
    DatabaseRef,
    database::{CacheDB, EmptyDB},
    primitives::BLOCK_HASH_HISTORY,
    state::{AccountInfo, Bytecode},
};

use super::{
    EvmChainConfig,
    clock::Clock,
    genesis,
    history::{Executed, History},
};

/// Everything that one lock guards.
pub(super) struct Ledger {
    pub(super) state: CacheDB<EmptyDB>,
    pub(super) history: History,
    pub(super) clock: Clock,
    chain_id: u64,
    base_fee: u64,
}

impl Ledger {
    /// The state of a new chain: its contracts and the genesis block.
    pub(super) fn new(config: &EvmChainConfig) -> Self {
        let clock = Clock::new(config.frozen_at);
        let mut ledger = Self {
            state: CacheDB::new(EmptyDB::default()),
            history: History::new(clock.now(), config.base_fee),
            clock,
            chain_id: config.chain_id,
            base_fee: config.base_fee,
        };
        ledger.remember_newest();
        for (address, code) in genesis::contracts() {
            ledger.place_code(address, code);
        }
        ledger
    }

    pub(super) fn chain_id(&self) -> u64 {
        self.chain_id
    }

    pub(super) fn base_fee(&self) -> u64 {
        self.base_fee
    }

    /// Time of a block that is mined now.
    pub(super) fn next_timestamp(&self) -> u64 {
        self.clock.now().max(self.history.newest().header.timestamp)
    }

    /// Adds a block with this transaction, or an empty one.
    pub(super) fn mine(&mut self, executed: Option<Executed>) {
        self.history.add(self.next_timestamp(), executed);
        self.remember_newest();
    }

    pub(super) fn fund_eth(&mut self, address: Address, wei: U256) {
        let mut account = self.account(address);
        account.balance = account.balance.saturating_add(wei);
        self.state.insert_account_info(address, account);
    }

    /// The account at `address`, an empty one if there is none.
    pub(super) fn account(&self, address: Address) -> AccountInfo {
        certain(self.state.basic_ref(address)).unwrap_or_default()
    }

    pub(super) fn code(&self, address: Address) -> Bytes {
        let account = self.account(address);
        let code =
            account.code.unwrap_or_else(|| certain(self.state.code_by_hash_ref(account.code_hash)));
        code.original_bytes()
    }

    pub(super) fn storage(&self, address: Address, slot: U256) -> U256 {
        certain(self.state.storage_ref(address, slot))
    }

    /// Lets contracts ask for the hash of the newest block, and no longer for one too old.
    fn remember_newest(&mut self) {
        let newest = self.history.newest();
        let hashes = &mut self.state.cache.block_hashes;
        hashes.insert(U256::from(newest.header.number), newest.hash);
        if let Some(old) = newest.header.number.checked_sub(BLOCK_HASH_HISTORY) {
            hashes.remove(&U256::from(old));
        }
    }

    fn place_code(&mut self, address: Address, code: Bytes) {
        // A contract's nonce begins at one.
        let account =
            AccountInfo { nonce: 1, ..AccountInfo::from_bytecode(Bytecode::new_raw(code)) };
        self.state.insert_account_info(address, account);
    }
}

/// The value that was read from memory, which cannot fail.
pub(super) fn certain<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}
