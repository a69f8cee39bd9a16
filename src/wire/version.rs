//! What differs between the two versions of the protocol, in one place.

/// A version of x402.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ProtocolVersion {
    /// Requirements in the body of the 402, networks by short names.
    V1,
    /// Requirements in the `PAYMENT-REQUIRED` header, networks by CAIP-2 identifiers.
    V2,
}

impl ProtocolVersion {
    /// The value of `x402Version`.
    pub const fn number(self) -> u8 {
        match self {
            ProtocolVersion::V1 => 1,
            ProtocolVersion::V2 => 2,
        }
    }

    /// The version with this `x402Version`.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(ProtocolVersion::V1),
            2 => Some(ProtocolVersion::V2),
            _ => None,
        }
    }

    /// The request header that carries the payment.
    pub const fn payment_header(self) -> &'static str {
        match self {
            ProtocolVersion::V1 => "X-PAYMENT",
            ProtocolVersion::V2 => "PAYMENT-SIGNATURE",
        }
    }
}
