#![no_std]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]
//! The x402 payment client for microcontrollers.

pub mod client;
pub mod codec;
#[cfg(feature = "io")]
pub mod io;
pub mod policy;
pub mod scheme;
pub mod signer;
pub mod sizes;
#[cfg(feature = "solana")]
pub mod solana;
pub mod wire;
