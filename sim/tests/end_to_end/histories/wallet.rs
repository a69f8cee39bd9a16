//! The device's keys; every signature of a payment is told to the world first.

use embedded_x402::signer::{
    DalekSigner, Ed25519Signer, K256Signer, RecoverableSignature, Secp256k1Signer, SignerError,
};
use embedded_x402_tests::histories::World;
use embedded_x402_tests::histories::payment::identity;
use embedded_x402_tests::keys::{device_signer, evm_device_signer};

use super::market::Simulated;

/// A signer in the world.
pub(super) struct Told<'w, S> {
    signer: S,
    world: &'w World<Simulated>,
}

/// The device's wallet on both kinds of chain.
pub(super) type DeviceWallet<'w> = (Told<'w, DalekSigner>, Told<'w, K256Signer>);

pub(super) fn wallet(world: &World<Simulated>) -> DeviceWallet<'_> {
    (Told { signer: device_signer(), world }, Told { signer: evm_device_signer(), world })
}

impl Ed25519Signer for Told<'_, DalekSigner> {
    fn public_key(&self) -> [u8; 32] {
        self.signer.public_key()
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let signature = self.signer.sign(message).await?;
        self.world.signed(identity(&signature))?;
        Ok(signature)
    }

    async fn verify(
        &mut self,
        public_key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<bool, SignerError> {
        self.signer.verify(public_key, message, signature).await
    }
}

impl Secp256k1Signer for Told<'_, K256Signer> {
    fn public_key(&self) -> [u8; 64] {
        self.signer.public_key()
    }

    async fn sign_prehash(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, SignerError> {
        let signature = self.signer.sign_prehash(digest).await?;
        self.world.signed(identity(signature.as_bytes()))?;
        Ok(signature)
    }
}
