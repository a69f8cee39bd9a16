//! How a client is set up: what it is told by the `with_` methods.

use super::{Notice, Timeouts};
use crate::client::Limits;
use crate::journal::Now;

/// The settings of a client.
#[derive(Clone, Copy)]
pub(super) struct Settings<'c> {
    /// The device's uptime in seconds.
    pub(super) uptime: &'c dyn Fn() -> u64,
    pub(super) clock: Option<&'c dyn Fn() -> Option<u64>>,
    pub(super) notices: &'c dyn Fn(Notice),
    #[cfg_attr(not(feature = "solana"), expect(dead_code, reason = "no node to ask"))]
    pub(super) solana_rpc: Option<&'c str>,
    #[cfg_attr(not(feature = "evm"), expect(dead_code, reason = "no node to ask"))]
    pub(super) evm_rpc: Option<&'c str>,
    pub(super) timeouts: Timeouts,
    pub(super) limits: Limits,
    pub(super) checks: Checks,
}

/// Which signatures are verified.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "solana"), expect(dead_code, reason = "no network to pay on"))]
pub(super) struct Checks {
    /// The fee payer's, in the receipt.
    pub(super) receipts: bool,
    /// The device's own.
    pub(super) signatures: bool,
}

impl Settings<'_> {
    /// What the device knows of the time.
    pub(super) fn now(&self) -> Now {
        Now { uptime: (self.uptime)(), unix: self.unix() }
    }

    /// The device's clock, in Unix seconds.
    pub(super) fn unix(&self) -> Option<u64> {
        self.clock.and_then(|clock| clock())
    }
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings {
            uptime: &|| 0,
            clock: None,
            notices: &|_| {},
            solana_rpc: None,
            evm_rpc: None,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            checks: Checks { receipts: true, signatures: false },
        }
    }
}
