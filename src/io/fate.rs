//! What became of a payment that expired: the chain knows.
//!
//! A node is asked, if one is configured. Its word is taken for what it knows, and it is asked in a
//! way that shows when it is behind, of another chain, or knows too little of the past: then the fate
//! is unknown, as it is after any error. A node that lies is believed: which one is asked is the
//! integrator's choice.

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
    pub(super) async fn fate(&mut self, open: &OpenPayment) -> Fate {
        let mut deadline = self.delay.clone();
        let time = self.settings.timeouts.settle.min(self.settings.timeouts.total / 4);
        let fate = within(&mut deadline, time, pin!(self.ask_chain(open))).await.flatten();
        if let Err(error) = &fate {
            warning!("x402: the chain does not tell: {}", error);
        }
        fate.unwrap_or(Fate::Unknown)
    }

    async fn ask_chain(&mut self, open: &OpenPayment) -> Result<Fate, Error> {
        let buffer = &mut self.memory.buffer;
        let recorded = self.journal.recorded(open.number, buffer).await?;
        match recorded.as_ref().and_then(Trace::of) {
            None => Ok(Fate::Unknown),
            #[cfg(feature = "solana")]
            Some(Trace::Solana(trace)) => {
                let age = open.age((self.settings.uptime)());
                let search = solana::Search { trace, age, clock: self.settings.unix() };
                search.fate(self.node(self.settings.solana_rpc)?).await
            }
            #[cfg(feature = "evm")]
            Some(Trace::Evm(trace)) => evm::fate(&trace, self.node(self.settings.evm_rpc)?).await,
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
