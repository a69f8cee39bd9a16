//! Ed25519 in software, with the arithmetic of `curve25519-dalek` and a comb in RAM instead of tables in flash.

use ::ed25519_dalek::{Signature, hazmat::ExpandedSecretKey};
use curve25519_dalek::{Scalar, digest::Digest as _};
use sha2::Sha512;
use zeroize::Zeroizing;

use super::{
    BasepointComb, Ed25519Signer, KeyError, SignerError, ed25519_dalek::is_signature,
    key_pair::from_key_pair,
};

/// A key in RAM that signs with the multiples of a [`BasepointComb`].
///
/// It can be neither copied nor printed, and is wiped when it is dropped.
///
/// The multiples stay in RAM. If something overwrites them, signatures are wrong, and wrong signatures give the
/// key away: let a linker put the stack below the statics (`flip-link`), or have the client verify what it
/// signs (`Client::verifying_signatures`).
///
/// ```
/// # use embedded_x402::signer::KeyError;
/// use embedded_x402::signer::{CombMemory, CombSigner};
/// use static_cell::ConstStaticCell;
///
/// # fn open(seed: &[u8; 32]) -> Result<(), KeyError> {
/// static MEMORY: ConstStaticCell<CombMemory> = ConstStaticCell::new(CombMemory::new());
/// let comb = MEMORY.take().fill();
/// let signer = CombSigner::from_seed(seed, comb)?;
/// # Ok(())
/// # }
/// ```
pub struct CombSigner<'c> {
    /// Wiped on drop by the library.
    key: ExpandedSecretKey,
    public_key: [u8; 32],
    comb: BasepointComb<'c>,
}

impl<'c> CombSigner<'c> {
    /// The signer whose secret is `seed`.
    ///
    /// # Errors
    /// [`KeyError::ZeroSeed`].
    pub fn from_seed(seed: &[u8; 32], comb: BasepointComb<'c>) -> Result<Self, KeyError> {
        if *seed == [0; 32] {
            return Err(KeyError::ZeroSeed);
        }
        let expanded = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed)));
        let key = ExpandedSecretKey::from_bytes(&expanded);
        let public_key = comb.multiply(&key.scalar).compress().to_bytes();
        Ok(Self { key, public_key, comb })
    }

    /// The signer of a key file of `solana-keygen`: secret seed, then public key. Unlike
    /// [`Self::from_seed`] it notices a comb that was overwritten.
    ///
    /// # Errors
    /// [`KeyError::PublicKeyMismatch`] if the halves do not belong together, and
    /// as [`Self::from_seed`].
    pub fn from_key_pair(key_pair: &[u8; 64], comb: BasepointComb<'c>) -> Result<Self, KeyError> {
        from_key_pair(key_pair, |seed| Self::from_seed(seed, comb))
    }

    /// RFC 8032, section 5.1.6.
    fn signature(&self, message: &[u8]) -> Signature {
        let nonce = Zeroizing::new(hash(&[&self.key.hash_prefix, message]));
        let commitment = self.comb.multiply(&nonce).compress().to_bytes();
        let challenge = hash(&[&commitment, &self.public_key, message]);
        let response = challenge * self.key.scalar + *nonce;
        Signature::from_components(commitment, response.to_bytes())
    }
}

impl Ed25519Signer for CombSigner<'_> {
    fn public_key(&self) -> [u8; 32] {
        self.public_key
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        Ok(self.signature(message).to_bytes())
    }

    async fn verify(
        &mut self,
        public_key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<bool, SignerError> {
        Ok(is_signature(public_key, message, signature))
    }
}

fn hash(parts: &[&[u8]]) -> Scalar {
    let mut hasher = Sha512::new();
    parts.iter().for_each(|part| hasher.update(part));
    Scalar::from_hash(hasher)
}

#[cfg(test)]
mod tests {
    use core::{fmt::Debug, mem::needs_drop};

    use static_assertions::{assert_impl_all, assert_not_impl_any};
    use zeroize::ZeroizeOnDrop;

    use super::*;

    assert_not_impl_any!(CombSigner<'static>: Debug, Clone, Copy);
    assert_impl_all!(ExpandedSecretKey: ZeroizeOnDrop);

    /// All that can be seen of the wiping without `unsafe`.
    #[test]
    fn dropping_runs_the_wipe() {
        assert!(needs_drop::<CombSigner<'static>>());
    }
}
