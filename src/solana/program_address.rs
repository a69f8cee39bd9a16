//! Addresses that a program signs for: hashes that are no point of the curve.
//!
//! The address is SHA-256(seeds ‖ bump ‖ program id ‖ "ProgramDerivedAddress")
//! for the first bump from 255 down whose hash is off the curve, so that nobody
//! can hold its secret key.
//!
//! Source: <https://solana.com/docs/core/pda>.

use core::fmt;

use sha2::{Digest, Sha256};

use super::{Pubkey, is_on_curve};

/// Seeds that a derivation takes at most, the bump included.
const MAX_SEEDS: usize = 16;
/// Bytes that a seed has at most.
const MAX_SEED_LEN: usize = 32;

const MARKER: &[u8] = b"ProgramDerivedAddress";

/// The address that `program_id` derives from `seeds`, and its bump.
///
/// # Errors
/// More or longer seeds than the runtime takes; or, with a chance of 2⁻²⁵⁶, no
/// bump that leaves the curve.
pub fn find_program_address(
    seeds: &[&[u8]],
    program_id: &Pubkey,
) -> Result<(Pubkey, u8), ProgramAddressError> {
    let hasher = hash_seeds(seeds)?;
    (0..=u8::MAX)
        .rev()
        .map(|bump| (finish(&hasher, bump, program_id), bump))
        .find(|(address, _)| !is_on_curve(address.as_bytes()))
        .ok_or(ProgramAddressError::NoViableBump)
}

fn hash_seeds(seeds: &[&[u8]]) -> Result<Sha256, ProgramAddressError> {
    if seeds.len() >= MAX_SEEDS {
        return Err(ProgramAddressError::TooManySeeds);
    }
    if seeds.iter().any(|seed| seed.len() > MAX_SEED_LEN) {
        return Err(ProgramAddressError::SeedTooLong);
    }
    let mut hasher = Sha256::new();
    seeds.iter().for_each(|seed| hasher.update(seed));
    Ok(hasher)
}

fn finish(seeds: &Sha256, bump: u8, program_id: &Pubkey) -> Pubkey {
    let mut hasher = seeds.clone();
    hasher.update([bump]);
    hasher.update(program_id.as_bytes());
    hasher.update(MARKER);
    Pubkey::new(hasher.finalize().into())
}

/// Why there is no address for these seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProgramAddressError {
    /// More than 15 seeds beside the bump.
    TooManySeeds,
    /// A seed of more than 32 bytes.
    SeedTooLong,
    /// All 256 candidates are points of the curve.
    NoViableBump,
}

impl fmt::Display for ProgramAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManySeeds => "a program address takes at most 15 seeds beside the bump",
            Self::SeedTooLong => "a seed of a program address has at most 32 bytes",
            Self::NoViableBump => "every candidate for the program address is on the curve",
        })
    }
}

impl core::error::Error for ProgramAddressError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::program_id;

    #[test]
    fn example_of_the_solana_documentation() {
        let address = Pubkey::from_base58("46GZzzetjCURsdFPb7rcnspbEMnCBXe9kpjrsZAkKb6X").unwrap();
        assert_eq!(find_program_address(&[b"helloWorld"], &program_id::SYSTEM), Ok((address, 254)));
    }

    #[test]
    fn takes_as_many_seeds_as_the_runtime() {
        let seed = [7; MAX_SEED_LEN];
        for count in 0..MAX_SEEDS {
            let seeds = [seed.as_slice(); MAX_SEEDS];
            let (address, _) = find_program_address(&seeds[..count], &program_id::TOKEN).unwrap();
            assert!(!is_on_curve(address.as_bytes()));
        }
    }

    #[test]
    fn refuses_what_the_runtime_refuses() {
        let too_many = [b"".as_slice(); MAX_SEEDS];
        assert_eq!(
            find_program_address(&too_many, &program_id::TOKEN),
            Err(ProgramAddressError::TooManySeeds)
        );
        let too_long = [0; MAX_SEED_LEN + 1];
        assert_eq!(
            find_program_address(&[&too_long], &program_id::TOKEN),
            Err(ProgramAddressError::SeedTooLong)
        );
    }
}
