//! The device's time: the host's, with an end to its patience.

use std::future::pending;
use std::sync::Arc;

use embedded_hal_async::delay::DelayNs;
use embedded_x402::io::Timeouts;
use tokio::sync::Notify;

use super::TokioDelay;

/// Milliseconds that the client waits before it sends a payment again for the first time.
const FIRST_PAUSE: u32 = 1_000;

/// Delays of one purchase. Clones belong to the same one.
#[derive(Debug, Clone)]
pub(super) struct DeviceDelay {
    /// The time that a purchase has in all.
    total: u32,
    /// Told when the purchase ends instead of a payment being sent again.
    gave_up: Option<Arc<Notify>>,
}

impl DeviceDelay {
    pub(super) fn new(timeouts: &Timeouts, resends: bool) -> Self {
        let gave_up = (!resends).then(Arc::default);
        Self { total: timeouts.total, gave_up }
    }
}

impl DelayNs for DeviceDelay {
    async fn delay_ns(&mut self, nanoseconds: u32) {
        TokioDelay.delay_ns(nanoseconds).await;
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        let mut delay = TokioDelay;
        match &self.gave_up {
            Some(gave_up) if milliseconds == self.total => tokio::select! {
                () = delay.delay_ms(milliseconds) => {}
                () = gave_up.notified() => {}
            },
            Some(gave_up) if milliseconds == FIRST_PAUSE => {
                gave_up.notify_one();
                pending().await
            }
            _ => delay.delay_ms(milliseconds).await,
        }
    }
}
