//! Where a wallet keeps its tokens of one mint.
//!
//! Source: <https://spl.solana.com/associated-token-account>.

use super::{ProgramAddressError, Pubkey, TokenProgram, find_program_address, program_id};

/// The account that holds `owner`'s tokens of `mint`.
///
/// `token_program` must be the owner of the mint: the same mint under the other
/// program gives an address that exists nowhere. Costs, on average, two SHA-256
/// and two curve tests; worth keeping, since it never changes.
///
/// # Errors
/// [`ProgramAddressError::NoViableBump`], with a chance of 2⁻²⁵⁶.
pub fn associated_token_address(
    owner: &Pubkey,
    token_program: TokenProgram,
    mint: &Pubkey,
) -> Result<Pubkey, ProgramAddressError> {
    let seeds = [owner, token_program.id(), mint].map(|key| key.as_bytes().as_slice());
    let (address, _bump) = find_program_address(&seeds, &program_id::ASSOCIATED_TOKEN)?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::edwards::CompressedEdwardsY;
    use sha2::{Digest, Sha256};

    use super::*;

    fn key(text: &str) -> Pubkey {
        Pubkey::from_base58(text).unwrap()
    }

    #[test]
    fn accounts_of_the_reference_payments() {
        let mint = key("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU");
        let payer = key("7HSMRpFpC39Bymkw3B1y86ys41xWC93N9ygSeYKxeuMD");
        let pay_to = key("4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt");
        let of = |owner| associated_token_address(owner, TokenProgram::Token, &mint);
        assert_eq!(of(&payer), Ok(key("73e4rXAkYDxXh1avAg4i4xejUis7ewupprPjt8ToE5TE")));
        assert_eq!(of(&pay_to), Ok(key("92st53fjoenyUfMrREPoDPao5ATFfEYZvzBMhHNtPrzf")));
    }

    /// The definition, with curve25519-dalek's decompression as the test.
    fn reference(owner: &Pubkey, token_program: &Pubkey, mint: &Pubkey) -> Pubkey {
        let candidate = |bump: u8| -> [u8; 32] {
            let mut hasher = Sha256::new();
            hasher.update(owner.as_bytes());
            hasher.update(token_program.as_bytes());
            hasher.update(mint.as_bytes());
            hasher.update([bump]);
            hasher.update(program_id::ASSOCIATED_TOKEN.as_bytes());
            hasher.update("ProgramDerivedAddress");
            hasher.finalize().into()
        };
        let off_curve = |bytes: &[u8; 32]| CompressedEdwardsY(*bytes).decompress().is_none();
        let bytes = (0..=255).rev().map(candidate).find(off_curve);
        Pubkey::new(bytes.unwrap())
    }

    #[test]
    fn four_thousand_accounts_agree_with_the_definition() {
        for i in 0..2_000u32 {
            let owner = Pubkey::new(Sha256::digest(i.to_le_bytes()).into());
            let mint = Pubkey::new(Sha256::digest(i.to_be_bytes()).into());
            for program in [TokenProgram::Token, TokenProgram::Token2022] {
                let expected = reference(&owner, program.id(), &mint);
                let address = associated_token_address(&owner, program, &mint);
                assert_eq!(address, Ok(expected), "{owner} {mint} {program:?}");
            }
        }
    }
}
