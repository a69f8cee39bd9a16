//! What a recorded payment is recognised by on its chain.

#[cfg(feature = "evm")]
use super::evm_payment;
#[cfg(feature = "solana")]
use super::solana_payment;
#[cfg(feature = "evm")]
use crate::evm::Address;
use crate::journal::RecordedPayment;
#[cfg(feature = "solana")]
use crate::solana::{Blockhash, Pubkey, Signature};
#[cfg(any(feature = "solana", feature = "evm"))]
use crate::wire::Network;

/// What a payment leaves on its chain if it settles.
pub(crate) enum Trace {
    #[cfg(feature = "solana")]
    Solana(SolanaTrace),
    #[cfg(feature = "evm")]
    Evm(EvmTrace),
}

/// A transaction that takes from the payer's token account, and has the payer's signature behind
/// that of the fee payer.
#[cfg(feature = "solana")]
pub(crate) struct SolanaTrace {
    pub(crate) network: Network,
    pub(crate) source: Pubkey,
    /// What decides until when it can land.
    pub(crate) recent_blockhash: Blockhash,
    pub(crate) signature: Signature,
}

/// An authorization that the token's contract has seen.
#[cfg(feature = "evm")]
pub(crate) struct EvmTrace {
    pub(crate) chain_id: u64,
    pub(crate) asset: Address,
    pub(crate) from: Address,
    pub(crate) nonce: [u8; 32],
    /// Unix seconds from which on it is void.
    pub(crate) valid_before: u64,
}

impl Trace {
    /// The trace of a recorded payment, if it is one of this build of the crate.
    pub(crate) fn of(recorded: &RecordedPayment<'_>) -> Option<Self> {
        match recorded.network {
            #[cfg(feature = "evm")]
            Network::Eip155(chain_id) => evm_payment::trace(recorded, chain_id).map(Trace::Evm),
            #[cfg(feature = "solana")]
            network if network.is_solana() => {
                solana_payment::trace(recorded.signed, network).map(Trace::Solana)
            }
            _ => None,
        }
    }
}
