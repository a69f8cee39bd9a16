//! Text and bytes in constant memory: JSON, base64, base58, hex, HTTP/1.1 framing, dates.
//!
//! No x402 words here. Every decoder takes its input in fragments, and those of any size mean the
//! same, down to single bytes; every encoder is asked for the next stretch of its output.
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

/// Copies as much as fits; answers how many bytes.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) -> usize {
    to.iter_mut().zip(from).map(|(to, from)| *to = *from).count()
}
