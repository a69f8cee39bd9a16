//! Who holds the key.
//!
//! A payment needs one signature; [`Ed25519Signer`] (Solana) and
//! [`Secp256k1Signer`] (EVM chains) are all that the client knows of where it
//! comes from. A secure element implements them with its driver;
//! [`CompactSigner`], [`DalekSigner`] and [`K256Signer`] hold the key in RAM and
//! sign in software.
//!
//! # Which one
//!
//! | | [`CompactSigner`] | [`DalekSigner`] | [`DalekSigner`] with tables |
//! |---|---|---|---|
//! | feature | `ed25519-compact`, a default | `ed25519-dalek` | `ed25519-dalek-tables` |
//! | time to sign, on every microcontroller measured | longest | long | short: a third |
//! | flash | more, even if it is compiled for size | least | 30 KB more |
//! | take it | if few dependencies matter most | if flash is scarce | in every other case |
//!
//! On EVM chains there is [`K256Signer`]: it takes longer than either, and twice
//! the stack.
//!
//! Cargo's optimization levels matter as much as the choice. They can be set a
//! package, in the `Cargo.toml` of the firmware:
//!
//! | | ARMv6-M: RP2040 | RISC-V: ESP32-C3 |
//! |---|---|---|
//! | recommended | [`DalekSigner`] with tables | [`DalekSigner`] with tables |
//! | the program | `"s"`, `lto = "fat"` | `"s"`, `lto = "fat"` |
//! | the program, if flash is scarce | `"z"`, `lto = "fat"` | `"z"`, `lto = "fat"` |
//! | `curve25519-dalek`, `embedded-x402` | `"s"` | `2` |
//! | `ed25519-compact`, in place of it | `"z"` | `"z"` |
//! | feature of this crate | `fast-multiply` | |
//!
//! ```toml
//! [profile.release.package.ed25519-compact]
//! opt-level = "z"
//! ```
//!
//! `benches/payment-core.sh` prints the flash that a payment takes with each.
//! `ed25519-compact`'s own feature `opt_size` makes it smaller still, but takes
//! more than twice the stack: it builds its table there, for each signature.
//!
//! # Secrets
//!
//! A signer in RAM wipes its key when it is dropped and prints nothing of it.
//! Two things are out of its reach: a value that is moved leaves a copy where it
//! was, so build the signer where it stays (a `static`, the `main` task); and the
//! libraries leave intermediate values on the stack.

mod ed25519;
#[cfg(feature = "ed25519-compact")]
mod ed25519_compact;
#[cfg(feature = "ed25519-dalek")]
mod ed25519_dalek;
#[cfg(feature = "k256")]
mod k256;
#[cfg(any(feature = "ed25519-compact", feature = "ed25519-dalek"))]
mod key_pair;
mod recoverable_signature;
mod secp256k1;

#[cfg(feature = "ed25519-compact")]
pub use self::ed25519_compact::CompactSigner;
#[cfg(feature = "ed25519-dalek")]
pub use self::ed25519_dalek::DalekSigner;
#[cfg(feature = "k256")]
pub use self::k256::K256Signer;
pub use ed25519::{Ed25519Signer, KeyError, SignerError};
pub use recoverable_signature::RecoverableSignature;
pub use secp256k1::{Secp256k1KeyError, Secp256k1Signer};

#[cfg(test)]
#[cfg(any(feature = "ed25519-compact", feature = "ed25519-dalek"))]
mod ed25519_suite;
#[cfg(test)]
#[cfg(feature = "k256")]
mod secp256k1_suite;
