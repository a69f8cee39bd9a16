//! What an exchange asks for.

#[cfg(doc)]
use super::Exchange;
use crate::journal::Reservation;
use crate::policy::Offer;
#[cfg(feature = "solana")]
use crate::solana::{Pubkey, Signature};

/// What to do next, and how to tell the exchange of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<'s> {
    /// Send what [`Exchange::transmit`] gives, to the seller that [`Exchange::url`] names: on a new
    /// connection, or on the last one if [`Exchange::may_reuse_connection`].
    Transmit,
    /// Receive from the seller: [`Exchange::receive`], or [`Exchange::closed`].
    Receive,
    /// Ask for approval: [`Exchange::approve`].
    Approve(Offer<'s>),
    /// Find out who owns this mint, and its decimals: [`Exchange::mint_facts`].
    #[cfg(feature = "solana")]
    MintFacts {
        /// The mint.
        mint: Pubkey,
    },
    /// Draw random bytes: [`Exchange::entropy`].
    #[cfg(feature = "solana")]
    Entropy,
    /// Find out a recent blockhash: [`Exchange::recent_blockhash`].
    #[cfg(feature = "solana")]
    RecentBlockhash,
    /// Reserve this amount in the journal: [`Exchange::reserved`].
    Reserve(Reservation),
    /// Sign this message with the payer's key: [`Exchange::signature`].
    #[cfg(feature = "solana")]
    Sign {
        /// All of the bytes to sign.
        message: &'s [u8],
    },
    /// Verify that the fee payer signed this message: [`Exchange::verified`].
    #[cfg(feature = "solana")]
    VerifyReceipt {
        /// The public key.
        fee_payer: Pubkey,
        /// What was signed.
        message: &'s [u8],
        /// The signature.
        signature: Signature,
    },
    /// Find out what time it is: [`Exchange::time`].
    #[cfg(feature = "evm")]
    Time,
    /// Draw 32 random bytes: [`Exchange::nonce`].
    #[cfg(feature = "evm")]
    Nonce,
    /// Sign this digest with the payer's key: [`Exchange::recoverable_signature`].
    #[cfg(feature = "evm")]
    SignDigest {
        /// The EIP-712 digest of the authorization.
        digest: [u8; 32],
    },
    /// Record the signed payment in the journal: [`Exchange::recorded_payment`], and
    /// [`Exchange::recorded`].
    Record,
    /// The answer's head has been read, its body follows: [`Exchange::finish`].
    Done,
}
