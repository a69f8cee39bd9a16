//! The wallet: a key for Solana, one for EVM chains, or both.

use core::fmt;

use embedded_x402::codec::base58::{self, Base58Error};
use embedded_x402::io::Wallet;
use embedded_x402::signer::{DalekSigner, K256Signer, KeyError, Secp256k1KeyError};
use zeroize::Zeroizing;

/// The device's keys, in RAM. They can't be printed, and are wiped when they are dropped.
#[derive(Default)]
pub struct Keys {
    /// Pays on Solana.
    pub solana: Option<DalekSigner>,
    /// Pays on EVM chains.
    pub evm: Option<K256Signer>,
}

/// Why a text is no key. It tells nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyTextError {
    /// Solana: not 64 bytes in base58.
    Base58(Base58Error),
    /// Solana: not a key pair.
    Solana(KeyError),
    /// EVM: not 32 bytes in hexadecimal.
    Hexadecimal,
    /// EVM: not a secret key of secp256k1.
    Evm(Secp256k1KeyError),
}

impl Keys {
    /// Reads keys as wallets export them: for Solana the key pair of 64 bytes in base58, for EVM
    /// chains 32 bytes in hexadecimal, `0x` in front or not.
    ///
    /// # Errors
    /// [`KeyTextError`].
    pub fn from_text(solana: Option<&str>, evm: Option<&str>) -> Result<Self, KeyTextError> {
        let solana = solana.map(solana_key_pair).transpose()?;
        let evm = evm.map(evm_key).transpose()?;
        let solana = solana.map(|pair| DalekSigner::from_key_pair(&pair)).transpose();
        let evm = evm.map(|key| K256Signer::from_bytes(&key)).transpose();
        Ok(Keys {
            solana: solana.map_err(KeyTextError::Solana)?,
            evm: evm.map_err(KeyTextError::Evm)?,
        })
    }
}

/// 64 bytes in base58: secret seed, then public key.
pub(crate) fn solana_key_pair(text: &str) -> Result<Zeroizing<[u8; 64]>, KeyTextError> {
    base58::decode(text).map(Zeroizing::new).map_err(KeyTextError::Base58)
}

/// 32 bytes in hexadecimal.
pub(crate) fn evm_key(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyTextError> {
    hexadecimal(text).map(Zeroizing::new).ok_or(KeyTextError::Hexadecimal)
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let (pairs, []) = text.strip_prefix("0x").unwrap_or(text).as_bytes().as_chunks::<2>() else {
        return None;
    };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16)?.try_into().ok()
}

impl Wallet for Keys {
    type Solana = DalekSigner;
    type Evm = K256Signer;

    fn solana(&mut self) -> Option<&mut DalekSigner> {
        self.solana.as_mut()
    }

    fn evm(&mut self) -> Option<&mut K256Signer> {
        self.evm.as_mut()
    }
}

impl fmt::Display for KeyTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyTextError::Base58(error) => write!(f, "the Solana key: {error}"),
            KeyTextError::Solana(error) => write!(f, "the Solana key: {error}"),
            KeyTextError::Hexadecimal => f.write_str("the EVM key is not 64 hexadecimal digits"),
            KeyTextError::Evm(error) => write!(f, "the EVM key: {error}"),
        }
    }
}

impl core::error::Error for KeyTextError {}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::{String, ToString};

    use embedded_x402::evm::Address;
    use embedded_x402::signer::{Ed25519Signer, Secp256k1Signer};

    use super::*;
    use crate::test_keys;

    #[test]
    fn keys_are_read_as_wallets_export_them() {
        let pair = test_keys::solana_key_pair();
        let text = base58::encode::<64, 88>(&pair).to_string();
        let mut keys = Keys::from_text(Some(&text), Some(test_keys::EVM_KEY_TEXT)).unwrap();
        assert_eq!(keys.solana().unwrap().public_key(), pair[32..]);
        let address = Address::from_public_key(&keys.evm().unwrap().public_key());
        let expected = test_keys::keys().evm.unwrap().public_key();
        assert_eq!(address, Address::from_public_key(&expected));
        assert!(Keys::from_text(None, Some(&test_keys::EVM_KEY_TEXT[2..])).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        fn error(solana: Option<&str>, evm: Option<&str>) -> KeyTextError {
            Keys::from_text(solana, evm).err().unwrap()
        }
        assert!(matches!(error(Some("1234"), None), KeyTextError::Base58(_)));
        let zeros = "1".repeat(64);
        assert!(matches!(error(Some(&zeros), None), KeyTextError::Solana(_)));
        let lengths = ["g".repeat(64), "1".repeat(63), "1".repeat(66)];
        for text in ["", "0x", "0x12"].into_iter().chain(lengths.iter().map(String::as_str)) {
            assert_eq!(error(None, Some(text)), KeyTextError::Hexadecimal);
        }
        let zeros = error(None, Some(&"0".repeat(64)));
        assert!(matches!(zeros, KeyTextError::Evm(_)));
        assert!(!zeros.to_string().contains("000"));
    }
}
