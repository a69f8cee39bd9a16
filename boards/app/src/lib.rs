#![no_std]
//! The program of every board: a device that buys a resource every so often.
//!
//! [`run`] opens the journal in flash, waits for the network, pays for a URL within a policy, tells a
//! [`Console`] what it bought and what that cost, and shows its state on a [`Led`]. What differs from
//! board to board comes in by [`Device`]: network, randomness, time, wallet, flash, LED, approval and
//! console.
//!
//! ```text
//!   run ─── journal ─── network up ─┬─ ask, decide, approve, pay, read ─── wait ─┐
//!    │                              └────────────────────────────────────────────┘
//!    ├ console ── what happens, as text or by defmt
//!    ├ status_led, button ── what a person sees and presses
//!    ├ entropy ── a source of randomness that is watched
//!    ├ config, key_record, keys ── what to buy, and with whose money
//!    └ rehearsal, stack ── what a payment is made of, and what it takes
//! ```
//!
//! Nothing here knows a microcontroller or an executor.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

/// Its example is compiled as a test.
#[cfg(all(doctest, feature = "embassy-net"))]
#[doc = include_str!("../../README.md")]
mod readme {}

mod button;
pub mod config;
mod console;
pub mod emulated;
pub mod entropy;
mod journal;
pub mod key_record;
mod keys;
mod network;
mod plan;
mod purchase;
mod run;
mod status_led;
pub mod test_keys;

pub use button::Button;
#[cfg(feature = "defmt")]
pub use console::Defmt;
pub use console::{Console, Event, Pause, Text};
pub use embassy_embedded_hal::adapter::BlockingAsync;
pub use embedded_x402_rehearsal::{self as rehearsal, stack};
pub use journal::{JournalFlash, OpenJournalError};
pub use keys::{KeyTextError, Keys};
pub use network::Network;
#[cfg(feature = "embassy-net")]
pub use network::{EmbassyNetwork, Sockets};
pub use plan::Plan;
pub use purchase::{Party, Price, Purchase, Summary};
pub use run::{Device, run};
pub use status_led::{Led, NoLed, State, StatusLed};
