//! The Ed25519 signer that the client pays with, whatever is behind it.
//!
//! Source: RFC 8032.

use core::fmt;

/// Signs with one Ed25519 key, in software or in a chip that keeps the key.
///
/// # Cancellation
/// Dropping the future of `sign` or `verify` gives the operation up; the signer
/// must be usable afterwards.
#[expect(
    async_fn_in_trait,
    reason = "executors of microcontrollers run on one core and ask for no Send"
)]
pub trait Ed25519Signer {
    /// The public key. It never changes during the signer's life.
    fn public_key(&self) -> [u8; 32];

    /// Signs `message` as RFC 8032 has it: the same message gives the same
    /// signature each time.
    ///
    /// # Errors
    /// [`SignerError`]; then no signature has left the signer.
    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError>;

    /// Whether `signature` is `public_key`'s for `message`. Says no to keys and
    /// signatures that are malformed, of small order or not canonical.
    ///
    /// # Errors
    /// [`SignerError`] if there is no answer.
    async fn verify(
        &mut self,
        public_key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<bool, SignerError>;
}

impl<S: Ed25519Signer + ?Sized> Ed25519Signer for &mut S {
    fn public_key(&self) -> [u8; 32] {
        S::public_key(self)
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        S::sign(self, message).await
    }

    async fn verify(
        &mut self,
        public_key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<bool, SignerError> {
        S::verify(self, public_key, message, signature).await
    }
}

/// Why a signer gave no answer. A software signer always gives one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SignerError {
    /// The device that holds the key does not answer: try again later.
    Unavailable,
    /// The device, or the person before it, says no.
    Refused,
    /// The device answers with a fault, or with something that is no signature.
    Failed,
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the signer does not answer",
            Self::Refused => "the signer refused to sign",
            Self::Failed => "the signer failed",
        })
    }
}

impl core::error::Error for SignerError {}

/// Why bytes are not taken as a secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum KeyError {
    /// The seed is all zeros: storage that was never written, not a key.
    ZeroSeed,
    /// The public half of the key pair is not the secret half's.
    PublicKeyMismatch,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ZeroSeed => "the secret seed is all zeros",
            Self::PublicKeyMismatch => "the public key does not belong to the secret seed",
        })
    }
}

impl core::error::Error for KeyError {}
