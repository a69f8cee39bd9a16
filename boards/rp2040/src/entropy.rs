//! From noise to a generator: samples, tested, hashed to a seed.

use chacha20::ChaCha20Rng;
use embedded_x402_app::entropy::{Cutoffs, EntropyError, HealthTests};
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The samples in a seed. If 16 of them held one bit of entropy only, there would still be the 64
/// bits more than 256 that make a hash as good as random (SP 800-90B, section 3.1.5).
pub const SAMPLES: usize = (256 + 64) * 16;

/// A source of noise, one sample of one bit at a time.
pub trait NoiseSource {
    /// The next sample: taken long enough after the last to owe little to it.
    fn sample(&mut self) -> bool;
}

/// A cryptographic generator seeded from `source`: it is asked once, and never again.
///
/// # Errors
/// [`EntropyError`]: the source can't be trusted.
pub fn generator(source: &mut impl NoiseSource) -> Result<ChaCha20Rng, EntropyError> {
    Ok(ChaCha20Rng::from_seed(*seed(source)?))
}

/// 256 bits, as good as random, from [`SAMPLES`] samples of `source`.
///
/// # Errors
/// [`EntropyError`]: the source can't be trusted.
pub fn seed(source: &mut impl NoiseSource) -> Result<Zeroizing<[u8; 32]>, EntropyError> {
    let mut tests = NoiseTests::new();
    let mut conditioner = Sha256::new();
    for _ in 0..SAMPLES / 8 {
        let mut byte = 0;
        for _ in 0..8 {
            let sample = source.sample();
            tests.sample(sample)?;
            byte = byte << 1 | u8::from(sample);
        }
        conditioner.update([byte]);
    }
    Ok(Zeroizing::new(conditioner.finalize().into()))
}

/// An oscillator that locks to another one, such as the system's clock, repeats its samples. Periods
/// of up to so many samples are found.
const LONGEST_PERIOD: usize = 32;

/// The health tests of raw bits, on the samples, and on the difference of each from those before.
struct NoiseTests {
    samples: HealthTests,
    /// For the difference from the sample so far back; `[0]` is one back.
    differences: [HealthTests; LONGEST_PERIOD],
    /// The samples before, the newest in the lowest bit.
    past: u32,
    seen: usize,
}

impl NoiseTests {
    fn new() -> Self {
        NoiseTests {
            samples: HealthTests::new(Cutoffs::RAW_BITS),
            differences: [const { HealthTests::new(Cutoffs::RAW_BITS) }; LONGEST_PERIOD],
            past: 0,
            seen: 0,
        }
    }

    fn sample(&mut self, sample: bool) -> Result<(), EntropyError> {
        let sample = u8::from(sample);
        self.samples.sample(sample)?;
        for (back, tests) in self.differences.iter_mut().enumerate().take(self.seen) {
            let before = (self.past >> back & 1) as u8;
            tests.sample(sample ^ before).map_err(|_| EntropyError::Repeating)?;
        }
        self.past = self.past << 1 | u32::from(sample);
        self.seen += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    use super::*;

    /// A stand-in for noise that is the same in each run.
    struct Noise(ChaCha20Rng);

    impl Noise {
        fn new(seed: u64) -> Self {
            Noise(ChaCha20Rng::seed_from_u64(seed))
        }

        /// A sample that is true so many times in 256.
        fn biased(&mut self, ones: u8) -> bool {
            self.0.next_u32().to_le_bytes()[0] < ones
        }

        fn samples(seed: u64, count: usize) -> Vec<bool> {
            let mut noise = Noise::new(seed);
            (0..count).map(|_| noise.sample()).collect()
        }
    }

    impl NoiseSource for Noise {
        fn sample(&mut self) -> bool {
            self.biased(128)
        }
    }

    struct Samples<I>(I, usize);

    impl<I: Iterator<Item = bool>> NoiseSource for Samples<I> {
        fn sample(&mut self) -> bool {
            self.1 += 1;
            self.0.next().unwrap()
        }
    }

    fn refuses(samples: impl Iterator<Item = bool>) -> Option<EntropyError> {
        generator(&mut Samples(samples, 0)).err()
    }

    #[test]
    fn a_seed_is_the_hash_of_every_sample_in_order() {
        let samples = Noise::samples(1, SAMPLES);
        let bytes: Vec<u8> = samples
            .chunks(8)
            .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
            .collect();
        let mut source = Samples(samples.into_iter(), 0);
        assert_eq!(seed(&mut source).unwrap()[..], Sha256::digest(bytes)[..]);
        assert_eq!(source.1, SAMPLES);
    }

    #[test]
    fn other_noise_makes_another_generator() {
        let draw = |seed| generator(&mut Noise::new(seed)).unwrap().next_u64();
        let distinct: std::collections::BTreeSet<u64> = (0..50).map(draw).collect();
        assert_eq!(distinct.len(), 50);
    }

    #[test]
    fn a_source_that_is_stuck_from_the_start_or_later_makes_none() {
        assert_eq!(refuses(std::iter::repeat(false)), Some(EntropyError::Stuck));
        let half = Noise::samples(2, SAMPLES / 2).into_iter();
        assert_eq!(refuses(half.chain(std::iter::repeat(true))), Some(EntropyError::Stuck));
    }

    #[test]
    fn a_source_that_repeats_itself_makes_none() {
        for period in 2..=LONGEST_PERIOD {
            // One sample in each period differs: no shorter period explains it.
            let samples = (0..).map(|index: usize| index.is_multiple_of(period));
            assert!(refuses(samples).is_some(), "{period}");
            let noise = Noise::samples(period as u64, period);
            if noise.contains(&true) && noise.contains(&false) {
                let refusal = refuses(noise.iter().copied().cycle());
                assert_eq!(refusal, Some(EntropyError::Repeating), "{period}");
            }
        }
    }

    #[test]
    fn a_longer_period_is_beyond_these_tests() {
        let noise = Noise::samples(3, 5 * LONGEST_PERIOD);
        assert_eq!(refuses(noise.into_iter().cycle()), None);
    }

    #[test]
    fn some_bias_is_no_harm_and_a_strong_one_is() {
        for seed in 0..50 {
            let mut noise = Noise::new(seed);
            assert_eq!(refuses(std::iter::repeat_with(|| noise.biased(168))), None, "{seed}");
            assert!(refuses(std::iter::repeat_with(|| noise.biased(240))).is_some(), "{seed}");
        }
    }
}
