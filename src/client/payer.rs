//! Whose money it is.

#[cfg(feature = "evm")]
use crate::evm::Address;
#[cfg(feature = "solana")]
use crate::solana::Pubkey;

/// Who pays, by network.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Payer {
    /// The wallet on Solana; without one, entries on Solana are skipped.
    #[cfg(feature = "solana")]
    pub solana: Option<Pubkey>,
    /// The wallet on EVM chains; without one, entries on EVM chains are skipped.
    #[cfg(feature = "evm")]
    pub evm: Option<Address>,
}

impl Payer {
    /// Pays on Solana only.
    #[cfg(feature = "solana")]
    pub const fn solana(wallet: Pubkey) -> Self {
        Payer {
            solana: Some(wallet),
            #[cfg(feature = "evm")]
            evm: None,
        }
    }

    /// Pays on EVM chains only.
    #[cfg(feature = "evm")]
    pub const fn evm(wallet: Address) -> Self {
        Payer {
            #[cfg(feature = "solana")]
            solana: None,
            evm: Some(wallet),
        }
    }
}
