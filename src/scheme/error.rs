//! Why an entry can't be paid by its scheme.

use core::fmt;

#[cfg(feature = "solana")]
use crate::solana::{MessageError, ProgramAddressError};

/// Why an entry that the policy allows can't be paid: the seller's fault, or the clock's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SchemeError {
    /// `payTo` is no address on the network.
    PayTo,
    /// `asset` is no address on the network.
    Asset,
    /// The amount is unreadable.
    Amount,
    /// `payTo` is the payer itself.
    PaysItself,
    /// Solana: `extra.feePayer` is missing: nobody would pay the network's fee.
    FeePayerMissing,
    /// Solana: `extra.feePayer` is no address.
    FeePayer,
    /// Solana: `extra.memo` is longer than [`crate::sizes::MEMO`] bytes.
    MemoTooLong,
    /// Solana: a token account can't be derived.
    #[cfg(feature = "solana")]
    TokenAccount(ProgramAddressError),
    /// Solana: the transaction would be unsafe or too large.
    #[cfg(feature = "solana")]
    Message(MessageError),
    /// EVM: `extra.name` or `extra.version`, which the signature covers, is missing.
    DomainMissing,
    /// EVM: the token is to be moved in a way that this crate doesn't know.
    TransferMethod,
    /// EVM: the payment would be valid for no time at all, or beyond all time.
    Timeout,
    /// EVM: nobody knows what time it is: there is no clock, and the seller's answer has no `Date`.
    NoClock,
}

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SchemeError::PayTo => "the seller's payTo is no address",
            SchemeError::Asset => "the seller's asset is no address",
            SchemeError::Amount => "the seller's amount is unreadable",
            SchemeError::PaysItself => "the seller's payTo is the payer itself",
            SchemeError::FeePayerMissing => "the seller names no feePayer",
            SchemeError::FeePayer => "the seller's feePayer is no Solana address",
            SchemeError::MemoTooLong => "the seller's memo is longer than 256 bytes",
            #[cfg(feature = "solana")]
            SchemeError::TokenAccount(error) => return error.fmt(f),
            #[cfg(feature = "solana")]
            SchemeError::Message(error) => return error.fmt(f),
            SchemeError::DomainMissing => "the seller names no EIP-712 domain (name and version)",
            SchemeError::TransferMethod => "the seller wants another transfer method than EIP-3009",
            SchemeError::Timeout => "the seller's maxTimeoutSeconds leaves no time to pay",
            SchemeError::NoClock => "the time is unknown: give the client a clock",
        })
    }
}

impl core::error::Error for SchemeError {}
