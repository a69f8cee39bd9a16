//! The button for approval.

use embassy_rp::Peri;
use embassy_rp::gpio::{Input, Pin, Pull};
use embassy_time::Delay;
use embedded_hal::digital::PinState;
use embedded_x402_app::Button;

/// A button from `pin` to ground.
pub fn button(pin: Peri<'static, impl Pin>) -> Button<Input<'static>, Delay> {
    Button::new(Input::new(pin, Pull::Up), PinState::Low, Delay)
}
