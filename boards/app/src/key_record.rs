//! The keys in flash, written there apart from the firmware.
//!
//! A record of [`SIZE`] bytes, at an address that the board chooses:
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | `X402KEYS` |
//! | 8 | version: 1 |
//! | 9 | which keys there are: bit 0 Solana, bit 1 EVM |
//! | 10..16 | zero |
//! | 16..48 | Solana: the secret seed |
//! | 48..80 | EVM: the secret key, big-endian |
//! | 80..96 | the first 16 bytes of the SHA-256 of all that stands before |
//!
//! The checksum finds a record that was written in part. It keeps no secret and no attacker out:
//! whoever can read or write the flash has the keys, unless the chip encrypts it.
//!
//! `cargo run -p embedded-x402-app --example key-record -- FILE` makes the file to flash.

use core::fmt;

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind, ReadNorFlash};
use embedded_x402::signer::{DalekSigner, K256Signer, KeyError, Secp256k1KeyError};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::keys::{evm_key, solana_key_pair};
use crate::{KeyTextError, Keys};

/// Bytes of a record: a multiple of what any flash reads at once.
pub const SIZE: usize = 96;

const MAGIC: [u8; 8] = *b"X402KEYS";
const VERSION: u8 = 1;
const CHECKSUM: usize = 16;

const HAS_SOLANA: u8 = 1;
const HAS_EVM: u8 = 2;

/// The secrets of a record. They can't be printed, and are wiped when they are dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct KeyRecord {
    /// The seed of the wallet on Solana.
    pub solana: Option<[u8; 32]>,
    /// The secret key on EVM chains.
    pub evm: Option<[u8; 32]>,
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRecordError {
    /// The flash can't be read.
    Flash(NorFlashErrorKind),
    /// Nothing was written there yet.
    Blank,
    /// Something else is there.
    Foreign,
    /// The record is damaged, or was written in part.
    Corrupt,
    /// The record is of a newer version than this firmware knows.
    FutureVersion(u8),
    /// The record holds no key.
    Empty,
    /// The record holds no key of Solana's.
    Solana(KeyError),
    /// The record holds no key of secp256k1.
    Evm(Secp256k1KeyError),
}

impl KeyRecord {
    /// Reads the record at `offset`.
    ///
    /// # Errors
    /// [`KeyRecordError`].
    pub fn read(flash: &mut impl ReadNorFlash, offset: u32) -> Result<Self, KeyRecordError> {
        let mut bytes = Zeroizing::new([0; SIZE]);
        flash
            .read(offset, bytes.as_mut_slice())
            .map_err(|error| KeyRecordError::Flash(error.kind()))?;
        Self::from_bytes(&bytes)
    }

    /// The record that these bytes are.
    ///
    /// # Errors
    /// [`KeyRecordError`].
    pub fn from_bytes(bytes: &[u8; SIZE]) -> Result<Self, KeyRecordError> {
        if bytes.iter().all(|byte| *byte == 0xff) {
            return Err(KeyRecordError::Blank);
        }
        let fields = Fields::of(bytes).ok_or(KeyRecordError::Foreign)?;
        if fields.version > VERSION {
            return Err(KeyRecordError::FutureVersion(fields.version));
        }
        if fields.version == 0 || checksum(bytes) != fields.checksum {
            return Err(KeyRecordError::Corrupt);
        }
        let key = |bit, key| (fields.flags & bit != 0).then_some(key);
        let record =
            KeyRecord { solana: key(HAS_SOLANA, fields.solana), evm: key(HAS_EVM, fields.evm) };
        match (record.solana, record.evm) {
            (None, None) => Err(KeyRecordError::Empty),
            _ => Ok(record),
        }
    }

    /// A record of keys as wallets export them; see [`Keys::from_text`].
    ///
    /// # Errors
    /// [`KeyTextError`].
    pub fn from_text(solana: Option<&str>, evm: Option<&str>) -> Result<Self, KeyTextError> {
        // A key pair whose halves don't belong together must not get into flash.
        Keys::from_text(solana, evm)?;
        let solana = solana.map(solana_key_pair).transpose()?;
        let evm = evm.map(evm_key).transpose()?;
        let seed = solana.as_ref().and_then(|pair| pair.first_chunk().copied());
        Ok(KeyRecord { solana: seed, evm: evm.map(|key| *key) })
    }

    /// The bytes to write.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SIZE]> {
        let mut bytes = Zeroizing::new([0; SIZE]);
        let flags = self.solana.map_or(0, |_| HAS_SOLANA) | self.evm.map_or(0, |_| HAS_EVM);
        let [solana, evm] =
            [self.solana, self.evm].map(|key| Zeroizing::new(key.unwrap_or([0; 32])));
        let header = [VERSION, flags, 0, 0, 0, 0, 0, 0];
        let body = MAGIC.iter().chain(&header).chain(&*solana).chain(&*evm);
        bytes.iter_mut().zip(body).for_each(|(byte, value)| *byte = *value);
        let checksum = checksum(&bytes);
        if let Some(place) = bytes.last_chunk_mut() {
            *place = checksum;
        }
        bytes
    }

    /// Signers with these keys.
    ///
    /// # Errors
    /// [`KeyRecordError::Solana`] or [`KeyRecordError::Evm`].
    pub fn keys(&self) -> Result<Keys, KeyRecordError> {
        let solana = self.solana.as_ref().map(DalekSigner::from_seed).transpose();
        let evm = self.evm.as_ref().map(K256Signer::from_bytes).transpose();
        Ok(Keys {
            solana: solana.map_err(KeyRecordError::Solana)?,
            evm: evm.map_err(KeyRecordError::Evm)?,
        })
    }
}

#[derive(ZeroizeOnDrop)]
struct Fields {
    version: u8,
    flags: u8,
    solana: [u8; 32],
    evm: [u8; 32],
    checksum: [u8; CHECKSUM],
}

impl Fields {
    fn of(bytes: &[u8; SIZE]) -> Option<Self> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let ([version, flags, _, _, _, _, _, _], rest) = rest.split_first_chunk::<8>()?;
        let (solana, rest) = rest.split_first_chunk()?;
        let (evm, rest) = rest.split_first_chunk()?;
        let checksum = rest.first_chunk()?;
        Some(Fields {
            version: *version,
            flags: *flags,
            solana: *solana,
            evm: *evm,
            checksum: *checksum,
        })
    }
}

fn checksum(bytes: &[u8; SIZE]) -> [u8; CHECKSUM] {
    let body = bytes.split_last_chunk::<CHECKSUM>().map_or(&[][..], |(body, _)| body);
    let digest: [u8; 32] = Sha256::digest(body).into();
    digest.first_chunk().copied().unwrap_or_default()
}

impl fmt::Display for KeyRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyRecordError::Flash(kind) => write!(f, "the flash can't be read: {kind:?}"),
            KeyRecordError::Blank => f.write_str("no key in flash: write a key record there"),
            KeyRecordError::Foreign => f.write_str("what is in flash is no key record"),
            KeyRecordError::Corrupt => f.write_str("the key record is damaged: write it again"),
            KeyRecordError::FutureVersion(version) => {
                write!(f, "the key record has version {version}: this firmware is too old for it")
            }
            KeyRecordError::Empty => f.write_str("the key record holds no key"),
            KeyRecordError::Solana(error) => write!(f, "the key record's Solana key: {error}"),
            KeyRecordError::Evm(error) => write!(f, "the key record's EVM key: {error}"),
        }
    }
}

impl core::error::Error for KeyRecordError {}

#[cfg(test)]
mod tests {
    use embedded_storage::nor_flash::NorFlash;
    use embedded_x402::codec::base58;

    use super::*;
    use crate::emulated::RamFlash;
    use crate::test_keys::{self, EVM_KEY, EVM_KEY_TEXT, SOLANA_SEED};

    const BOTH: KeyRecord = KeyRecord { solana: Some(SOLANA_SEED), evm: Some(EVM_KEY) };

    fn error(bytes: &[u8; SIZE]) -> KeyRecordError {
        KeyRecord::from_bytes(bytes).err().unwrap()
    }

    #[test]
    fn a_record_comes_back_from_flash() {
        for record in [
            BOTH,
            KeyRecord { solana: None, evm: Some(EVM_KEY) },
            KeyRecord { solana: Some(SOLANA_SEED), evm: None },
        ] {
            let mut flash = RamFlash::<256>::new();
            flash.write(128, &*record.to_bytes()).unwrap();
            let read = KeyRecord::read(&mut flash, 128).unwrap();
            assert_eq!((read.solana, read.evm), (record.solana, record.evm));
            let keys = read.keys().unwrap();
            assert_eq!(keys.solana.is_some(), record.solana.is_some());
            assert_eq!(keys.evm.is_some(), record.evm.is_some());
        }
    }

    #[test]
    fn a_record_is_made_of_exported_keys() {
        let record = KeyRecord::from_text(None, Some(EVM_KEY_TEXT)).unwrap();
        assert_eq!((record.solana, record.evm), (None, Some(EVM_KEY)));
        let pair = base58::encode::<64, 88>(&test_keys::solana_key_pair());
        let record = KeyRecord::from_text(Some(pair.as_str()), None).unwrap();
        assert_eq!((record.solana, record.evm), (Some(SOLANA_SEED), None));
        let mut mixed_up = test_keys::solana_key_pair();
        mixed_up[63] ^= 1;
        let mixed_up = base58::encode::<64, 88>(&mixed_up);
        assert!(KeyRecord::from_text(Some(mixed_up.as_str()), None).is_err());
    }

    #[test]
    fn what_is_no_record_is_told_apart() {
        let mut flash = RamFlash::<256>::new();
        let mut read = |offset| KeyRecord::read(&mut flash, offset).err().unwrap();
        assert_eq!(read(0), KeyRecordError::Blank);
        assert_eq!(read(2), KeyRecordError::Flash(NorFlashErrorKind::NotAligned));
        assert_eq!(read(200), KeyRecordError::Flash(NorFlashErrorKind::OutOfBounds));
        assert_eq!(error(&[0; SIZE]), KeyRecordError::Foreign);
        let mut bytes = *BOTH.to_bytes();
        bytes[8] = 2;
        assert_eq!(error(&bytes), KeyRecordError::FutureVersion(2));
        let empty = KeyRecord { solana: None, evm: None };
        assert_eq!(error(&empty.to_bytes()), KeyRecordError::Empty);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let bytes = *BOTH.to_bytes();
        for index in 0..SIZE {
            let mut damaged = bytes;
            damaged[index] ^= 0x10;
            assert!(KeyRecord::from_bytes(&damaged).is_err(), "{index}");
            // A write that was cut.
            let mut cut = bytes;
            cut[index..].fill(0xff);
            assert!(KeyRecord::from_bytes(&cut).is_err(), "{index}");
        }
    }

    #[test]
    fn bad_keys_are_refused() {
        let zero = KeyRecord { solana: Some([0; 32]), evm: None };
        let zero = KeyRecord::from_bytes(&zero.to_bytes()).unwrap();
        assert!(matches!(zero.keys(), Err(KeyRecordError::Solana(_))));
        let large = KeyRecord { solana: None, evm: Some([0xff; 32]) };
        let large = KeyRecord::from_bytes(&large.to_bytes()).unwrap();
        assert!(matches!(large.keys(), Err(KeyRecordError::Evm(_))));
    }

    static_assertions::assert_not_impl_any!(KeyRecord: fmt::Debug, Clone, Copy);
    static_assertions::assert_not_impl_any!(Keys: fmt::Debug, Clone, Copy);
}
