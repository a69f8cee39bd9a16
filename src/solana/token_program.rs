//! The two programs that can hold a token.

use super::{Pubkey, program_id};

/// The program that owns a mint, and so moves its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
// Numbered from 1, for with that a memory without accounts is zeros: RAM only, nothing in flash.
pub enum TokenProgram {
    /// SPL Token: USDC, USDT.
    Token = 1,
    /// SPL Token-2022: USDG, PYUSD.
    Token2022,
}

impl TokenProgram {
    /// The program with this address, if it is one of the two.
    pub fn from_id(id: &Pubkey) -> Option<Self> {
        match *id {
            program_id::TOKEN => Some(Self::Token),
            program_id::TOKEN_2022 => Some(Self::Token2022),
            _ => None,
        }
    }

    /// The program's address.
    pub const fn id(self) -> &'static Pubkey {
        match self {
            Self::Token => &program_id::TOKEN,
            Self::Token2022 => &program_id::TOKEN_2022,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_map_both_ways() {
        for program in [TokenProgram::Token, TokenProgram::Token2022] {
            assert_eq!(TokenProgram::from_id(program.id()), Some(program));
        }
        assert_eq!(TokenProgram::from_id(&program_id::SYSTEM), None);
    }
}
