//! The chains, with their time in the history's hand: slots and blocks pass when the history says so.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use embedded_x402_sim::chain::{self, Chain, ChainConfig};
use embedded_x402_sim::clock::Clock;
use embedded_x402_sim::evm_chain::{self, EvmChain, EvmChainConfig, U256};
use embedded_x402_tests::histories::world::BEGINNING;
use embedded_x402_tests::histories::{Coin, Payment};
use embedded_x402_tests::keys;
use solana_address::Address;
use solana_commitment_config::CommitmentLevel;
use solana_signature::Signature;

use crate::shop::FUNDS;

/// Milliseconds of a slot.
const SLOT: u64 = 400;

/// When Solana's slot 0 was, in Unix seconds: before the history, as long as its first slots take.
const GENESIS: u64 = BEGINNING - 60;

/// Both chains, on which the device has its money.
pub(super) struct Chains {
    pub(super) solana: Chain,
    pub(super) evm: EvmChain,
    /// Unix seconds.
    now: Arc<AtomicU64>,
    /// When each blockhash is good, in Unix seconds.
    blockhashes: HashMap<String, (u64, u64)>,
}

impl Chains {
    pub(super) fn new(seed: u64) -> Self {
        let clock = Clock::new(|| Duration::from_secs(GENESIS));
        let config = ChainConfig { clock, seed: Some(seed), ..ChainConfig::default() };
        let solana = Chain::new(config).expect("a chain");
        solana.fund_token(&device(), &chain::genesis::USDC, FUNDS).expect("tokens");
        let evm = EvmChain::new(EvmChainConfig::manual(BEGINNING));
        evm.fund_token(evm_device(), U256::from(FUNDS)).expect("tokens");
        let (now, blockhashes) = (Arc::default(), HashMap::new());
        let mut chains = Chains { solana, evm, now, blockhashes };
        chains.go_on_to(BEGINNING);
        chains
    }

    /// Unix seconds.
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// The same for whoever else needs the time.
    pub(super) fn clock(&self) -> Clock {
        let now = self.now.clone();
        Clock::new(move || Duration::from_secs(now.load(Ordering::Relaxed)))
    }

    /// Lets slots and a block pass up to this time, which is not before the present one.
    pub(super) fn go_on_to(&mut self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
        let slot = (now - GENESIS) * 1000 / SLOT;
        self.solana.advance(slot.saturating_sub(self.solana.slot(CommitmentLevel::Processed)));
        self.evm.set_timestamp(now);
        self.evm.mine();
        self.learn_blockhashes();
    }

    /// Somebody may hear of the newest ones.
    fn learn_blockhashes(&mut self) {
        use CommitmentLevel::{Confirmed, Finalized, Processed};
        for level in [Processed, Confirmed, Finalized] {
            let blockhash = self.solana.latest_blockhash(level);
            let void = (blockhash.last_valid_block_height + 1) * SLOT;
            let valid = (0, GENESIS + void.div_ceil(1000));
            self.blockhashes.insert(blockhash.hash.to_string(), valid);
        }
    }

    /// When a blockhash is good, in Unix seconds: from the first on, before the second.
    pub(super) fn validity(&self, blockhash: &str) -> (u64, u64) {
        self.blockhashes[blockhash]
    }

    pub(super) fn has_settled(&self, payment: &Payment) -> bool {
        match payment.coin {
            Coin::Solana => self.has_landed(&payment.transaction),
            Coin::Evm => self.is_used(payment),
        }
    }

    fn has_landed(&self, transaction: &str) -> bool {
        let transaction: Signature = transaction.parse().expect("a signature");
        let landed = self.solana.transaction(&transaction);
        landed.is_some_and(|landed| landed.transaction.meta.status.is_ok())
    }

    fn is_used(&self, payment: &Payment) -> bool {
        let payment = payment.value();
        let authorization = &payment["payload"]["authorization"];
        let text = |name: &str| authorization[name].as_str().expect("a text");
        let from = text("from").parse().expect("an address");
        self.evm.authorization_used(from, text("nonce").parse().expect("a nonce"))
    }

    /// Atomic units that the device has less than at first.
    pub(super) fn moved(&self, coin: Coin) -> u64 {
        let left: u64 = match coin {
            Coin::Solana => self.solana.token_balance(&device(), &chain::genesis::USDC),
            Coin::Evm => self.evm.token_balance(evm_device()).to(),
        };
        FUNDS - left
    }
}

fn device() -> Address {
    keys::DEVICE.parse().expect("an address")
}

fn evm_device() -> evm_chain::Address {
    keys::EVM_DEVICE.parse().expect("an address")
}
