#![no_std]
//! The x402 payment client for microcontrollers.

pub mod codec;
pub mod signer;
#[cfg(feature = "solana")]
pub mod solana;
