//! The keys that a client pays with: one for Solana, one for EVM chains, or both.

use crate::client::Payer;
#[cfg(feature = "evm")]
use crate::evm::Address;
use crate::signer::{Ed25519Signer, RecoverableSignature, Secp256k1Signer, SignerError};
#[cfg(feature = "solana")]
use crate::solana::Pubkey;

/// What a client signs with.
///
/// Any [`Ed25519Signer`] is a wallet on Solana, [`Evm`] makes a [`Secp256k1Signer`] one on EVM
/// chains, and a pair of both pays on either.
pub trait Wallet {
    /// The signer of Solana's transactions.
    type Solana: Ed25519Signer;
    /// The signer of EVM's authorizations.
    type Evm: Secp256k1Signer;

    /// The signer of Solana's transactions, if there is one.
    fn solana(&mut self) -> Option<&mut Self::Solana>;

    /// The signer of EVM's authorizations, if there is one.
    fn evm(&mut self) -> Option<&mut Self::Evm>;

    /// Who pays, by network.
    fn payer(&mut self) -> Payer {
        Payer {
            #[cfg(feature = "solana")]
            solana: self.solana().map(|signer| Pubkey::new(signer.public_key())),
            #[cfg(feature = "evm")]
            evm: self.evm().map(|signer| Address::from_public_key(&signer.public_key())),
        }
    }
}

/// A wallet on EVM chains.
pub struct Evm<E>(pub E);

/// A signer that is not there.
pub struct NoSigner(core::convert::Infallible);

impl<S: Ed25519Signer> Wallet for S {
    type Solana = S;
    type Evm = NoSigner;

    fn solana(&mut self) -> Option<&mut S> {
        Some(self)
    }

    fn evm(&mut self) -> Option<&mut NoSigner> {
        None
    }
}

impl<E: Secp256k1Signer> Wallet for Evm<E> {
    type Solana = NoSigner;
    type Evm = E;

    fn solana(&mut self) -> Option<&mut NoSigner> {
        None
    }

    fn evm(&mut self) -> Option<&mut E> {
        Some(&mut self.0)
    }
}

impl<S: Ed25519Signer, E: Secp256k1Signer> Wallet for (S, E) {
    type Solana = S;
    type Evm = E;

    fn solana(&mut self) -> Option<&mut S> {
        Some(&mut self.0)
    }

    fn evm(&mut self) -> Option<&mut E> {
        Some(&mut self.1)
    }
}

impl Ed25519Signer for NoSigner {
    fn public_key(&self) -> [u8; 32] {
        match self.0 {}
    }

    async fn sign(&mut self, _: &[u8]) -> Result<[u8; 64], SignerError> {
        match self.0 {}
    }

    async fn verify(&mut self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<bool, SignerError> {
        match self.0 {}
    }
}

impl Secp256k1Signer for NoSigner {
    fn public_key(&self) -> [u8; 64] {
        match self.0 {}
    }

    async fn sign_prehash(&mut self, _: &[u8; 32]) -> Result<RecoverableSignature, SignerError> {
        match self.0 {}
    }
}
