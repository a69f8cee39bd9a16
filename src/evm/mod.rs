//! EVM chains: addresses, typed data, token transfers by signature: no x402 words here.
//!
//! [`TransferWithAuthorization`] says which tokens may move; [`Domain`] says on
//! which contract of which chain; the two give the 32 bytes to sign. Everything
//! is hashed field by field, so no message is ever put together in memory, and
//! nothing here talks to a network or allocates.

mod address;
mod eip3009;
mod eip712;

pub use address::{Address, AddressError, AddressText};
pub use eip712::{Domain, DomainSeparator};
pub use eip3009::TransferWithAuthorization;

#[cfg(test)]
#[cfg_attr(not(feature = "k256"), allow(dead_code, reason = "it takes a signer to sign"))]
pub(crate) mod ethers_authorizations;
#[cfg(test)]
#[cfg_attr(not(feature = "k256"), allow(dead_code, reason = "it takes a signer to sign"))]
pub(crate) mod reference_payments;
