//! What a person sees of the device: one LED, and a pattern for each state.
//!
//! | state | the LED |
//! |---|---|
//! | waiting for the network | blinks fast |
//! | idle | flashes every four seconds |
//! | buying | is on |
//! | asking for approval | blinks once a second |
//! | paid | flashes twice every two seconds |
//! | failed | flashes four times every two seconds |
//! | unknown whether it paid | is on, with short gaps |

use core::convert::Infallible;

use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embedded_hal::digital::{OutputPin, PinState};
use embedded_hal_async::delay::DelayNs;

/// What the device is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// There is no network yet.
    WaitingForNetwork,
    /// Nothing was paid, nothing is due.
    Idle,
    /// A request is on its way.
    Buying,
    /// Somebody must approve a payment.
    Asking,
    /// The last purchase was paid for.
    Paid,
    /// The last purchase failed.
    Failed,
    /// It is unknown whether the last payment settles.
    Unknown,
}

/// Something to switch on and off.
pub trait Led {
    /// Why it can't be switched.
    type Error;

    /// Switches it.
    ///
    /// # Errors
    /// The pin's, or the chip's that the LED hangs on.
    #[expect(async_fn_in_trait, reason = "single-core executors need no Send futures")]
    async fn set(&mut self, on: bool) -> Result<(), Self::Error>;
}

/// An LED on a pin.
#[derive(Debug)]
pub struct StatusLed<P> {
    pin: P,
    on: PinState,
}

impl<P: OutputPin> StatusLed<P> {
    /// An LED that is lit while `pin` has the level `on`.
    pub const fn new(pin: P, on: PinState) -> Self {
        StatusLed { pin, on }
    }
}

impl<P: OutputPin> Led for StatusLed<P> {
    type Error = P::Error;

    async fn set(&mut self, on: bool) -> Result<(), P::Error> {
        self.pin.set_state(if on { self.on } else { !self.on })
    }
}

/// A board without an LED.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLed;

impl Led for NoLed {
    type Error = Infallible;

    async fn set(&mut self, _: bool) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The state, from the one who changes it to the LED beside.
pub(crate) struct Status(Signal<NoopRawMutex, State>);

impl Status {
    pub(crate) const fn new() -> Self {
        Status(Signal::new())
    }

    pub(crate) fn set(&self, state: State) {
        self.0.signal(state);
    }

    /// Shows the state for ever. An LED that fails stays as it is: it is no reason to stop.
    pub(crate) async fn show(&self, led: &mut impl Led, delay: &mut impl DelayNs) -> Infallible {
        let mut state = self.0.wait().await;
        loop {
            match select(self.0.wait(), repeat(pattern(state), led, delay)).await {
                Either::First(next) => state = next,
                Either::Second(never) => match never {},
            }
        }
    }
}

/// Milliseconds on, then off, then on: an even number of them.
type Pattern = &'static [u32];

fn pattern(state: State) -> Pattern {
    match state {
        State::WaitingForNetwork => &[100, 100],
        State::Idle => &[50, 3950],
        State::Buying => &[1000, 0],
        State::Asking => &[500, 500],
        State::Paid => &[100, 200, 100, 1600],
        State::Failed => &[100, 200, 100, 200, 100, 200, 100, 1000],
        State::Unknown => &[1500, 150],
    }
}

async fn repeat(pattern: Pattern, led: &mut impl Led, delay: &mut impl DelayNs) -> Infallible {
    loop {
        let mut on = true;
        for milliseconds in pattern.iter().copied() {
            if milliseconds > 0 {
                let _ = led.set(on).await;
                delay.delay_ms(milliseconds).await;
            }
            on = !on;
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::cell::RefCell;
    use std::vec::Vec;

    use embassy_futures::block_on;

    use super::*;

    /// What the pin did, and how long it was waited in between.
    #[derive(Default)]
    struct Record(RefCell<Vec<(bool, u32)>>);

    impl Record {
        /// Notes a pause; answers how often the pin was set so far.
        fn wait(&self, milliseconds: u32) -> usize {
            let mut record = self.0.borrow_mut();
            record.last_mut().unwrap().1 += milliseconds;
            record.len()
        }
    }

    struct Pin<'r>(&'r Record);

    impl embedded_hal::digital::ErrorType for Pin<'_> {
        type Error = Infallible;
    }

    impl OutputPin for Pin<'_> {
        fn set_low(&mut self) -> Result<(), Infallible> {
            self.0.0.borrow_mut().push((false, 0));
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            self.0.0.borrow_mut().push((true, 0));
            Ok(())
        }
    }

    /// A delay that passes at once, and changes the state after some of them.
    struct Delay<'r> {
        record: &'r Record,
        status: &'r Status,
        changes: Vec<(usize, State)>,
    }

    impl DelayNs for Delay<'_> {
        async fn delay_ns(&mut self, _: u32) {}

        async fn delay_ms(&mut self, milliseconds: u32) {
            let shown = self.record.wait(milliseconds);
            if let Some((_, state)) = self.changes.iter().find(|(after, _)| *after == shown) {
                self.status.set(*state);
            }
            embassy_futures::yield_now().await;
        }
    }

    #[test]
    fn the_pattern_changes_with_the_state_and_an_active_low_led_is_inverted() {
        let (record, status) = (Record::default(), Status::new());
        let mut led = StatusLed::new(Pin(&record), PinState::Low);
        let changes = std::vec![(3, State::Paid)];
        let mut delay = Delay { record: &record, status: &status, changes };
        status.set(State::Asking);
        let limit = async {
            while record.0.borrow().len() < 8 {
                embassy_futures::yield_now().await;
            }
        };
        block_on(select(status.show(&mut led, &mut delay), limit));
        let seen = record.0.borrow();
        // Asking: half a second each; then paid: two flashes. Low is lit.
        assert_eq!(
            seen[..7],
            [
                (false, 500),
                (true, 500),
                (false, 500),
                (false, 100),
                (true, 200),
                (false, 100),
                (true, 1600)
            ]
        );
    }

    #[test]
    fn every_state_has_its_own_pattern() {
        use State::*;
        let states = [WaitingForNetwork, Idle, Buying, Asking, Paid, Failed, Unknown];
        for (index, state) in states.iter().enumerate() {
            assert!(pattern(*state).len().is_multiple_of(2));
            assert!(states[..index].iter().all(|other| pattern(*other) != pattern(*state)));
        }
    }
}
