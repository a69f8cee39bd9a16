//! What became of a payment that expired: the chain knows.
//!
//! A node is asked, if one is configured. Its word is taken for what it knows, and it is asked in a
//! way that shows when it is behind, of another chain, or knows too little of the past: then the fate
//! is unknown, as it is after any error. If it is up to date and says that the payment can still
//! settle, the books stay open. A node that lies is believed: which one is asked is the integrator's
//! choice.

#[cfg(feature = "evm")]
mod evm;
#[cfg(feature = "solana")]
mod solana;

use core::pin::pin;

use embedded_hal_async::delay::DelayNs;

#[cfg(any(feature = "solana", feature = "evm"))]
use super::RpcError;
use super::client::Client;
#[cfg(any(feature = "solana", feature = "evm"))]
use super::json_rpc::JsonRpc;
use super::timeout::within;
use super::{Error, Fate, Ledger, Transport, Wallet};
use crate::client::Trace;
use crate::journal::OpenPayment;

/// What there is to be said of a payment whose time is over by the device's reckoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// It can't settle any more, as far as anybody knows.
    Over(Fate),
    /// The chain is up to date, and the payment still valid on it.
    Pending {
        /// At least so many seconds more.
        seconds: u32,
    },
}

impl<T, W, R, D, A, J, const ENTRY: usize, const BUFFER: usize>
    Client<'_, T, W, R, D, A, J, ENTRY, BUFFER>
where
    T: Transport,
    W: Wallet,
    D: DelayNs + Clone,
    J: Ledger,
{
    /// Asks the chain, if a node of it is configured. It takes a part of the time only that a request
    /// has, so that a slow node can't keep the books from being closed.
    pub(super) async fn finding(&mut self, open: &OpenPayment) -> Finding {
        let mut deadline = self.delay.clone();
        let time = self.settings.timeouts.settle.min(self.settings.timeouts.total / 4);
        let finding = within(&mut deadline, time, pin!(self.ask_chain(open))).await.flatten();
        if let Err(error) = &finding {
            warning!("x402: the chain does not tell: {}", error);
        }
        finding.unwrap_or(Finding::Over(Fate::Unknown))
    }

    async fn ask_chain(&mut self, open: &OpenPayment) -> Result<Finding, Error> {
        let buffer = &mut self.memory.buffer;
        let recorded = self.journal.recorded(open.number, buffer).await?;
        match recorded.as_ref().and_then(Trace::of) {
            None => Ok(Finding::Over(Fate::Unknown)),
            #[cfg(feature = "solana")]
            Some(Trace::Solana(trace)) => {
                let age = self.journal.age(open, self.settings.now());
                let search = solana::Search { trace, age, clock: self.settings.unix() };
                search.finding(self.node(self.settings.solana_rpc)?).await
            }
            #[cfg(feature = "evm")]
            Some(Trace::Evm(trace)) => {
                evm::finding(&trace, self.settings.unix(), self.node(self.settings.evm_rpc)?).await
            }
        }
    }

    #[cfg(any(feature = "solana", feature = "evm"))]
    fn node<'d>(&'d mut self, url: Option<&'d str>) -> Result<JsonRpc<'d, T, D>, RpcError> {
        Ok(JsonRpc {
            transport: self.transport,
            delay: &mut self.delay,
            timeouts: self.settings.timeouts,
            url: url.ok_or(RpcError::NotConfigured)?,
            buffer: &mut self.memory.buffer,
        })
    }
}
