//! Assets: which token, on which network, and how it is moved.

use crate::codec::json::JsonStr;
use crate::wire::Network;

/// A token on a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Asset<'a> {
    /// The network.
    pub network: Network,
    /// The mint (Solana, base58) or contract (EVM, hexadecimal).
    pub address: &'a str,
    /// What people call it; empty if unknown.
    pub symbol: &'a str,
    /// How the token is moved, where that is known; else it is asked of an RPC node.
    pub standard: Option<TokenStandard>,
}

/// How a token is moved, and the decimals that its amounts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TokenStandard {
    /// The SPL Token program.
    SplToken {
        /// Decimals of the mint.
        decimals: u8,
    },
    /// The SPL Token-2022 program.
    SplToken2022 {
        /// Decimals of the mint.
        decimals: u8,
    },
    /// An ERC-20 contract that takes authorizations of EIP-3009.
    Eip3009 {
        /// Decimals of the contract.
        decimals: u8,
    },
}

impl<'a> Asset<'a> {
    /// A token that is not among the [known ones](super::assets): on Solana its decimals and token
    /// program are asked of an RPC node, unless [`with_standard`](Self::with_standard) gives them.
    ///
    /// A Solana transaction names no network: the blockhash in it, which the seller or an RPC node
    /// supplies, decides where it is valid. A mint that exists on two networks (wrapped SOL does)
    /// could be paid on the other one: use one key for each network.
    pub const fn new(network: Network, address: &'a str) -> Self {
        Asset { network, address, symbol: "", standard: None }
    }

    /// Gives the token's standard, so that no RPC node is asked for it.
    #[must_use]
    pub const fn with_standard(self, standard: TokenStandard) -> Self {
        Asset { standard: Some(standard), ..self }
    }

    /// Whether it is the same token on the same network, whatever it is called.
    pub fn is_same(&self, other: &Asset<'_>) -> bool {
        let address = JsonStr::from_raw(self.address);
        self.network == other.network && self.network.same_address(address, other.address)
    }

    pub(super) const fn known(
        network: Network,
        symbol: &'a str,
        address: &'a str,
        standard: TokenStandard,
    ) -> Self {
        Asset { network, address, symbol, standard: Some(standard) }
    }
}
