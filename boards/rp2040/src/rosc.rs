//! The RP2040's ring oscillator as a source of noise.

use embassy_rp::pac;
use embassy_time::{Duration, block_for};

use embedded_x402_app::entropy::EntropyError;

use crate::entropy::NoiseSource;

/// The ring oscillator's random bit, sampled every 10 µs.
///
/// The oscillator must run, as embassy-rp leaves it, and the system must not be clocked by it: bits
/// that are read in step with the oscillator are not random (RP2040 datasheet, 2.17.5).
pub struct Rosc(());

/// 60 and more turns of the oscillator, over which its jitter adds up.
const INTERVAL: Duration = Duration::from_micros(10);

impl Rosc {
    /// The oscillator, as it runs.
    ///
    /// # Errors
    /// [`EntropyError::Source`]: it does not run.
    pub fn running() -> Result<Self, EntropyError> {
        let stable = pac::ROSC.status().read().stable();
        stable.then_some(Rosc(())).ok_or(EntropyError::Source)
    }
}

impl NoiseSource for Rosc {
    fn sample(&mut self) -> bool {
        block_for(INTERVAL);
        pac::ROSC.randombit().read().randombit()
    }
}
