//! Associated token accounts, remembered: a derivation costs two hashes and two curve tests.

use crate::solana::{ProgramAddressError, Pubkey, TokenProgram, associated_token_address};

/// The accounts derived last: the payer's own, and one payee's.
#[derive(Debug, Clone, Default)]
pub struct TokenAccounts {
    own: Option<Known>,
    payee: Option<Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    owner: Pubkey,
    mint: Pubkey,
    program: TokenProgram,
    address: Pubkey,
}

impl TokenAccounts {
    /// Remembers none yet.
    pub const fn new() -> Self {
        TokenAccounts { own: None, payee: None }
    }

    /// The account of the payer, `owner`.
    ///
    /// # Errors
    /// As [`associated_token_address`].
    pub fn own(
        &mut self,
        owner: &Pubkey,
        program: TokenProgram,
        mint: &Pubkey,
    ) -> Result<Pubkey, ProgramAddressError> {
        recall(&mut self.own, owner, program, mint)
    }

    /// The account of the payer that was asked for last.
    pub fn last_own(&self) -> Option<Pubkey> {
        self.own.map(|known| known.address)
    }

    /// The account of a payee, `owner`.
    ///
    /// # Errors
    /// As [`associated_token_address`].
    pub fn payee(
        &mut self,
        owner: &Pubkey,
        program: TokenProgram,
        mint: &Pubkey,
    ) -> Result<Pubkey, ProgramAddressError> {
        recall(&mut self.payee, owner, program, mint)
    }
}

fn recall(
    known: &mut Option<Known>,
    owner: &Pubkey,
    program: TokenProgram,
    mint: &Pubkey,
) -> Result<Pubkey, ProgramAddressError> {
    if let Some(known) = known
        && (known.owner, known.program, known.mint) == (*owner, program, *mint)
    {
        return Ok(known.address);
    }
    let address = associated_token_address(owner, program, mint)?;
    *known = Some(Known { owner: *owner, mint: *mint, program, address });
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_derived() {
        let key = |byte| Pubkey::new([byte; 32]);
        let mut accounts = TokenAccounts::new();
        for (owner, mint) in [(1, 2), (1, 2), (1, 3), (4, 3), (4, 3), (1, 2)] {
            let (owner, mint) = (key(owner), key(mint));
            for program in [TokenProgram::Token, TokenProgram::Token2022] {
                let derived = associated_token_address(&owner, program, &mint);
                assert_eq!(accounts.own(&owner, program, &mint), derived);
                assert_eq!(accounts.last_own(), derived.ok());
                assert_eq!(accounts.payee(&owner, program, &mint), derived);
            }
        }
    }
}
