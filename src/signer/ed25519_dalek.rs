//! Ed25519 in software, by the crate `ed25519-dalek`.

use ::ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::{Ed25519Signer, KeyError, SignerError, key_pair::from_key_pair};

/// A key in RAM that signs with `ed25519-dalek`.
///
/// It can be neither copied nor printed, and is wiped when it is dropped.
pub struct DalekSigner {
    /// Wiped on drop by the library.
    key: SigningKey,
}

impl DalekSigner {
    /// The signer whose secret is `seed`.
    ///
    /// # Errors
    /// [`KeyError::ZeroSeed`].
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        if *seed == [0; 32] {
            return Err(KeyError::ZeroSeed);
        }
        let key = SigningKey::from_bytes(seed);
        Ok(Self { key })
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

impl Ed25519Signer for DalekSigner {
    fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let signature = self.key.try_sign(message).map_err(|_| SignerError::Failed)?;
        Ok(signature.to_bytes())
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

pub(super) fn is_signature(public_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(public_key)
        .and_then(|key| key.verify_strict(message, &signature))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use core::{fmt::Debug, mem::needs_drop};

    use static_assertions::{assert_impl_all, assert_not_impl_any};
    use zeroize::ZeroizeOnDrop;

    use super::*;

    assert_not_impl_any!(DalekSigner: Debug, Clone, Copy);
    assert_impl_all!(SigningKey: ZeroizeOnDrop);

    /// All that can be seen of the wiping without `unsafe`.
    #[test]
    fn dropping_runs_the_wipe() {
        assert!(needs_drop::<DalekSigner>());
    }
}
