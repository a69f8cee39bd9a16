//! A clock that jumps to the next moment that somebody waits for.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_hal_async::delay::DelayNs;

/// The clock, in milliseconds.
#[derive(Default)]
pub(crate) struct Clock {
    now: Cell<u64>,
    /// When somebody wants to be polled again.
    awaited: RefCell<Vec<u64>>,
}

impl Clock {
    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Runs a future to its end, or drops it at a moment; while it waits, time passes.
    pub(crate) fn run_until<F: Future>(&self, end: u64, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            self.awaited.borrow_mut().clear();
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
            let next = self.awaited.borrow().iter().min().copied();
            self.now.set(next.expect("it waits for nothing").min(end));
            if self.now() == end {
                return None;
            }
        }
    }
}

/// Waits by the clock.
#[derive(Clone, Copy)]
pub(crate) struct Delay<'c>(pub(crate) &'c Clock);

impl DelayNs for Delay<'_> {
    async fn delay_ns(&mut self, nanoseconds: u32) {
        self.delay_ms(nanoseconds.div_ceil(1_000_000)).await;
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        let end = self.0.now() + u64::from(milliseconds);
        poll_fn(|_| {
            if self.0.now() >= end {
                return Poll::Ready(());
            }
            self.0.awaited.borrow_mut().push(end);
            Poll::Pending
        })
        .await;
    }
}
