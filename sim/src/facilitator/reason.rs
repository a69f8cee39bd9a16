//! Why a payment is refused: the words that go over the wire.

use std::fmt::Debug;

use crate::x402::Version;

/// What a facilitator objects to, on one kind of chain.
pub(super) trait Reason: Copy + Debug {
    /// The word for this reason in answers to clients of a version.
    fn text(self, version: Version) -> &'static str;
}

/// Why a request is refused before anybody looks at the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestFault {
    /// The request speaks neither x402 version 1 nor 2.
    UnknownVersion,
    /// A field of the requirements is missing or has another type.
    MalformedRequirements,
    /// The requirements name a network that this facilitator does not serve.
    UnsupportedNetwork,
}

impl Reason for RequestFault {
    fn text(self, _: Version) -> &'static str {
        match self {
            Self::UnknownVersion => "invalid_x402_version",
            Self::MalformedRequirements => "invalid_payment_requirements",
            Self::UnsupportedNetwork => "invalid_network",
        }
    }
}

/// Turns a condition into a check.
pub(super) trait Condition {
    /// The reason, unless the condition holds.
    fn or<R>(self, reason: R) -> Result<(), R>;
}

impl Condition for bool {
    fn or<R>(self, reason: R) -> Result<(), R> {
        if self { Ok(()) } else { Err(reason) }
    }
}
