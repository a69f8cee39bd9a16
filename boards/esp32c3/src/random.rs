//! The chip's random numbers.
//!
//! The hardware generator mixes thermal noise into its state only while the radio is awake (or the
//! ADC feeds it); at any other time its numbers are pseudo-random. [`start`] takes the radio's
//! controller as a proof that it is on, esp-hal checks that again, and the tests of the app watch
//! what comes.

use embedded_x402_app::entropy::{EntropyError, HealthTested};
use esp_hal::rng::Trng;
use esp_radio::wifi::WifiController;

/// True random numbers, while the radio is on.
///
/// The radio must stay on: esp-hal panics if it is switched off while the generator is in use.
///
/// # Errors
/// [`EntropyError::Source`] if nothing feeds the generator; the others if its numbers are no good.
pub(crate) fn start(_radio: &WifiController<'_>) -> Result<HealthTested<Trng>, EntropyError> {
    HealthTested::start(Trng::try_new().map_err(|_| EntropyError::Source)?)
}
