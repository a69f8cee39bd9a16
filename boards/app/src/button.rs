//! Approval by a button: somebody must press it for each payment.

use embedded_hal::digital::{InputPin, PinState};
use embedded_hal_async::delay::DelayNs;
use embedded_x402::policy::{Approve, Offer};

/// How often the pin is read.
const POLL_MILLISECONDS: u32 = 10;

/// A level counts once it has been read so often in a row: contacts bounce for some milliseconds.
const STEADY_READINGS: u32 = 4;

/// A button that approves a payment when it is pressed in time.
///
/// A button that is held down, or stuck, approves nothing: it must be seen released first. A pin that
/// can't be read refuses.
#[derive(Debug)]
pub struct Button<P, D> {
    pin: P,
    pressed: PinState,
    delay: D,
    timeout_milliseconds: u32,
}

impl<P: InputPin, D: DelayNs> Button<P, D> {
    /// A button whose `pin` has the level `pressed` while it is down. It waits 30 seconds.
    pub const fn new(pin: P, pressed: PinState, delay: D) -> Self {
        Button { pin, pressed, delay, timeout_milliseconds: 30_000 }
    }

    /// Waits so long, then refuses. [`Timeouts::total`](embedded_x402::io::Timeouts::total) must
    /// leave room for it.
    #[must_use]
    pub fn with_timeout_seconds(self, seconds: u32) -> Self {
        Button { timeout_milliseconds: seconds.saturating_mul(1000), ..self }
    }

    fn is_pressed(&mut self) -> Result<bool, P::Error> {
        Ok(PinState::from(self.pin.is_high()?) == self.pressed)
    }

    /// Waits until the button was released and then pressed; answers whether it was in time.
    async fn was_pressed(&mut self) -> Result<bool, P::Error> {
        let mut polls = self.timeout_milliseconds / POLL_MILLISECONDS;
        Ok(self.is_steadily(false, &mut polls).await? && self.is_steadily(true, &mut polls).await?)
    }

    async fn is_steadily(&mut self, pressed: bool, polls: &mut u32) -> Result<bool, P::Error> {
        let mut readings = 0;
        while *polls > 0 {
            *polls -= 1;
            readings = if self.is_pressed()? == pressed { readings + 1 } else { 0 };
            if readings == STEADY_READINGS {
                return Ok(true);
            }
            self.delay.delay_ms(POLL_MILLISECONDS).await;
        }
        Ok(false)
    }
}

impl<P: InputPin, D: DelayNs> Approve for Button<P, D> {
    async fn approve(&mut self, _: &Offer<'_>) -> bool {
        self.was_pressed().await.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use embassy_futures::block_on;
    use embedded_hal::digital::{ErrorKind, ErrorType};

    use super::*;

    /// A pin that is read as this list says, and as its last entry ever after.
    struct Pin(Vec<Option<bool>>, usize);

    #[derive(Debug)]
    struct PinError;

    impl embedded_hal::digital::Error for PinError {
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    impl ErrorType for Pin {
        type Error = PinError;
    }

    impl InputPin for Pin {
        fn is_high(&mut self) -> Result<bool, PinError> {
            let level = self.0[self.1.min(self.0.len() - 1)];
            self.1 += 1;
            level.ok_or(PinError)
        }

        fn is_low(&mut self) -> Result<bool, PinError> {
            self.is_high().map(|high| !high)
        }
    }

    struct NoDelay;

    impl DelayNs for NoDelay {
        async fn delay_ns(&mut self, _: u32) {}
    }

    /// An active-low button; `_` is released, `#` pressed, `!` an error.
    fn approves(readings: &str) -> (bool, usize) {
        let level = |reading| match reading {
            '_' => Some(true),
            '#' => Some(false),
            _ => None,
        };
        let pin = Pin(readings.chars().map(level).collect(), 0);
        let mut button = Button::new(pin, PinState::Low, NoDelay).with_timeout_seconds(1);
        let approved = block_on(button.was_pressed()).unwrap_or(false);
        (approved, button.pin.1)
    }

    #[test]
    fn a_press_approves() {
        assert_eq!(approves("____####"), (true, 8));
        assert_eq!(approves("__________####"), (true, 14));
    }

    #[test]
    fn bouncing_is_waited_for() {
        assert_eq!(approves("____#_##_###_####"), (true, 17));
        assert!(!approves("____#_#_#_#_").0);
    }

    #[test]
    fn a_button_that_is_stuck_approves_nothing() {
        assert_eq!(approves("#"), (false, 100));
        assert_eq!(approves("###____####"), (true, 11));
    }

    #[test]
    fn no_press_refuses_in_time() {
        assert_eq!(approves("_"), (false, 100));
    }

    #[test]
    fn a_pin_that_fails_refuses() {
        assert_eq!(approves("____##!"), (false, 7));
    }
}
