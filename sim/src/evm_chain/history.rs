//! Blocks and what they hold: at most one transaction each, with its receipt and logs.

use std::{
    collections::{HashMap, VecDeque},
    ops::RangeInclusive,
    sync::Arc,
};

use alloy_consensus::{
    Header, Receipt, ReceiptEnvelope, Transaction, TxEnvelope, TxReceipt,
    constants::EMPTY_ROOT_HASH,
    proofs::{calculate_receipt_root, calculate_transaction_root},
};
use alloy_primitives::{Address, B256, Log};

use super::genesis::{BLOCK_GAS_LIMIT, FEE_VAULT};

/// A block.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its hash.
    pub hash: B256,
    /// Its header.
    pub header: Header,
    /// Its transaction, if it is not empty.
    pub mined: Option<Mined>,
}

/// A transaction in a block.
#[derive(Debug, Clone)]
pub struct Mined {
    /// The transaction.
    pub transaction: TxEnvelope,
    /// Who signed it.
    pub from: Address,
    /// What it did.
    pub receipt: ReceiptEnvelope,
    /// Wei per gas that it paid.
    pub effective_gas_price: u128,
    /// Address of the contract that it created.
    pub contract_address: Option<Address>,
}

/// A log and the block that holds it.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The log.
    pub log: Log,
    /// The block.
    pub block: Arc<Block>,
    /// Which of the block's logs it is, from zero.
    pub index: usize,
}

/// Which logs are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Numbers of the blocks.
    pub blocks: RangeInclusive<u64>,
    /// Contracts; empty for any.
    pub addresses: Vec<Address>,
    /// Topics by position; an empty list is for any.
    pub topics: Vec<Vec<B256>>,
}

/// A transaction that was executed and has no block yet.
pub(super) struct Executed {
    pub(super) transaction: TxEnvelope,
    pub(super) from: Address,
    pub(super) success: bool,
    pub(super) gas_used: u64,
    pub(super) logs: Vec<Log>,
}

/// Blocks remembered: half a day of them at Base's pace, and few enough for a simulator that runs for
/// days.
const CAPACITY: usize = 20_000;

/// The newest blocks.
#[derive(Debug)]
pub(super) struct History {
    newest: Arc<Block>,
    /// The oldest first, without a gap.
    blocks: VecDeque<Arc<Block>>,
    by_hash: HashMap<B256, Arc<Block>>,
    by_transaction: HashMap<B256, Arc<Block>>,
    base_fee: u64,
}

impl History {
    /// The history with the genesis block.
    pub(super) fn new(timestamp: u64, base_fee: u64) -> Self {
        let genesis = Arc::new(Block::new(header(timestamp, base_fee), None));
        Self {
            newest: genesis.clone(),
            blocks: VecDeque::from([genesis.clone()]),
            by_hash: HashMap::from([(genesis.hash, genesis)]),
            by_transaction: HashMap::new(),
            base_fee,
        }
    }

    pub(super) fn newest(&self) -> &Block {
        &self.newest
    }

    /// Adds a block to the newest.
    pub(super) fn add(&mut self, timestamp: u64, executed: Option<Executed>) {
        let header = Header {
            parent_hash: self.newest.hash,
            number: self.newest.header.number.saturating_add(1),
            ..header(timestamp, self.base_fee)
        };
        let block = Arc::new(Block::new(header, executed));
        if let Some(mined) = &block.mined {
            self.by_transaction.insert(*mined.transaction.tx_hash(), block.clone());
        }
        self.by_hash.insert(block.hash, block.clone());
        self.blocks.push_back(block.clone());
        self.newest = block;
        self.remember(CAPACITY);
    }

    /// Forgets all but so many of the newest blocks.
    fn remember(&mut self, capacity: usize) {
        let excess = self.blocks.len().saturating_sub(capacity);
        for block in self.blocks.drain(..excess) {
            self.by_hash.remove(&block.hash);
            if let Some(mined) = &block.mined {
                self.by_transaction.remove(mined.transaction.tx_hash());
            }
        }
    }

    pub(super) fn block(&self, number: u64) -> Option<Arc<Block>> {
        let oldest = self.blocks.front()?.header.number;
        self.blocks.get(usize::try_from(number.checked_sub(oldest)?).ok()?).cloned()
    }

    pub(super) fn block_by_hash(&self, hash: B256) -> Option<Arc<Block>> {
        self.by_hash.get(&hash).cloned()
    }

    pub(super) fn block_of_transaction(&self, hash: B256) -> Option<Arc<Block>> {
        self.by_transaction.get(&hash).cloned()
    }

    pub(super) fn logs(&self, filter: &LogFilter) -> Vec<LogEntry> {
        self.blocks
            .iter()
            .filter(|block| filter.blocks.contains(&block.header.number))
            .flat_map(Block::logs)
            .filter(|entry| filter.passes(&entry.log))
            .collect()
    }
}

impl Block {
    /// Its logs, in the order in which they were written.
    pub fn logs(self: &Arc<Self>) -> impl Iterator<Item = LogEntry> + use<> {
        let logs = self.mined.as_ref().map_or(&[][..], |mined| mined.receipt.logs()).to_vec();
        let block = self.clone();
        logs.into_iter().enumerate().map(move |(index, log)| LogEntry {
            log,
            block: block.clone(),
            index,
        })
    }

    fn new(mut header: Header, executed: Option<Executed>) -> Self {
        let mined = executed.map(|executed| {
            header.gas_used = executed.gas_used;
            Mined::new(executed, header.base_fee_per_gas)
        });
        if let Some(mined) = &mined {
            header.transactions_root =
                calculate_transaction_root(std::slice::from_ref(&mined.transaction));
            header.receipts_root = calculate_receipt_root(std::slice::from_ref(&mined.receipt));
            header.logs_bloom = mined.receipt.bloom();
        }
        Self { hash: header.hash_slow(), header, mined }
    }
}

impl Mined {
    fn new(executed: Executed, base_fee: Option<u64>) -> Self {
        let Executed { transaction, from, success, gas_used, logs } = executed;
        let receipt = Receipt { status: success.into(), cumulative_gas_used: gas_used, logs };
        Self {
            receipt: ReceiptEnvelope::from_typed(transaction.tx_type(), receipt),
            effective_gas_price: transaction.effective_gas_price(base_fee),
            contract_address: transaction.is_create().then(|| from.create(transaction.nonce())),
            transaction,
            from,
        }
    }
}

impl LogFilter {
    fn passes(&self, log: &Log) -> bool {
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        address && self.topics.len() <= log.topics().len() && self.topics_pass(log)
    }

    fn topics_pass(&self, log: &Log) -> bool {
        let pairs = self.topics.iter().zip(log.topics());
        pairs.into_iter().all(|(wanted, topic)| wanted.is_empty() || wanted.contains(topic))
    }
}

/// An empty block's header without its place in the chain.
fn header(timestamp: u64, base_fee: u64) -> Header {
    Header {
        beneficiary: FEE_VAULT,
        gas_limit: BLOCK_GAS_LIMIT,
        timestamp,
        base_fee_per_gas: Some(base_fee),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        ..Header::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_blocks_are_forgotten_and_the_others_keep_their_numbers() {
        let mut history = History::new(100, 7);
        (1..=9).for_each(|number| history.add(100 + number, None));
        let oldest = history.block(0).unwrap();
        history.remember(4);
        let timestamp = |number| history.block(number).map(|block| block.header.timestamp);
        assert_eq!([5, 6, 9, 10].map(timestamp), [None, Some(106), Some(109), None]);
        assert!(history.block_by_hash(oldest.hash).is_none());
        assert_eq!((history.by_hash.len(), history.blocks.len()), (4, 4));
        assert_eq!(history.newest().header.number, 9);
        history.add(110, None);
        assert_eq!(history.newest().header.number, 10);
    }
}
