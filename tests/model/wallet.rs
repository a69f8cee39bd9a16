//! A wallet whose signatures are hashes: cheap, the same for the same message, and told to the world.

use std::hash::{DefaultHasher, Hash, Hasher};

use embedded_x402::signer::{Ed25519Signer, RecoverableSignature, Secp256k1Signer, SignerError};
use embedded_x402_tests::histories::payment::identity;

use crate::World;

/// Stands for the device's key on Solana and on EVM chains.
#[derive(Clone, Copy)]
pub(crate) struct Key<'w>(pub(crate) &'w World);

/// What stands for a signature.
pub(crate) fn mark(public_key: &[u8], message: &[u8]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (index, part) in bytes.chunks_mut(8).enumerate() {
        let mut hasher = DefaultHasher::new();
        (index, public_key, message).hash(&mut hasher);
        part.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    bytes
}

impl Ed25519Signer for Key<'_> {
    fn public_key(&self) -> [u8; 32] {
        let address = embedded_x402_tests::keys::device_payer().solana.expect("an address");
        *address.as_bytes()
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let signature = mark(&Ed25519Signer::public_key(self), message);
        self.0.signed(identity(&signature))?;
        Ok(signature)
    }

    async fn verify(
        &mut self,
        public_key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<bool, SignerError> {
        Ok(mark(public_key, message) == *signature)
    }
}

impl Secp256k1Signer for Key<'_> {
    fn public_key(&self) -> [u8; 64] {
        [3; 64]
    }

    async fn sign_prehash(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, SignerError> {
        let mut r_s = mark(b"evm", digest);
        // Below the order of the curve, and s in its lower half.
        (r_s[0], r_s[32]) = (1, 1);
        self.0.signed(identity(&r_s))?;
        RecoverableSignature::new(&r_s, false)
    }
}
