//! The secp256k1 signer that pays on EVM chains, whatever is behind it.
//!
//! Source: SEC 1 and SEC 2; RFC 6979; Ethereum's yellow paper, appendix F.

use core::fmt;

use super::{RecoverableSignature, SignerError};

/// Signs with one secp256k1 key, in software or in a chip that keeps the key.
///
/// # What an implementation must see to
/// [`RecoverableSignature`] takes `r`, `s` and one bit more, and puts `s` into the
/// half that contracts accept. libsecp256k1 gives the bit with its recoverable
/// signatures. Most secure elements don't: with the feature `k256`,
/// [`RecoverableSignature::find`] works it out from the public key, and without
/// it any library that recovers public keys can.
///
/// A chip draws its own random number for each signature: two signatures of one
/// digest then differ, and are both good.
///
/// # Cancellation
/// Dropping the future of `sign_prehash` gives the operation up; the signer must
/// be usable afterwards.
#[expect(
    async_fn_in_trait,
    reason = "executors of microcontrollers run on one core and ask for no Send"
)]
pub trait Secp256k1Signer {
    /// The public key, not compressed: x, then y, 32 bytes each, big-endian. It
    /// never changes during the signer's life.
    fn public_key(&self) -> [u8; 64];

    /// Signs a digest as it is, without hashing it again.
    ///
    /// # Errors
    /// [`SignerError`]; then no signature has left the signer.
    async fn sign_prehash(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, SignerError>;

    /// Whether `signature` is this key's for `digest`.
    ///
    /// With the feature `k256` this is work of the same order as signing in software. Without it the
    /// provided method has no answer: implement it by what can recover public keys.
    ///
    /// # Errors
    /// [`SignerError`] if there is no answer.
    async fn verify_prehash(
        &mut self,
        digest: &[u8; 32],
        signature: &RecoverableSignature,
    ) -> Result<bool, SignerError> {
        #[cfg(feature = "k256")]
        return Ok(signature.is_by(&self.public_key(), digest));
        #[cfg(not(feature = "k256"))]
        {
            let _ = (digest, signature);
            Err(SignerError::Unavailable)
        }
    }
}

impl<S: Secp256k1Signer + ?Sized> Secp256k1Signer for &mut S {
    fn public_key(&self) -> [u8; 64] {
        S::public_key(self)
    }

    async fn sign_prehash(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, SignerError> {
        S::sign_prehash(self, digest).await
    }

    async fn verify_prehash(
        &mut self,
        digest: &[u8; 32],
        signature: &RecoverableSignature,
    ) -> Result<bool, SignerError> {
        S::verify_prehash(self, digest, signature).await
    }
}

/// Why 32 bytes are not taken as a secret key of secp256k1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Secp256k1KeyError {
    /// They are all zeros: storage that was never written, not a key.
    Zero,
    /// They stand for a number that is not below the order of the curve: erased
    /// flash, all ones, is one.
    NotBelowOrder,
}

impl fmt::Display for Secp256k1KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zero => "the secret key is all zeros",
            Self::NotBelowOrder => "the secret key is a number too large for secp256k1",
        })
    }
}

impl core::error::Error for Secp256k1KeyError {}
