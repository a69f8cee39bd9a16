//! Why a request over a network failed.

use core::fmt;

use embedded_io_async::ErrorKind;

use super::ConnectError;
use crate::client;
use crate::client::Doubt;
use crate::journal::JournalError;
use crate::signer::SignerError;

/// Why a request failed. [`Error::unsettled`] tells whether money may move all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The request, the seller's answer, or the policy.
    Exchange(client::Error),
    /// The host can't be reached.
    Connect(ConnectError),
    /// The connection broke.
    Transport(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] ErrorKind),
    /// The time was up: see [`Timeouts`](super::Timeouts).
    Timeout,
    /// The RPC node was of no help.
    Rpc(RpcError),
    /// The signer did not sign.
    Signer(SignerError),
    /// The source of randomness failed.
    Entropy,
    /// The journal refuses; nothing was paid.
    Journal(JournalError),
    /// A payment that was sent got no answer that holds, and has expired: by the device's reckoning,
    /// and by what a node says if one is configured, it can't settle any more. The next request pays
    /// anew.
    Expired(Fate),
    /// The body does not fit the buffer.
    BodyTooLarge {
        /// Bytes that the buffer holds.
        capacity: usize,
    },
}

/// What became of the money of a payment that expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fate {
    /// The chain says that it settled. On EVM chains it says that the authorization was used or
    /// cancelled; a client never cancels one.
    Settled,
    /// The chain proves that it did not and can't any more: its amount is free again.
    NotSettled,
    /// Nobody knows for certain: its amount is booked as spent.
    Unknown,
}

/// Why an RPC node was of no help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RpcError {
    /// None is configured, and the seller's challenge does not say what it would be asked.
    NotConfigured,
    /// Its URL is malformed.
    Url,
    /// It answered with this HTTP status.
    Status(u16),
    /// It answered with this JSON-RPC error code.
    Code(i32),
    /// Its answer can't be read.
    Answer,
    /// There is no such mint.
    NoSuchMint,
    /// The mint's owner is neither of the two token programs.
    NotATokenProgram,
}

impl Error {
    /// Whether a payment was sent that may or may not settle; then another one for the same thing
    /// could be a second one.
    pub fn unsettled(&self) -> Option<Doubt> {
        match self {
            Error::Exchange(client::Error::Unknown(doubt)) => Some(*doubt),
            _ => None,
        }
    }
}

impl Error {
    /// Whether a payment was signed and given to the seller, which may settle it until it expires,
    /// whatever the seller says: true of refusals too.
    pub fn may_still_settle(&self) -> bool {
        use client::Error::{Refused, Unknown};
        matches!(self, Error::Exchange(Refused(_) | Unknown(_)))
    }
}

impl From<client::Error> for Error {
    fn from(error: client::Error) -> Self {
        Error::Exchange(error)
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Error::Connect(error)
    }
}

impl From<RpcError> for Error {
    fn from(error: RpcError) -> Self {
        Error::Rpc(error)
    }
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        Error::Journal(error)
    }
}

impl From<SignerError> for Error {
    fn from(error: SignerError) -> Self {
        Error::Signer(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Exchange(error) => error.fmt(f),
            Error::Connect(error) => error.fmt(f),
            Error::Transport(kind) => write!(f, "the connection broke: {kind:?}"),
            Error::Timeout => f.write_str("the time was up"),
            Error::Rpc(error) => error.fmt(f),
            Error::Signer(error) => error.fmt(f),
            Error::Journal(error) => error.fmt(f),
            Error::Expired(fate) => write!(f, "the payment expired without an answer: {fate}"),
            Error::Entropy => f.write_str("the source of randomness failed"),
            Error::BodyTooLarge { capacity } => {
                write!(f, "the body does not fit the buffer of {capacity} bytes")
            }
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fate::Settled => "the chain says that it settled",
            Fate::NotSettled => "the chain says that it did not settle, nothing was spent",
            Fate::Unknown => "it is booked as spent",
        })
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RpcError::NotConfigured => f.write_str(
                "the seller supplies no blockhash (or the mint is unknown): configure an RPC node",
            ),
            RpcError::Url => f.write_str("the RPC node's URL is malformed"),
            RpcError::Status(status) => write!(f, "the RPC node answered with status {status}"),
            RpcError::Code(code) => write!(f, "the RPC node answered with error {code}"),
            RpcError::Answer => f.write_str("the RPC node's answer can't be read"),
            RpcError::NoSuchMint => f.write_str("the chain knows no such mint"),
            RpcError::NotATokenProgram => f.write_str("the mint belongs to no known token program"),
        }
    }
}

impl core::error::Error for Error {}

impl core::error::Error for RpcError {}
