//! What became of a request, and of the money.

use core::fmt;

use super::head::ResponseError;
use super::request::RequestError;
use crate::policy::Refusal;
use crate::scheme::SchemeError;
use crate::wire::{ChallengeError, Reason, SettlementError, SettlementResponse};

/// What became of the money, when the seller gave an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// Nothing was paid: the seller asked for nothing.
    NotPaid,
    /// The payment settled: the seller's receipt says so, and agrees with what was signed.
    Settled(SettlementResponse),
    /// A payment was sent, and may or may not settle.
    Unknown(Doubt),
}

/// Why it is unknown whether a payment settles. The signed payment stays valid until it expires:
/// another payment for the same thing before that could be a second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Doubt {
    /// No answer came: the connection broke, or the time was up.
    NoAnswer,
    /// The answer can't be read.
    Answer(ResponseError),
    /// The answer has this status and no receipt.
    NoReceipt {
        /// The status code.
        status: u16,
    },
    /// The receipt can't be read.
    Receipt(SettlementError),
    /// The receipt says that the payment failed, after the seller delivered, or after a transaction
    /// was sent, or without saying that nothing can settle any more.
    Failed(Reason),
    /// The receipt is about another network than the one paid on.
    OtherNetwork,
    /// The receipt is about another payer.
    OtherPayer,
    /// The receipt is about another amount.
    OtherAmount,
    /// The receipt could not be verified, for the signer that verifies failed.
    Unverified,
    /// The receipt's transaction is not the one that was signed: on Solana its id is not the fee
    /// payer's signature over it, on EVM chains it is no transaction's hash.
    OtherTransaction,
}

/// Why a request failed. Who must act is visible in the variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The integrator: the request can't be made.
    Request(RequestError),
    /// The seller: its answer can't be read. Nothing was paid.
    Response(ResponseError),
    /// The seller: its 402 carries no challenge that can be read. Nothing was paid.
    Challenge(ChallengeError),
    /// The policy: no entry is acceptable; this is why the nearest one is not. Nothing was paid.
    Policy(Refusal),
    /// The seller: an entry that the policy allows can't be paid. Nothing was paid.
    Scheme(SchemeError),
    /// The seller: it refused the payment before settling it, for this reason. That is its word: the
    /// signed payment stays valid until it expires (Solana: 60 to 90 seconds; EVM: as long as the
    /// seller's `maxTimeoutSeconds` and the policy's rule allow), and a seller that lies can settle
    /// it. Each payment that is made anew can cost its price.
    Refused(Reason),
    /// Nobody knows: a payment was sent, and may or may not settle.
    Unknown(Doubt),
    /// The integrator: the client was driven in another order than it asked for.
    OutOfOrder,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::NoAnswer => f.write_str("no answer came"),
            Doubt::Answer(error) => error.fmt(f),
            Doubt::NoReceipt { status } => write!(f, "status {status} without a receipt"),
            Doubt::Receipt(error) => error.fmt(f),
            Doubt::Failed(reason) => write!(f, "the seller reports {reason}"),
            Doubt::OtherNetwork => f.write_str("the receipt is about another network"),
            Doubt::OtherPayer => f.write_str("the receipt is about another payer"),
            Doubt::OtherAmount => f.write_str("the receipt is about another amount"),
            Doubt::Unverified => f.write_str("the receipt could not be verified"),
            Doubt::OtherTransaction => f.write_str("the receipt is about another transaction"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Request(error) => error.fmt(f),
            Error::Response(error) => error.fmt(f),
            Error::Challenge(error) => error.fmt(f),
            Error::Policy(refusal) => write!(f, "not paid: {refusal}"),
            Error::Scheme(error) => write!(f, "not paid: {error}"),
            Error::Refused(reason) => write!(f, "the seller refused the payment: {reason}"),
            Error::Unknown(doubt) => {
                write!(f, "paid or not, that is unknown ({doubt}): do not pay again before expiry")
            }
            Error::OutOfOrder => f.write_str("the client was driven out of order"),
        }
    }
}

impl core::error::Error for Error {}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Error::Request(error)
    }
}

impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Self {
        Error::Response(error)
    }
}

impl From<ChallengeError> for Error {
    fn from(error: ChallengeError) -> Self {
        Error::Challenge(error)
    }
}
