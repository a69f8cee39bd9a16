//! Recent blockhashes: which are known, how old they are, until when they are good.
//!
//! LiteSVM knows its latest blockhash only, while a cluster takes any of the last 150. So the
//! runtime's own check is off and this queue decides. Block heights count from zero and every block
//! has a hash.

use std::collections::VecDeque;

use solana_hash::Hash;
use solana_sha256_hasher::hashv;

/// Blocks during which a blockhash may be used by a transaction.
pub const MAX_BLOCKHASH_AGE: u64 = 150;

/// Hashes kept. A cluster keeps as many; more than [`MAX_BLOCKHASH_AGE`] because a bank at
/// `finalized` looks back from its own, older, block.
const CAPACITY: usize = 300;

/// A blockhash and the last block height at which a transaction may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash.
    pub hash: Hash,
    /// Last height of its life.
    pub last_valid_block_height: u64,
}

/// The newest blockhashes, oldest first.
#[derive(Debug)]
pub(super) struct Blockhashes {
    recent: VecDeque<Hash>,
    height: u64,
    seed: [u8; 32],
}

impl Blockhashes {
    /// The queue with the hash of block 0.
    pub(super) fn new(seed: [u8; 32]) -> Self {
        let mut blockhashes = Self { recent: VecDeque::with_capacity(CAPACITY), height: 0, seed };
        blockhashes.push();
        blockhashes
    }

    /// Height of the newest block.
    pub(super) fn height(&self) -> u64 {
        self.height
    }

    /// Adds a block.
    pub(super) fn advance(&mut self) {
        self.height = self.height.saturating_add(1);
        self.push();
    }

    /// The blockhash of the block at `height`; of the oldest known block if that is too long ago.
    pub(super) fn at(&self, height: u64) -> Blockhash {
        let back = self.height.saturating_sub(height) as usize;
        let index = self.recent.len().saturating_sub(1).saturating_sub(back);
        let hash = self.recent.get(index).copied().unwrap_or_default();
        Blockhash { hash, last_valid_block_height: height.saturating_add(MAX_BLOCKHASH_AGE) }
    }

    /// Whether `hash` is known to the block at `height` and at most `max_age` blocks older.
    pub(super) fn is_valid(&self, hash: &Hash, height: u64, max_age: u64) -> bool {
        self.height_of(hash)
            .and_then(|born| height.checked_sub(born))
            .is_some_and(|age| age <= max_age)
    }

    fn height_of(&self, hash: &Hash) -> Option<u64> {
        let back = self.recent.iter().rev().position(|known| known == hash)?;
        self.height.checked_sub(back as u64)
    }

    fn push(&mut self) {
        if self.recent.len() == CAPACITY {
            self.recent.pop_front();
        }
        let hash = hashv(&[&self.seed, &self.height.to_le_bytes()]);
        self.recent.push_back(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blockhash_lives_for_150_blocks() {
        let mut blockhashes = Blockhashes::new([7; 32]);
        let first = blockhashes.at(0);
        (0..150).for_each(|_| blockhashes.advance());
        assert_eq!(first.last_valid_block_height, blockhashes.height());
        assert!(blockhashes.is_valid(&first.hash, 150, MAX_BLOCKHASH_AGE));
        blockhashes.advance();
        assert!(!blockhashes.is_valid(&first.hash, 151, MAX_BLOCKHASH_AGE));
    }

    #[test]
    fn an_older_block_does_not_know_newer_hashes() {
        let mut blockhashes = Blockhashes::new([7; 32]);
        (0..40).for_each(|_| blockhashes.advance());
        let newest = blockhashes.at(40).hash;
        assert!(blockhashes.is_valid(&newest, 40, MAX_BLOCKHASH_AGE));
        assert!(!blockhashes.is_valid(&newest, 8, MAX_BLOCKHASH_AGE));
    }

    #[test]
    fn hashes_beyond_the_capacity_are_forgotten() {
        let mut blockhashes = Blockhashes::new([7; 32]);
        let first = blockhashes.at(0).hash;
        (0..CAPACITY).for_each(|_| blockhashes.advance());
        assert_eq!(blockhashes.height_of(&first), None);
        assert_eq!(blockhashes.recent.len(), CAPACITY);
    }
}
