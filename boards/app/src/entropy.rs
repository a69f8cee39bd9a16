//! Randomness that is watched: a source that is stuck, biased or repeats itself is found at start and
//! at any time later, and is never used again.
//!
//! The tests are those of NIST SP 800-90B, section 4.4: the repetition count test and the adaptive
//! proportion test; and no two of the last few blocks of 16 bytes may be equal, which finds a
//! generator that restarts or a register that is not refreshed. They find a source that is broken, not
//! one that is predictable: whether a source is random at all is a matter of its physics.
//!
//! The client draws 16 or 32 bytes a payment: a payment's memo or nonce, which must not repeat.

use core::fmt;

use rand_core::{TryCryptoRng, TryRng};

/// Samples that are tested before the first one is used (SP 800-90B, section 4.3).
const START_UP_SAMPLES: usize = 1024;

/// Bytes of a block that may not come again, and how many blocks are remembered: periods of 16, 32,
/// 48 and 64 bytes, and all that divide them, are found.
const BLOCK: usize = 16;
const BLOCKS: usize = 4;

/// Why a source of randomness is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EntropyError {
    /// The source itself reports a failure.
    Source,
    /// One value came too often in a row.
    Stuck,
    /// One value came too often altogether.
    Biased,
    /// A block came again.
    Repeating,
}

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EntropyError::Source => "the source of randomness reports a failure",
            EntropyError::Stuck => "the source of randomness is stuck: nothing is paid with it",
            EntropyError::Biased => "the source of randomness is biased: nothing is paid with it",
            EntropyError::Repeating => {
                "the source of randomness repeats itself: nothing is paid with it"
            }
        })
    }
}

impl core::error::Error for EntropyError {}

/// From how many equal samples on a source counts as broken.
///
/// Those given here are for a false alarm once in 2^40 samples, for a device is to run for years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cutoffs {
    /// So many equal samples in a row (section 4.4.1).
    pub repetition: u16,
    /// So many samples in a window equal to its first (section 4.4.2).
    pub proportion: u16,
    /// Samples in a window.
    pub window: u16,
}

impl Cutoffs {
    /// For bytes with 8 bits of entropy each: the output of a conditioned generator.
    pub const BYTES: Cutoffs = Cutoffs { repetition: 6, proportion: 19, window: 512 };

    /// For raw bits with half a bit of entropy each: a ring oscillator, sampled.
    pub const RAW_BITS: Cutoffs = Cutoffs { repetition: 81, proportion: 824, window: 1024 };
}

/// The two tests of SP 800-90B on a stream of samples.
#[derive(Debug, Clone)]
pub struct HealthTests {
    cutoffs: Cutoffs,
    last: Option<u8>,
    in_a_row: u16,
    reference: u8,
    in_window: u16,
    window_left: u16,
}

impl HealthTests {
    /// Tests with these cutoffs.
    pub const fn new(cutoffs: Cutoffs) -> Self {
        HealthTests { cutoffs, last: None, in_a_row: 0, reference: 0, in_window: 0, window_left: 0 }
    }

    /// Takes the next sample: a byte, or a bit as 0 or 1.
    ///
    /// # Errors
    /// [`EntropyError::Stuck`] or [`EntropyError::Biased`]: the source must not be used any more.
    pub fn sample(&mut self, sample: u8) -> Result<(), EntropyError> {
        self.count_repetitions(sample)?;
        self.count_proportion(sample)
    }

    fn count_repetitions(&mut self, sample: u8) -> Result<(), EntropyError> {
        self.in_a_row = if self.last == Some(sample) { self.in_a_row + 1 } else { 1 };
        self.last = Some(sample);
        if self.in_a_row >= self.cutoffs.repetition { Err(EntropyError::Stuck) } else { Ok(()) }
    }

    fn count_proportion(&mut self, sample: u8) -> Result<(), EntropyError> {
        if self.window_left == 0 {
            self.reference = sample;
            self.in_window = 0;
            self.window_left = self.cutoffs.window;
        }
        self.window_left -= 1;
        self.in_window += u16::from(sample == self.reference);
        if self.in_window >= self.cutoffs.proportion { Err(EntropyError::Biased) } else { Ok(()) }
    }
}

/// A source of random bytes under test.
pub struct HealthTested<R> {
    source: R,
    tests: HealthTests,
    block: [u8; BLOCK],
    filled: usize,
    /// The last blocks, the newest first.
    blocks: [Option<[u8; BLOCK]>; BLOCKS],
    failure: Option<EntropyError>,
}

impl<R> fmt::Debug for HealthTested<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthTested").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl<R: TryRng> HealthTested<R> {
    /// Tests a source of uniform bytes, and throws away what it tested with.
    ///
    /// # Errors
    /// [`EntropyError`]: don't pay with this source.
    pub fn start(source: R) -> Result<Self, EntropyError> {
        let mut tested = HealthTested {
            source,
            tests: HealthTests::new(Cutoffs::BYTES),
            block: [0; BLOCK],
            filled: 0,
            blocks: [None; BLOCKS],
            failure: None,
        };
        for _ in 0..START_UP_SAMPLES / BLOCK {
            tested.try_fill_bytes(&mut [0; BLOCK])?;
        }
        Ok(tested)
    }

    fn draw(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.source.try_fill_bytes(bytes).map_err(|_| EntropyError::Source)?;
        bytes.iter().try_for_each(|byte| {
            self.tests.sample(*byte)?;
            self.append(*byte)
        })
    }

    fn append(&mut self, byte: u8) -> Result<(), EntropyError> {
        if let Some(place) = self.block.get_mut(self.filled) {
            *place = byte;
        }
        self.filled += 1;
        if self.filled < BLOCK { Ok(()) } else { self.finish_block() }
    }

    fn finish_block(&mut self) -> Result<(), EntropyError> {
        self.filled = 0;
        if self.blocks.contains(&Some(self.block)) {
            return Err(EntropyError::Repeating);
        }
        self.blocks.rotate_right(1);
        if let Some(newest) = self.blocks.first_mut() {
            *newest = Some(self.block);
        }
        Ok(())
    }
}

impl<R: TryRng> TryRng for HealthTested<R> {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let drawn = self.failure.map_or_else(|| self.draw(bytes), Err);
        if let Err(error) = drawn {
            self.failure = Some(error);
            bytes.fill(0);
        }
        drawn
    }
}

impl<R: TryCryptoRng> TryCryptoRng for HealthTested<R> {}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    /// Bytes by a rule; the source fails where the rule says `None`.
    struct Source<F>(F, usize);

    #[derive(Debug)]
    struct SourceError;

    impl fmt::Display for SourceError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("broken")
        }
    }

    impl core::error::Error for SourceError {}

    impl<F: FnMut(usize) -> Option<u8>> TryRng for Source<F> {
        type Error = SourceError;

        fn try_next_u32(&mut self) -> Result<u32, SourceError> {
            Err(SourceError)
        }

        fn try_next_u64(&mut self) -> Result<u64, SourceError> {
            Err(SourceError)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), SourceError> {
            bytes.iter_mut().try_for_each(|byte| {
                *byte = (self.0)(self.1).ok_or(SourceError)?;
                self.1 += 1;
                Ok(())
            })
        }
    }

    /// A byte of a sequence that looks random: SplitMix64.
    fn noise(index: usize) -> u8 {
        let mut z = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as u8
    }

    fn start(rule: impl FnMut(usize) -> Option<u8>) -> Result<(), EntropyError> {
        HealthTested::start(Source(rule, 0)).map(|_| ())
    }

    #[test]
    fn noise_passes_and_goes_through_unchanged() {
        let mut tested = HealthTested::start(Source(|index| Some(noise(index)), 0)).unwrap();
        let mut bytes = [0; 100_000];
        tested.try_fill_bytes(&mut bytes).unwrap();
        assert!(bytes.iter().zip(START_UP_SAMPLES..).all(|(byte, index)| *byte == noise(index)));
        assert_ne!(tested.try_next_u32(), tested.try_next_u32());
        assert_ne!(tested.try_next_u64(), tested.try_next_u64());
    }

    #[test]
    fn broken_sources_are_found_at_start() {
        use EntropyError::*;
        assert_eq!(start(|_| Some(0)), Err(Stuck));
        assert_eq!(start(|_| Some(0xff)), Err(Stuck));
        assert_eq!(start(|index| (index < 1000).then(|| noise(index))), Err(Source));
        let alternating = |index| if index % 2 == 0 { Some(0x5a) } else { Some(noise(index)) };
        assert_eq!(start(alternating), Err(Biased));
        for period in [8, 16, 24, 32, 48, 64] {
            assert_eq!(start(|index| Some(noise(index % period))), Err(Repeating), "{period}");
        }
    }

    #[test]
    fn a_source_that_breaks_later_is_never_used_again() {
        // It is stuck for a while and then recovers.
        let rule = |index| Some(if (2000..2010).contains(&index) { 7 } else { noise(index) });
        let mut tested = HealthTested::start(Source(rule, 0)).unwrap();
        let mut bytes = [1; 500];
        tested.try_fill_bytes(&mut bytes).unwrap();
        assert_eq!(tested.try_fill_bytes(&mut bytes), Err(EntropyError::Stuck));
        assert!(bytes.iter().all(|byte| *byte == 0));
        assert_eq!(tested.try_next_u64(), Err(EntropyError::Stuck));
        assert_eq!(tested.try_next_u32(), Err(EntropyError::Stuck));
    }

    #[test]
    fn raw_bits_may_be_biased_but_not_stuck() {
        let run = |rule: &dyn Fn(usize) -> bool| {
            let mut tests = HealthTests::new(Cutoffs::RAW_BITS);
            (0..100_000).try_for_each(|index| tests.sample(rule(index).into()))
        };
        // Two thirds ones hold 0.58 bits each.
        assert_eq!(run(&|index| noise(index) < 171), Ok(()));
        assert_eq!(run(&|index| noise(index) < 218), Err(EntropyError::Biased));
        assert_eq!(run(&|_| true), Err(EntropyError::Stuck));
    }

    /// 1 + ceil(40 / H), and 1 + the critical value of the binomial distribution.
    #[test]
    fn the_cutoffs_are_those_of_the_formulas() {
        for (cutoffs, entropy) in [(Cutoffs::BYTES, 8.0), (Cutoffs::RAW_BITS, 0.5)] {
            assert_eq!(f64::from(cutoffs.repetition), 1.0 + f64::ceil(40.0 / entropy));
            let probability = f64::exp2(-entropy);
            let tail = binomial_tail(cutoffs.window.into(), probability);
            let critical = tail.iter().position(|tail| *tail <= f64::exp2(-40.0)).unwrap() - 1;
            assert_eq!(usize::from(cutoffs.proportion), 1 + critical);
        }
    }

    /// The probability of so many hits or more.
    fn binomial_tail(trials: usize, probability: f64) -> Vec<f64> {
        let mut logarithm = trials as f64 * f64::ln(1.0 - probability);
        let mut terms = std::vec![f64::exp(logarithm)];
        for hits in 1..=trials {
            let odds = probability / (1.0 - probability);
            logarithm += f64::ln((trials - hits + 1) as f64 / hits as f64 * odds);
            terms.push(f64::exp(logarithm));
        }
        let mut sum = 0.0;
        for term in terms.iter_mut().rev() {
            sum += *term;
            *term = sum;
        }
        terms
    }
}
