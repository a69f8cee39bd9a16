//! secp256k1 in software, by the crate `k256`.

use ::k256::{
    ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey},
    elliptic_curve::point::AffineCoordinates as _,
};

use super::{RecoverableSignature, Secp256k1KeyError, Secp256k1Signer, SignerError};

/// A key in RAM that signs with `k256`.
///
/// It can be neither copied nor printed, and is wiped when it is dropped. The
/// same digest gives the same signature each time (RFC 6979).
pub struct K256Signer {
    /// The library wipes the secret scalar on drop.
    key: SigningKey,
}

impl K256Signer {
    /// The signer whose secret key is this number, big-endian.
    ///
    /// # Errors
    /// [`Secp256k1KeyError`] unless the number is from 1 to the order of the
    /// curve less 1.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Secp256k1KeyError> {
        if *bytes == [0; 32] {
            return Err(Secp256k1KeyError::Zero);
        }
        let key = SigningKey::from_slice(bytes).map_err(|_| Secp256k1KeyError::NotBelowOrder)?;
        Ok(Self { key })
    }
}

impl Secp256k1Signer for K256Signer {
    fn public_key(&self) -> [u8; 64] {
        coordinates(self.key.verifying_key())
    }

    async fn sign_prehash(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, SignerError> {
        let (signature, recovery_id) = self.key.sign_prehash_recoverable(digest);
        if recovery_id.is_x_reduced() {
            return Err(SignerError::Failed);
        }
        RecoverableSignature::new(&signature.to_bytes().into(), recovery_id.is_y_odd())
    }
}

impl RecoverableSignature {
    /// Completes a signature of `digest` that came without a recovery id: for
    /// secure elements. It takes r and s, 32 bytes each, big-endian, and the
    /// public key in the form of [`Secp256k1Signer::public_key`].
    ///
    /// It recovers a public key once or twice, which is work of the same order as
    /// signing in software.
    ///
    /// # Errors
    /// [`SignerError::Failed`] if it is not this key's signature of `digest`.
    pub fn find(
        public_key: &[u8; 64],
        digest: &[u8; 32],
        r_s: &[u8; 64],
    ) -> Result<Self, SignerError> {
        for y_is_odd in [false, true] {
            let signature = Self::new(r_s, y_is_odd)?;
            if signature.is_by(public_key, digest) {
                return Ok(signature);
            }
        }
        Err(SignerError::Failed)
    }

    /// Whether it is the signature of `digest` by this public key, which has the form of
    /// [`Secp256k1Signer::public_key`]. It recovers a public key.
    #[inline(never)] // Its frame is large: not a part of that of who asks, signs and sends.
    pub fn is_by(&self, public_key: &[u8; 64], digest: &[u8; 32]) -> bool {
        let [r_s @ .., v] = self.as_bytes();
        let recovery_id = RecoveryId::new(*v == 28, false);
        Signature::from_slice(r_s)
            .and_then(|r_s| VerifyingKey::recover_from_prehash(digest, &r_s, recovery_id))
            .is_ok_and(|key| coordinates(&key) == *public_key)
    }
}

/// x, then y.
fn coordinates(key: &VerifyingKey) -> [u8; 64] {
    let point = key.as_affine();
    let (x, y) = (point.x(), point.y());
    let mut bytes = [0; 64];
    let numbers = x.iter().chain(&y);
    bytes.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = *number);
    bytes
}

#[cfg(test)]
mod tests {
    use core::{fmt::Debug, mem::needs_drop};

    use static_assertions::{assert_impl_all, assert_not_impl_any};
    use zeroize::ZeroizeOnDrop;

    use super::*;

    assert_not_impl_any!(K256Signer: Debug, Clone, Copy);
    assert_impl_all!(SigningKey: ZeroizeOnDrop);

    /// All that can be seen of the wiping without `unsafe`.
    #[test]
    fn dropping_runs_the_wipe() {
        assert!(needs_drop::<K256Signer>());
    }
}
