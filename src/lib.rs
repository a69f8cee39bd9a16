#![no_std]
//! The x402 payment client for microcontrollers.

pub mod codec;
pub mod policy;
pub mod signer;
pub mod sizes;
#[cfg(feature = "solana")]
pub mod solana;
pub mod wire;
