//! The keys that a device pays with: one for Solana, one for EVM chains, or both.

use alloy_primitives::hex::FromHex;
use embedded_x402::evm::Address;
use embedded_x402::io::Wallet;
use embedded_x402::signer::{
    CompactSigner, Ed25519Signer, K256Signer, KeyError, Secp256k1KeyError, Secp256k1Signer,
};
use embedded_x402::solana::Pubkey;

/// At least one key; each of them has been tried. They are wiped by nobody: this is a simulator.
#[derive(Clone)]
pub struct Keys {
    solana: Option<[u8; 64]>,
    evm: Option<[u8; 32]>,
}

/// Why a text is no key, or a device has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// Not a single key.
    #[error(
        "a device without a key pays nothing: give a Solana key (--svm-private-key or \
         SVM_PRIVATE_KEY), an EVM key (--evm-private-key or EVM_PRIVATE_KEY), or both"
    )]
    None,
    /// The Solana key is not 64 bytes in base58.
    #[error("the Solana key is not 64 bytes in base58, as solana-keygen writes them")]
    NotASolanaKey,
    /// The Solana key's halves don't belong together.
    #[error("the Solana key: {0}")]
    Solana(#[from] KeyError),
    /// The EVM key is not 32 bytes in hexadecimal.
    #[error("the EVM key is not 0x and 64 hexadecimal digits")]
    NotAnEvmKey,
    /// The EVM key is no number that can be a key.
    #[error("the EVM key: {0}")]
    Evm(#[from] Secp256k1KeyError),
}

impl Keys {
    /// A Solana key (64 bytes in base58), an EVM key (32 bytes in hexadecimal), or both.
    ///
    /// # Errors
    /// [`KeysError`]; none of them repeats the key.
    pub fn read(solana: Option<&str>, evm: Option<&str>) -> Result<Self, KeysError> {
        let solana = solana.map(read_solana).transpose()?;
        let evm = evm.map(read_evm).transpose()?;
        if solana.is_none() && evm.is_none() {
            return Err(KeysError::None);
        }
        Ok(Keys { solana, evm })
    }

    /// A key for Solana only: 64 bytes in base58.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn solana(key_pair: &str) -> Result<Self, KeysError> {
        Self::read(Some(key_pair), None)
    }

    /// A key for EVM chains only: 32 bytes in hexadecimal.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn evm(secret: &str) -> Result<Self, KeysError> {
        Self::read(None, Some(secret))
    }

    /// The Solana key: 32 bytes of seed, 32 of public key.
    pub fn solana_key_pair(&self) -> Option<&[u8; 64]> {
        self.solana.as_ref()
    }

    /// The EVM key.
    pub fn evm_secret(&self) -> Option<&[u8; 32]> {
        self.evm.as_ref()
    }

    /// The signers with these keys.
    pub(super) fn wallet(&self) -> Result<DeviceWallet, KeysError> {
        Ok(DeviceWallet {
            solana: self.solana.as_ref().map(CompactSigner::from_key_pair).transpose()?,
            evm: self.evm.as_ref().map(K256Signer::from_bytes).transpose()?,
        })
    }

    /// Who pays on Solana.
    pub fn solana_address(&self) -> Option<Pubkey> {
        let signer = CompactSigner::from_key_pair(self.solana.as_ref()?).ok()?;
        Some(Pubkey::new(signer.public_key()))
    }

    /// Who pays on EVM chains.
    pub fn evm_address(&self) -> Option<Address> {
        let signer = K256Signer::from_bytes(self.evm.as_ref()?).ok()?;
        Some(Address::from_public_key(&signer.public_key()))
    }
}

fn read_solana(text: &str) -> Result<[u8; 64], KeysError> {
    let bytes = bs58::decode(text).into_vec().map_err(|_| KeysError::NotASolanaKey)?;
    let key_pair = bytes.try_into().map_err(|_| KeysError::NotASolanaKey)?;
    CompactSigner::from_key_pair(&key_pair)?;
    Ok(key_pair)
}

fn read_evm(text: &str) -> Result<[u8; 32], KeysError> {
    let secret = <[u8; 32]>::from_hex(text).map_err(|_| KeysError::NotAnEvmKey)?;
    K256Signer::from_bytes(&secret)?;
    Ok(secret)
}

/// A wallet of the signers that there are.
pub(super) struct DeviceWallet {
    solana: Option<CompactSigner>,
    evm: Option<K256Signer>,
}

impl Wallet for DeviceWallet {
    type Solana = CompactSigner;
    type Evm = K256Signer;

    fn solana(&mut self) -> Option<&mut CompactSigner> {
        self.solana.as_mut()
    }

    fn evm(&mut self) -> Option<&mut K256Signer> {
        self.evm.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;

    /// The key pair whose secret is 1.
    const EVM_KEY: &str = "0x0000000000000000000000000000000000000000000000000000000000000001";
    const EVM_ADDRESS: &str = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";

    fn error(solana: Option<&str>, evm: Option<&str>) -> KeysError {
        Keys::read(solana, evm).err().expect("an error")
    }

    #[test]
    fn either_key_will_do() {
        let pair = Keypair::new();
        let text = pair.to_base58_string();
        let both = Keys::read(Some(&text), Some(EVM_KEY)).unwrap();
        let (solana, evm) = (Keys::solana(&text).unwrap(), Keys::evm(&EVM_KEY[2..]).unwrap());
        for keys in [&both, &solana] {
            assert_eq!(keys.solana_key_pair(), Some(&pair.to_bytes()));
            assert_eq!(keys.solana_address().unwrap().as_bytes(), &pair.to_bytes()[32..]);
        }
        for keys in [&both, &evm] {
            assert_eq!(keys.evm_secret().map(|key| key[31]), Some(1));
            assert_eq!(keys.evm_address().unwrap().to_hex().as_str(), EVM_ADDRESS);
        }
        assert_eq!((solana.evm_address(), evm.solana_address()), (None, None));
    }

    #[test]
    fn no_key_and_no_keys_have_names() {
        assert_eq!(error(None, None), KeysError::None);
        assert_eq!(error(Some("abc"), Some(EVM_KEY)), KeysError::NotASolanaKey);
        for text in ["", "0x", "0x01", &EVM_KEY[3..], &format!("{EVM_KEY}00")] {
            assert_eq!(error(None, Some(text)), KeysError::NotAnEvmKey, "{text}");
        }
        let zero = EVM_KEY.replace('1', "0");
        assert_eq!(error(None, Some(&zero)), KeysError::Evm(Secp256k1KeyError::Zero));
        let large = format!("0x{}", "f".repeat(64));
        assert_eq!(error(None, Some(&large)), KeysError::Evm(Secp256k1KeyError::NotBelowOrder));
    }
}
