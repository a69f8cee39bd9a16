//! How long the client waits.

use embassy_futures::select::{Either, select};
use embedded_hal_async::delay::DelayNs;

use super::Error;

/// How long the client waits, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeouts {
    /// For a name to be resolved and a connection to open.
    pub connect: u32,
    /// For the next bytes to be sent or received.
    pub transfer: u32,
    /// For the answer to a payment: the seller settles on chain before it answers.
    pub settle: u32,
    /// For everything from the request to the head of the last response, approval included. A
    /// seller that sends a byte now and then is held to this one.
    pub total: u32,
}

impl Default for Timeouts {
    /// 10 seconds to connect, 30 to transfer, 90 to settle (the reference seller gives its
    /// facilitator 90 seconds), and 5 minutes in all.
    fn default() -> Self {
        Timeouts { connect: 10_000, transfer: 30_000, settle: 90_000, total: 300_000 }
    }
}

/// Waits for `work` at most so long. What is large should be pinned by the caller: it would be stored
/// twice here.
pub(super) async fn within<O>(
    delay: &mut impl DelayNs,
    milliseconds: u32,
    work: impl Future<Output = O>,
) -> Result<O, Error> {
    match select(work, delay.delay_ms(milliseconds)).await {
        Either::First(output) => Ok(output),
        Either::Second(()) => Err(Error::Timeout),
    }
}
