//! Time that passes only when everybody waits: then it jumps to the next deadline.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use embedded_hal_async::delay::DelayNs;

/// A clock, in milliseconds, and the next moment that somebody waits for.
#[derive(Debug)]
pub struct VirtualTime {
    now: Cell<u64>,
    next: Cell<Option<u64>>,
}

impl VirtualTime {
    /// A clock that shows so many seconds.
    pub fn at(seconds: u64) -> Self {
        VirtualTime { now: Cell::new(seconds * 1000), next: Cell::new(None) }
    }

    /// What it shows, in milliseconds.
    pub fn milliseconds(&self) -> u64 {
        self.now.get()
    }

    /// What it shows, in seconds.
    pub fn seconds(&self) -> u64 {
        self.now.get() / 1000
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: u64) {
        self.pass_milliseconds(seconds * 1000);
    }

    /// Lets so many milliseconds pass.
    pub fn pass_milliseconds(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds);
    }

    /// A delay by this clock.
    pub fn delay(&self) -> Delay<'_> {
        Delay(self)
    }

    /// Runs a future to its end; one that waits for nothing is an error.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.run_while(future, || true).expect("a future that runs to its end")
    }

    /// Runs a future for as long as this is true, asked each time that it waits; else drops it.
    pub fn run_while<F: Future>(
        &self,
        future: F,
        mut goes_on: impl FnMut() -> bool,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        loop {
            self.next.set(None);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
            if !goes_on() {
                return None;
            }
            if !woken.0.swap(false, Ordering::Relaxed) {
                self.now.set(self.next.get().expect("somebody who waits for a moment"));
            }
        }
    }

    fn poll_until(&self, moment: u64) -> Poll<()> {
        if self.now.get() >= moment {
            return Poll::Ready(());
        }
        let next = self.next.get().map_or(moment, |next| next.min(moment));
        self.next.set(Some(next));
        Poll::Pending
    }
}

/// Whether somebody wants to be polled again at once.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Delays by a virtual clock.
#[derive(Debug, Clone, Copy)]
pub struct Delay<'t>(&'t VirtualTime);

impl DelayNs for Delay<'_> {
    async fn delay_ns(&mut self, nanoseconds: u32) {
        self.delay_ms(nanoseconds / 1_000_000).await;
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        let moment = self.0.now.get() + u64::from(milliseconds);
        poll_fn(|_| self.0.poll_until(moment)).await;
    }
}
