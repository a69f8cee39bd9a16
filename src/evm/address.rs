//! The address of an account on an EVM chain: a wallet, or a contract such as a token.
//!
//! Its text is `0x` and 40 hexadecimal digits. Letters of both cases together
//! carry a checksum: a letter is upper case where the hash of the lower-case
//! digits has a nibble of 8 or more.
//!
//! Source: ERC-55, <https://eips.ethereum.org/EIPS/eip-55>.

use core::{fmt, str::FromStr};

use sha3::{Digest as _, Keccak256};

use crate::codec::hex;

/// An address: derived from the public key of a key pair, or a contract's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

impl Address {
    /// Wraps the raw bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The address of the account that this public key controls: x, then y, 32
    /// bytes each, big-endian.
    pub fn from_public_key(public_key: &[u8; 64]) -> Self {
        let hash: [u8; 32] = Keccak256::digest(public_key).into();
        let [_, _, _, _, _, _, _, _, _, _, _, _, address @ ..] = hash;
        Self(address)
    }

    /// Reads the text. Digits all lower or all upper case have no checksum;
    /// mixed ones must have the right one, because a wrong one is the sign of a
    /// mistyped address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn from_hex(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError::MissingPrefix)?;
        let digits: &[u8; 40] =
            digits.as_bytes().try_into().map_err(|_| AddressError::WrongLength)?;
        let lower = digits.map(|digit| digit.to_ascii_lowercase());
        let address = Self(hex::decode(&lower).ok_or(AddressError::InvalidDigit)?);
        if is_mixed_case(digits) && address.to_checksum().as_str() != text {
            return Err(AddressError::WrongChecksum);
        }
        Ok(address)
    }

    /// The text in lower case, which every reader takes.
    pub fn to_hex(&self) -> AddressText {
        let mut text = [0; 42];
        let [zero, x, digits @ ..] = &mut text;
        (*zero, *x, *digits) = (b'0', b'x', hex::encode(&self.0));
        AddressText(text)
    }

    /// The text with the checksum of ERC-55 in its case: for people to read.
    pub fn to_checksum(&self) -> AddressText {
        let AddressText(mut text) = self.to_hex();
        let [_, _, digits @ ..] = &mut text;
        let hash = Keccak256::digest(*digits);
        let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        for (digit, nibble) in digits.iter_mut().zip(nibbles) {
            if nibble >= 8 {
                digit.make_ascii_uppercase();
            }
        }
        AddressText(text)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

fn is_mixed_case(digits: &[u8]) -> bool {
    digits.iter().any(u8::is_ascii_lowercase) && digits.iter().any(u8::is_ascii_uppercase)
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_hex(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.to_hex().as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Address {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.to_hex().as_str());
    }
}

/// The text of an [`Address`]: 42 ASCII characters.
#[derive(Clone, Copy)]
pub struct AddressText([u8; 42]);

impl AddressText {
    /// The text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AddressText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AddressError {
    /// It does not begin with `0x`.
    MissingPrefix,
    /// More or fewer than 40 characters follow `0x`.
    WrongLength,
    /// One of them is no hexadecimal digit.
    InvalidDigit,
    /// Its letters are of both cases, but not as the checksum has them.
    WrongChecksum,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingPrefix => "the address does not begin with 0x",
            Self::WrongLength => "the address has more or fewer than 40 digits",
            Self::InvalidDigit => "the address holds a character that is no hexadecimal digit",
            Self::WrongChecksum => "the checksum in the address's upper and lower case is wrong",
        })
    }
}

impl core::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{format, string::ToString};

    use hex_literal::hex;
    use proptest::prelude::*;

    use super::*;

    /// The examples of ERC-55.
    const CHECKSUMMED: [&str; 8] = [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn checksums_are_those_of_the_standard() {
        for text in CHECKSUMMED {
            let address = Address::from_hex(text).unwrap();
            assert_eq!(address.to_checksum().to_string(), text);
            assert_eq!(address.to_hex().as_str(), text.to_lowercase());
        }
    }

    #[test]
    fn one_case_needs_no_checksum() {
        for text in CHECKSUMMED {
            let address = Address::from_hex(text);
            assert_eq!(Address::from_hex(&text.to_lowercase()), address);
            let upper = format!("0x{}", text[2..].to_uppercase());
            assert_eq!(upper.parse(), address);
        }
    }

    #[test]
    fn mixed_case_must_be_right_in_every_letter() {
        for text in &CHECKSUMMED[4..] {
            for (index, letter) in text.char_indices().skip(2) {
                let turned = match letter.is_ascii_uppercase() {
                    true => letter.to_ascii_lowercase(),
                    false => letter.to_ascii_uppercase(),
                };
                let turned = format!("{}{turned}{}", &text[..index], &text[index + 1..]);
                let expected = match letter.is_ascii_digit() {
                    true => Address::from_hex(text),
                    false => Err(AddressError::WrongChecksum),
                };
                assert_eq!(Address::from_hex(&turned), expected);
            }
        }
    }

    #[test]
    fn other_texts_are_refused_by_name() {
        use AddressError::{InvalidDigit, MissingPrefix, WrongLength};
        let zeros = "0".repeat(39);
        for (text, error) in [
            ("", MissingPrefix),
            (&format!("0X0{zeros}"), MissingPrefix),
            (&format!("000{zeros}"), MissingPrefix),
            (&format!(" 0x0{zeros}"), MissingPrefix),
            ("0x", WrongLength),
            (&format!("0x{zeros}"), WrongLength),
            (&format!("0x00{zeros}"), WrongLength),
            (&format!("0x0{zeros} "), WrongLength),
            (&format!("0xg{zeros}"), InvalidDigit),
            (&format!("0x{zeros}\0"), InvalidDigit),
            (&format!("0x+{zeros}"), InvalidDigit),
            // 40 bytes, 39 characters.
            (&format!("0x{}é", &zeros[1..]), InvalidDigit),
        ] {
            assert_eq!(Address::from_hex(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn prints_the_lower_case_text() {
        let address = Address::new(hex!("036CbD53842c5426634e7929541eC2318f3dCF7e"));
        assert_eq!(address.to_string(), "0x036cbd53842c5426634e7929541ec2318f3dcf7e");
        assert_eq!(format!("{address:?}"), address.to_string());
        let zero = Address::new([0; 20]);
        assert_eq!(zero.to_checksum().as_str(), format!("0x{}", "0".repeat(40)));
    }

    /// The key pair whose secret is 1: the curve's base point.
    #[test]
    fn a_public_key_has_one_address() {
        let base_point = hex!(
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
        );
        let address = Address::from_public_key(&base_point);
        assert_eq!(address.to_checksum().as_str(), "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
    }

    proptest! {
        #[test]
        fn both_texts_round_trip(bytes: [u8; 20]) {
            let address = Address::new(bytes);
            prop_assert_eq!(Address::from_hex(address.to_hex().as_str()), Ok(address));
            prop_assert_eq!(Address::from_hex(address.to_checksum().as_str()), Ok(address));
            prop_assert_eq!(address.as_bytes(), &bytes);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(0x)?[0-9a-fA-F]{38,42}|\\PC*") {
            if let Ok(address) = Address::from_hex(&text) {
                prop_assert_eq!(address.to_string(), text.to_lowercase());
            }
        }
    }
}
