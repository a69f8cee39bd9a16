//! What to buy, how often, and for how much.

use embedded_x402::io::Timeouts;
use embedded_x402::policy::PaymentPolicy;
use embedded_x402::wire::Network;

/// For how long a signed payment on Solana may settle: the life of its blockhash, in seconds.
const SOLANA_EXPIRY_SECONDS: u32 = 90;

/// Where no rule says for how long a payment on an EVM chain may be valid: ten minutes.
const EVM_EXPIRY_SECONDS: u32 = 600;

/// The longest pause after failures: an hour.
const LONGEST_BACKOFF_SECONDS: u32 = 3600;

/// What a device buys.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'p> {
    /// The resource.
    pub url: &'p str,
    /// What may be paid for it.
    pub policy: PaymentPolicy<'p>,
    /// How long to wait from one purchase to the next.
    pub interval_seconds: u32,
    /// How often to try, failures included; `None` is for ever.
    pub purchases: Option<u32>,
    /// The Solana RPC node to ask for what sellers don't supply.
    pub solana_rpc: Option<&'p str>,
    /// How long to wait for the seller.
    pub timeouts: Timeouts,
    /// The most that is read of a resource, in bytes.
    pub resource_limit: u32,
}

impl<'p> Plan<'p> {
    /// Buys `url` once a minute, for ever, and reads 64 KiB of it at most.
    pub fn new(url: &'p str, policy: PaymentPolicy<'p>) -> Self {
        Plan {
            url,
            policy,
            interval_seconds: 60,
            purchases: None,
            solana_rpc: None,
            timeouts: Timeouts::default(),
            resource_limit: 64 * 1024,
        }
    }

    /// How long a payment on `network` that was signed just now can still settle, in seconds.
    ///
    /// On EVM chains it counts from the seller's clock, if the device has none.
    pub(crate) fn expiry_seconds(&self, network: Option<Network>) -> u32 {
        if network.is_some_and(Network::is_solana) {
            return SOLANA_EXPIRY_SECONDS;
        }
        let rules = self.policy.rules.iter().filter(|rule| Some(rule.asset.network) == network);
        let longest = rules.map(|rule| rule.max_timeout_seconds).max();
        longest.map_or(EVM_EXPIRY_SECONDS, |seconds| seconds.try_into().unwrap_or(u32::MAX))
    }

    /// How long to wait after so many failures in a row: the interval, doubled each time.
    pub(crate) fn backoff_seconds(&self, failures: u32) -> u32 {
        let base = self.interval_seconds.max(1);
        let doubled = base.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.min(LONGEST_BACKOFF_SECONDS.max(base))
    }
}

#[cfg(test)]
mod tests {
    use embedded_x402::policy::{Rule, assets};
    use embedded_x402::wire::Amount;

    use super::*;

    const RULES: [Rule<'static>; 2] = [
        Rule::new(assets::USDC_SOLANA_DEVNET, Amount(1)),
        Rule { max_timeout_seconds: 120, ..Rule::new(assets::USDC_BASE_SEPOLIA, Amount(1)) },
    ];

    fn plan() -> Plan<'static> {
        Plan::new("http://seller.lan/", PaymentPolicy { rules: &RULES })
    }

    #[test]
    fn a_payment_expires_as_its_network_has_it() {
        let base_sepolia = assets::USDC_BASE_SEPOLIA.network;
        assert_eq!(plan().expiry_seconds(Some(Network::SolanaDevnet)), 90);
        assert_eq!(plan().expiry_seconds(Some(base_sepolia)), 120);
        assert_eq!(plan().expiry_seconds(Some(Network::Eip155(1))), 600);
        assert_eq!(plan().expiry_seconds(None), 600);
    }

    #[test]
    fn failures_make_it_patient() {
        let waits = |interval_seconds| {
            let plan = Plan { interval_seconds, ..plan() };
            [1, 2, 3, 7, 100].map(|failures| plan.backoff_seconds(failures))
        };
        assert_eq!(waits(60), [60, 120, 240, 3600, 3600]);
        assert_eq!(waits(0), [1, 2, 4, 64, 3600]);
        assert_eq!(waits(7200), [7200; 5]);
    }
}
