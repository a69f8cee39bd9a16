#![no_std]
#![cfg_attr(all(feature = "io", feature = "flash"), doc = include_str!("../README.md"))]
//! # The layers
//!
//! ```text
//!   io ────── sockets, names, time: drives the exchange       (feature "io")
//!    └ client ── one request and its payment, without any of these
//!       ├ journal ─ payments in flight, money spent
//!       ├ policy ── what may be paid, to whom, how much
//!       ├ scheme ── requirements + payer + chain facts -> transaction
//!       │   ├ solana ── keys, accounts, messages: no x402     (feature "solana")
//!       │   └ evm ───── addresses, EIP-712, EIP-3009: no x402 (feature "evm")
//!       ├ signer ── who holds the key
//!       └ wire ──── the messages of x402, versions 1 and 2
//!          └ codec ── JSON, base64, base58, HTTP/1.1, byte by byte
//! ```
//!
//! A 402 comes in at [`io`], byte by byte through [`client::Exchange`], [`codec`] and [`wire`], which
//! keep one entry of `accepts`; [`policy`] says whether it may be paid, [`scheme`] and [`solana`]
//! build the transaction in the memory of another entry (or `evm` an authorization), [`signer`] signs
//! it, and [`wire`] writes the payload straight into the connection. No arrow points back: nothing
//! below [`io`] knows a socket, a clock, or a random number generator.
//!
//! # Features
#![doc = document_features::document_features!()]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]
#![cfg_attr(
    not(any(feature = "solana", feature = "evm")),
    allow(dead_code, unused_variables, unreachable_code, reason = "there is no chain to pay on")
)]

#[macro_use]
mod fmt;

pub mod client;
pub mod codec;
#[cfg(feature = "evm")]
pub mod evm;
#[cfg(feature = "fast-multiply")]
pub mod fast_multiply;
#[cfg(feature = "io")]
pub mod io;
pub mod journal;
pub mod policy;
pub mod scheme;
pub mod signer;
pub mod sizes;
#[cfg(feature = "solana")]
pub mod solana;
pub mod wire;
