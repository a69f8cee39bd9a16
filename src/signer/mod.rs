//! Who holds the key.
//!
//! A payment needs one signature; [`Ed25519Signer`] is all that the client
//! knows of where it comes from. A secure element implements it with its driver;
//! [`CompactSigner`] and [`DalekSigner`] hold the key in RAM and sign in
//! software. The second is faster on every microcontroller measured.
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
#[cfg(any(feature = "ed25519-compact", feature = "ed25519-dalek"))]
mod key_pair;

#[cfg(feature = "ed25519-compact")]
pub use self::ed25519_compact::CompactSigner;
#[cfg(feature = "ed25519-dalek")]
pub use self::ed25519_dalek::DalekSigner;
pub use ed25519::{Ed25519Signer, KeyError, SignerError};

#[cfg(test)]
#[cfg(any(feature = "ed25519-compact", feature = "ed25519-dalek"))]
mod ed25519_suite;
