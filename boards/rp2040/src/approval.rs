//! Who approves payments: nobody, or whoever presses the button, with the feature `button`.

use embassy_rp::Peri;
use embassy_rp::peripherals::PIN_15;

#[cfg(feature = "button")]
pub(crate) use pressed::{Approval, approval};

#[cfg(not(feature = "button"))]
pub(crate) type Approval = embedded_x402::policy::Always;

/// Approves what the policy allows.
#[cfg(not(feature = "button"))]
pub(crate) fn approval(_: Peri<'static, PIN_15>) -> Approval {
    embedded_x402::policy::Always
}

#[cfg(feature = "button")]
mod pressed {
    use embassy_rp::gpio::{Input, Pull};
    use embassy_time::Delay;
    use embedded_hal::digital::PinState;
    use embedded_x402_app::Button;

    use super::{PIN_15, Peri};

    pub(crate) type Approval = Button<Input<'static>, Delay>;

    /// Asks for a button from the pin to ground.
    pub(crate) fn approval(pin: Peri<'static, PIN_15>) -> Approval {
        Button::new(Input::new(pin, Pull::Up), PinState::Low, Delay)
    }
}
