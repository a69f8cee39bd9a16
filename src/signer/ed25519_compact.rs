//! Ed25519 in software, by the crate `ed25519-compact`.

use ::ed25519_compact::{KeyPair, PublicKey, Seed, Signature};

use super::{Ed25519Signer, KeyError, SignerError, key_pair::from_key_pair};

/// A key in RAM that signs with `ed25519-compact`.
///
/// It can be neither copied nor printed, and is wiped when it is dropped.
pub struct CompactSigner {
    /// The library wipes the secret half on drop, but derives `Debug` for it.
    key_pair: KeyPair,
}

impl CompactSigner {
    /// The signer whose secret is `seed`.
    ///
    /// # Errors
    /// [`KeyError::ZeroSeed`].
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key_pair = KeyPair::try_from_seed(Seed::new(*seed)).map_err(|_| KeyError::ZeroSeed)?;
        Ok(Self { key_pair })
    }

    /// The signer of a key file of `solana-keygen`: secret seed, then public key.
    ///
    /// # Errors
    /// [`KeyError::PublicKeyMismatch`] if the halves do not belong together, and
    /// as [`Self::from_seed`].
    pub fn from_key_pair(key_pair: &[u8; 64]) -> Result<Self, KeyError> {
        from_key_pair(key_pair, Self::from_seed)
    }
}

impl Ed25519Signer for CompactSigner {
    fn public_key(&self) -> [u8; 32] {
        *self.key_pair.pk
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let without_noise = None;
        Ok(*self.key_pair.sk.sign(message, without_noise))
    }

    async fn verify(
        &mut self,
        public_key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<bool, SignerError> {
        let public_key = PublicKey::new(*public_key);
        Ok(public_key.verify(message, &Signature::new(*signature)).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use core::{fmt::Debug, mem::needs_drop};

    use ::ed25519_compact::SecretKey;
    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(CompactSigner: Debug, Clone, Copy);

    /// All that can be seen of the wiping without `unsafe`.
    #[test]
    fn dropping_runs_the_wipe() {
        assert!(needs_drop::<SecretKey>() && needs_drop::<CompactSigner>());
    }
}
