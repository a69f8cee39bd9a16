//! Who holds the key.
//!
//! A payment needs one signature; [`Ed25519Signer`] (Solana) and
//! [`Secp256k1Signer`] (EVM chains) are all that the client knows of where it
//! comes from. A secure element implements them with its driver;
//! [`CompactSigner`], [`DalekSigner`] and [`K256Signer`] hold the key in RAM and
//! sign in software. The second is faster than the first on every
//! microcontroller measured.
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
