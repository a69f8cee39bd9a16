//! A key that signs transactions and payments.

use alloy_consensus::{SignableTransaction, Signed, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, hex};
use k256::ecdsa::SigningKey;

/// A secret key. It shows itself to nobody.
#[derive(Clone)]
pub struct Wallet(SigningKey);

/// The text or the bytes are no secret key. Which ones is not said: they may be nearly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a secret key: 0x and 64 hexadecimal digits")]
pub struct NotASecretKey;

impl Wallet {
    /// A new key.
    ///
    /// # Errors
    /// If the system has no random bytes to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        loop {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret)?;
            // All but one in 2^128 are keys.
            if let Ok(wallet) = Self::from_bytes(&secret) {
                return Ok(wallet);
            }
        }
    }

    /// The wallet with this secret key.
    ///
    /// # Errors
    /// If the bytes, as a number, are zero or not below the curve's order.
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, NotASecretKey> {
        SigningKey::from_slice(secret).map(Self).map_err(|_| NotASecretKey)
    }

    /// The wallet whose secret key is written as `0x` and 64 hexadecimal digits.
    ///
    /// # Errors
    /// If the text is something else.
    pub fn from_hex(text: &str) -> Result<Self, NotASecretKey> {
        let digits = text.strip_prefix("0x").ok_or(NotASecretKey)?;
        Self::from_bytes(&hex::decode_to_array(digits).map_err(|_| NotASecretKey)?)
    }

    /// Its address.
    pub fn address(&self) -> Address {
        Address::from_public_key(self.0.verifying_key())
    }

    /// Signs a hash, with the smaller value of s.
    ///
    /// # Errors
    /// Never, but for one hash in 2^128.
    pub fn sign(&self, hash: B256) -> Result<Signature, k256::ecdsa::Error> {
        self.0.sign_prehash_recoverable(hash.as_slice()).map(Signature::from)
    }

    /// The network bytes of a transaction, signed, and its hash.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_transaction<T>(&self, transaction: T) -> Result<(Bytes, B256), k256::ecdsa::Error>
    where
        T: SignableTransaction<Signature>,
        Signed<T>: Into<TxEnvelope>,
    {
        let signature = self.sign(transaction.signature_hash())?;
        let envelope: TxEnvelope = transaction.into_signed(signature).into();
        Ok((envelope.encoded_2718().into(), *envelope.tx_hash()))
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::address;

    use super::*;

    /// From `tests/vectors/reference-payments.json`: a test key of the reference clients.
    const KEY: &str = "0x484dd43a4fc1962138290671d9b17445d6d2e466a538896a77343a4c1a60b9f1";

    #[test]
    fn a_key_in_hex_has_its_address() {
        let wallet = Wallet::from_hex(KEY).unwrap();
        assert_eq!(wallet.address(), address!("1Aeb2952241D53A2c54bbfcB6fE2F83356aACAEa"));
        assert_ne!(Wallet::random().unwrap().address(), Wallet::random().unwrap().address());
    }

    #[test]
    fn other_texts_are_no_keys() {
        let zero = format!("0x{}", "0".repeat(64));
        let beyond_the_order = format!("0x{}", "f".repeat(64));
        for text in ["", "0x", &KEY[2..], &KEY[..65], &zero, &beyond_the_order] {
            assert_eq!(Wallet::from_hex(text).err(), Some(NotASecretKey), "{text}");
        }
    }
}
