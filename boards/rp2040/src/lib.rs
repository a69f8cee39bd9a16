//! What the RP2040 boards share: their start, entropy, the console, the memory map, and what
//! is where in flash.
//!
//! The chip has no random number generator, only the jitter of its ring oscillator:
//!
//! ```text
//! oscillator --one bit every 10 µs--> health tests --> SHA-256 --> ChaCha20 generator
//! ```
//!
//! This takes about a fifth of a second at start, and only then. Its limits:
//!
//! - how much entropy is in a sample was not measured on your board. The tests hold the oscillator
//!   to half a bit, and [`SAMPLES`](entropy::SAMPLES) would do with a sixteenth;
//! - the tests find a source that is stuck, biased or periodic, not one that somebody controls by
//!   heat, voltage or radio: the datasheet says itself that it is not for security systems;
//! - there is no reseeding.
//!
//! A payment takes its memo or nonce from it, which need to be different each time, no more than
//! that. A TLS connection would take its secrecy from it.
#![cfg_attr(not(test), no_std)]

#[cfg(feature = "embassy-rp")]
mod approval;
#[cfg(feature = "embassy-rp")]
mod board;
#[cfg(feature = "embassy-rp")]
pub mod console;
pub mod entropy;
#[cfg(feature = "embassy-rp")]
pub mod flash;
#[cfg(feature = "embassy-rp")]
pub mod rosc;

#[cfg(feature = "embassy-rp")]
pub use board::{Board, Wiring};
