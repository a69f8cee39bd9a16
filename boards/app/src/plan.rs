//! What to buy, how often, and for how much.

use embedded_x402::io::Timeouts;
use embedded_x402::policy::PaymentPolicy;

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
    /// The Solana RPC node to ask for what sellers don't supply, and what became of a payment that
    /// expired.
    pub solana_rpc: Option<&'p str>,
    /// The node of an EVM chain to ask what became of a payment that expired.
    pub evm_rpc: Option<&'p str>,
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
            evm_rpc: None,
            timeouts: Timeouts::default(),
            resource_limit: 64 * 1024,
        }
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
    use super::*;

    fn plan() -> Plan<'static> {
        Plan::new("http://seller.lan/", PaymentPolicy { rules: &[] })
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
