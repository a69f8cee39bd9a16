//! Text and bytes in constant memory: JSON, base64, base58, hex, HTTP/1.1 framing, dates.
//!
//! No x402 words here. Every decoder takes its input one byte at a time, so that fragments of any
//! size mean the same; every encoder is asked for the next stretch of its output.
//!
//! Nothing here panics on any input: a decoder answers with a value or a small `Copy` error.

pub mod base58;
pub mod base64;
pub(crate) mod date;
pub(crate) mod decimal;
#[cfg(any(feature = "solana", feature = "evm"))]
pub(crate) mod hex;
pub mod http;
pub mod json;
pub(crate) mod pieces;
