//! Base58 as Bitcoin and Solana write it: keys, blockhashes and signatures.
//!
//! Only values of a known size exist on this path (32 or 64 bytes), so a text
//! decodes to exactly `N` bytes or is refused. Each zero byte at the front is
//! one `1` at the front of the text; the rest is one big number in base 58.
//!
//! The number lives, big-endian, in the byte array itself and is worked on in
//! 32-bit limbs and groups of five digits (58⁵ is the largest power of 58 below
//! 2³²), which suits a core that multiplies 32 bits at a time.
//!
//! Source: <https://datatracker.ietf.org/doc/html/draft-msporny-base58-03>.

use core::fmt;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ZERO: u8 = b'1';
const DIGITS_PER_GROUP: usize = 5;
const GROUP_BASE: u32 = 58u32.pow(DIGITS_PER_GROUP as u32);

/// The longest text of `bytes` bytes, in characters: 44 for 32, 88 for 64.
///
/// A byte is log(256)/log(58) ≈ 1.366 characters; 11/8 rounds that up.
pub const fn max_text_len(bytes: usize) -> usize {
    bytes * 11 / 8
}

/// Decodes a text that must stand for exactly `N` bytes; `N` is a multiple of 4.
///
/// # Errors
/// [`Base58Error`] says whether a character or the length is wrong.
pub fn decode<const N: usize>(text: &str) -> Result<[u8; N], Base58Error> {
    const { assert!(N.is_multiple_of(4)) };
    let mut number = [0; N];
    for (index, digits) in text.as_bytes().chunks(DIGITS_PER_GROUP).enumerate() {
        let (factor, addend) = parse_group(digits)?;
        // A group is less than a limb: those in front of as many limbs as groups are still zero.
        let zero = N.saturating_sub(4 * (index + 1));
        let used = number.get_mut(zero..).unwrap_or_default();
        if multiply_add(used, factor, addend) != 0 {
            return Err(Base58Error::WrongLength);
        }
    }
    if leading(text.as_bytes(), ZERO) != leading(&number, 0) {
        return Err(Base58Error::WrongLength);
    }
    Ok(number)
}

/// Encodes `N` bytes, a multiple of 4, into at most `LEN` characters, which is
/// [`max_text_len`] of `N`.
pub fn encode<const N: usize, const LEN: usize>(bytes: &[u8; N]) -> Base58<LEN> {
    const { assert!(N.is_multiple_of(4) && LEN == max_text_len(N)) };
    let mut number = *bytes;
    let mut text = [ZERO; LEN];
    for group in text.rchunks_mut(DIGITS_PER_GROUP) {
        let remainder = divide_by_group_base(&mut number);
        write_group(remainder, group);
    }
    let start = leading(&text, ZERO).saturating_sub(leading(bytes, 0));
    Base58 { text, start }
}

/// A base58 text of at most `LEN` characters.
#[derive(Clone, Copy)]
pub struct Base58<const LEN: usize> {
    /// Right-aligned: digits come out of the number last one first.
    text: [u8; LEN],
    start: usize,
}

impl<const LEN: usize> Base58<LEN> {
    /// The text.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(self.start..).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

impl<const LEN: usize> fmt::Display for Base58<LEN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a text is not the base58 of a value of the wanted size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Base58Error {
    /// A character outside the alphabet (which leaves out `0`, `O`, `I` and `l`).
    InvalidCharacter,
    /// Well-formed, but it stands for more or fewer bytes than wanted.
    WrongLength,
}

impl fmt::Display for Base58Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidCharacter => "text holds a character that base58 does not use",
            Self::WrongLength => "base58 text stands for a value of another size",
        })
    }
}

impl core::error::Error for Base58Error {}

/// The value of up to five digits, and the power of 58 that shifts them in.
fn parse_group(digits: &[u8]) -> Result<(u32, u32), Base58Error> {
    digits.iter().try_fold((1, 0), |(factor, value), &digit| {
        Ok((factor * 58, value * 58 + digit_value(digit)?))
    })
}

fn write_group(mut value: u32, group: &mut [u8]) {
    for digit in group.iter_mut().rev() {
        *digit = *ALPHABET.get((value % 58) as usize).unwrap_or(&ZERO);
        value /= 58;
    }
}

fn digit_value(character: u8) -> Result<u32, Base58Error> {
    let value = match character {
        b'1'..=b'9' => character - b'1',
        b'A'..=b'H' => character - b'A' + 9,
        b'J'..=b'N' => character - b'J' + 17,
        b'P'..=b'Z' => character - b'P' + 22,
        b'a'..=b'k' => character - b'a' + 33,
        b'm'..=b'z' => character - b'm' + 44,
        _ => return Err(Base58Error::InvalidCharacter),
    };
    Ok(u32::from(value))
}

/// `number = number * factor + addend`; returns what no longer fits.
fn multiply_add(number: &mut [u8], factor: u32, addend: u32) -> u32 {
    let (limbs, _) = number.as_chunks_mut::<4>();
    limbs.iter_mut().rev().fold(addend, |carry, limb| {
        let value = u64::from(u32::from_be_bytes(*limb)) * u64::from(factor) + u64::from(carry);
        *limb = (value as u32).to_be_bytes();
        (value >> 32) as u32
    })
}

/// `number = number / GROUP_BASE`; returns the remainder.
fn divide_by_group_base(number: &mut [u8]) -> u32 {
    let (limbs, _) = number.as_chunks_mut::<4>();
    limbs.iter_mut().fold(0, |remainder, limb| {
        let value = u64::from(remainder) << 32 | u64::from(u32::from_be_bytes(*limb));
        *limb = ((value / u64::from(GROUP_BASE)) as u32).to_be_bytes();
        (value % u64::from(GROUP_BASE)) as u32
    })
}

fn leading(text: &[u8], value: u8) -> usize {
    text.iter().take_while(|&&byte| byte == value).count()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::prelude::*;
    use std::string::{String, ToString};

    use super::*;

    fn encode_32(bytes: &[u8; 32]) -> String {
        encode::<32, 44>(bytes).to_string()
    }

    #[test]
    fn zeros_are_ones() {
        let ones = "1".repeat(32);
        assert_eq!(encode_32(&[0; 32]), ones);
        assert_eq!(decode(&ones), Ok([0u8; 32]));
    }

    #[test]
    fn largest_value_fills_the_text() {
        let text = encode_32(&[0xff; 32]);
        assert_eq!(text, "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG");
        assert_eq!(decode(&text), Ok([0xff; 32]));
    }

    #[test]
    fn refuses_a_zero_too_many_or_too_few() {
        for ones in ["", "1", &"1".repeat(31), &"1".repeat(33), &"1".repeat(5000)] {
            assert_eq!(decode::<32>(ones), Err(Base58Error::WrongLength));
        }
        let program = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
        assert_eq!(decode::<32>(&std::format!("1{program}")), Err(Base58Error::WrongLength));
    }

    #[test]
    fn refuses_one_more_than_the_largest_value() {
        let text = "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFH";
        assert_eq!(decode::<32>(text), Err(Base58Error::WrongLength));
    }

    #[test]
    fn refuses_look_alikes() {
        for character in "0OIl+/ \u{e9}\0".chars() {
            let text = std::format!("Tokenkeg{character}feZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
            assert_eq!(decode::<32>(&text), Err(Base58Error::InvalidCharacter));
        }
    }

    /// Byte strings of `N` bytes with a run of zeros at the front, often.
    fn bytes<const N: usize>() -> impl Strategy<Value = [u8; N]> {
        (any::<[u8; N]>(), 0..=N, any::<bool>()).prop_map(|(mut bytes, zeros, blank)| {
            if blank {
                bytes[..zeros].fill(0);
            }
            bytes
        })
    }

    proptest! {
        #[test]
        fn agrees_with_bs58_on_32_bytes(bytes in bytes::<32>()) {
            let expected = bs58::encode(bytes).into_string();
            prop_assert_eq!(encode_32(&bytes), expected.as_str());
            prop_assert_eq!(decode(&expected), Ok(bytes));
        }

        #[test]
        fn agrees_with_bs58_on_64_bytes(bytes in bytes::<64>()) {
            let expected = bs58::encode(bytes).into_string();
            prop_assert_eq!(encode::<64, 88>(&bytes).to_string(), expected.as_str());
            prop_assert_eq!(decode(&expected), Ok(bytes));
        }

        #[test]
        fn accepts_what_bs58_decodes_to_32_bytes(text in "[1-9A-HJ-NP-Za-km-z]{30,46}|1{0,40}[2-9A-Z]{0,44}") {
            let expected = bs58::decode(&text).into_vec().ok().and_then(|bytes| bytes.try_into().ok());
            prop_assert_eq!(decode::<32>(&text).ok(), expected);
        }
    }
}
