//! The two generations of the protocol.

use serde::{Deserialize, Serialize};

/// The generation of x402 that a route or a request speaks.
///
/// It is written as the bare number 1 or 2, in messages and in configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Version {
    /// Requirements in the body, payment in `X-PAYMENT`.
    V1,
    /// Requirements in the `PAYMENT-REQUIRED` header, payment in `PAYMENT-SIGNATURE`.
    V2,
}

/// A version number that no server here speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x402 version {0} is unknown: 1 and 2 are")]
pub struct UnknownVersion(pub u8);

impl TryFrom<u8> for Version {
    type Error = UnknownVersion;

    fn try_from(number: u8) -> Result<Self, UnknownVersion> {
        match number {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            other => Err(UnknownVersion(other)),
        }
    }
}

impl From<Version> for u8 {
    fn from(version: Version) -> Self {
        match version {
            Version::V1 => 1,
            Version::V2 => 2,
        }
    }
}
