//! The messages of x402, versions 1 and 2, by the names of the specification.
//!
//! **The no-panic contract.** Everything here reads what a stranger sent. A reader takes any bytes
//! in fragments of any size and answers with values or a `Copy` error; a value that exists is
//! well-formed, so that nothing behind it has to check again. Bytes that are not understood but
//! must be returned (an entry of `accepts`) are kept and returned as they came.

mod amount;
mod entry_capture;
mod identifier_offer;
mod network;
mod payment_payload;
mod payment_required;
mod payment_requirements;
mod reason;
mod settlement_response;
mod version;

pub use amount::{Amount, AmountError};
pub use entry_capture::Entry;
pub use network::Network;
pub use payment_payload::{
    Accepted, Authorization, PaymentIdentifier, PaymentPayload, SchemePayload,
};
pub use payment_required::{ChallengeError, PaymentRequiredReader, Source};
pub use payment_requirements::{Extra, PaymentRequirements, RequirementsError, Scheme};
pub use reason::Reason;
pub use settlement_response::{SettlementError, SettlementReader, SettlementResponse};
pub use version::ProtocolVersion;
