//! Text and bytes: no x402 words here.

pub mod base58;
pub mod hex;
