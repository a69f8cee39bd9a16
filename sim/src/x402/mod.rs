//! What sellers and facilitators say to each other and to their clients: network names, the
//! base64 JSON of the HTTP headers, and the JSON objects of the facilitator's interface.
//!
//! This is the servers' side, written on `serde_json` and without a line of the `embedded-x402`
//! crate, so that a payment which both understand is evidence and not an echo.

pub mod header;
pub mod message;
pub mod network;
pub mod version;

pub use message::{FacilitatorRequest, SettleResponse, Supported, SupportedKind, VerifyResponse};
pub use network::{EvmNetwork, EvmToken, SolanaNetwork};
pub use version::Version;
