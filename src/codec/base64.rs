//! Base64 (RFC 4648 section 4): a decoder of text that comes in pieces, an encoder for groups.
//!
//! What is read may lack its padding, as sellers' headers sometimes do; what is written never
//! does, since some facilitators refuse it.

use core::fmt;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How many characters encode this many bytes, padding included.
pub const fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Encodes up to three bytes as one group of four characters, padded.
pub fn encode_group(bytes: &[u8]) -> [u8; 4] {
    let byte = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let symbol = |shift: u32| symbol((bits >> shift & 63) as u8);
    let mut group = [symbol(18), symbol(12), symbol(6), symbol(0)];
    let padding = 3usize.saturating_sub(bytes.len());
    group.iter_mut().rev().take(padding).for_each(|last| *last = b'=');
    group
}

/// Bytes that are decoded at one go, at most.
pub const BLOCK: usize = 96;

/// Decodes a text as it arrives.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    /// The bits read that make no whole byte yet: none, six, four or two of them.
    bits: u8,
    position: Position,
    padding: u8,
}

/// The place of the next character in its group of four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Position {
    #[default]
    First,
    Second,
    Third,
    Fourth,
}

/// Why a text is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Base64Error {
    /// This character is not in the standard alphabet, or stands after the padding.
    Unexpected(u8),
    /// The text ends inside a group, or its padding is wrong.
    Truncated,
}

impl fmt::Display for Base64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base64Error::Unexpected(byte) => write!(f, "not base64: unexpected byte 0x{byte:02x}"),
            Base64Error::Truncated => f.write_str("the base64 text is cut short"),
        }
    }
}

impl core::error::Error for Base64Error {}

impl Decoder {
    /// At the start of a text.
    pub const fn new() -> Self {
        Decoder { bits: 0, position: Position::First, padding: 0 }
    }

    /// Takes the next character; answers the byte that it completes, if any.
    ///
    /// # Errors
    /// [`Base64Error::Unexpected`] for anything but the standard alphabet and final padding.
    pub fn push(&mut self, character: u8) -> Result<Option<u8>, Base64Error> {
        if character == b'=' {
            return self.pad();
        }
        let value = value(character);
        if value == NO_VALUE || self.padding > 0 {
            return Err(Base64Error::Unexpected(character));
        }
        let (byte, bits, next) = match self.position {
            Position::First => (None, value, Position::Second),
            Position::Second => (Some(self.bits << 2 | value >> 4), value & 15, Position::Third),
            Position::Third => (Some(self.bits << 4 | value >> 2), value & 3, Position::Fourth),
            Position::Fourth => (Some(self.bits << 6 | value), 0, Position::First),
        };
        self.bits = bits;
        self.position = next;
        Ok(byte)
    }

    /// Takes the front of `text`: whole groups that fill the block at most, or else one character.
    /// Answers how many characters it took, none only of an empty text, and the bytes that they
    /// complete.
    ///
    /// # Errors
    /// As [`push`](Self::push), of the first character: what stands before a wrong one is decoded
    /// first.
    pub fn decode<'b>(
        &mut self,
        text: &[u8],
        block: &'b mut [u8; BLOCK],
    ) -> Result<(usize, &'b [u8]), Base64Error> {
        let Some(first) = text.first() else { return Ok((0, &[])) };
        let groups = match self.position {
            Position::First => decode_groups(text, block),
            _ => 0,
        };
        if groups > 0 {
            return Ok((4 * groups, block.get(..3 * groups).unwrap_or_default()));
        }
        let byte = self.push(*first)?;
        Ok((1, byte.map_or(&[], |byte| fill_first(block, byte))))
    }

    /// Says that the text is over.
    ///
    /// # Errors
    /// [`Base64Error::Truncated`] if a group has one character only, or too little padding.
    pub fn finish(&self) -> Result<(), Base64Error> {
        match (self.position, self.padding) {
            (Position::Second, _) | (Position::Third, 1) => Err(Base64Error::Truncated),
            _ => Ok(()),
        }
    }

    fn pad(&mut self) -> Result<Option<u8>, Base64Error> {
        let wanted = match self.position {
            Position::Third => 2,
            Position::Fourth => 1,
            Position::First | Position::Second => 0,
        };
        if self.padding >= wanted {
            return Err(Base64Error::Unexpected(b'='));
        }
        self.padding += 1;
        Ok(None)
    }
}

fn symbol(value: u8) -> u8 {
    ALPHABET.get(usize::from(value)).copied().unwrap_or(b'A')
}

/// Decodes the groups at the front, up to the first that is not four characters of the alphabet;
/// answers how many.
fn decode_groups(text: &[u8], block: &mut [u8; BLOCK]) -> usize {
    let (groups, _) = text.as_chunks();
    let (places, _) = block.as_chunks_mut();
    let decoded = groups.iter().map_while(decode_group);
    places.iter_mut().zip(decoded).map(|(place, bytes)| *place = bytes).count()
}

fn decode_group(group: &[u8; 4]) -> Option<[u8; 3]> {
    let [a, b, c, d] = *group;
    let (a, b, c, d) = (value(a), value(b), value(c), value(d));
    let are_values = (a | b | c | d) & NO_VALUE == 0;
    are_values.then_some([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d])
}

fn fill_first(block: &mut [u8; BLOCK], byte: u8) -> &[u8] {
    let [first, ..] = block;
    *first = byte;
    core::slice::from_ref(first)
}

fn value(character: u8) -> u8 {
    VALUES.get(usize::from(character)).copied().unwrap_or(NO_VALUE)
}

/// Stands for a character's value outside the alphabet: a bit that no value has.
const NO_VALUE: u8 = 0x80;

/// The value of each character.
#[expect(clippy::indexing_slicing, reason = "a panic would be one of the compiler")]
const VALUES: [u8; 256] = {
    let mut values = [NO_VALUE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use proptest::prelude::*;

    fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
        let mut decoder = Decoder::new();
        let mut bytes = Vec::new();
        for character in text.bytes() {
            bytes.extend(decoder.push(character)?);
        }
        decoder.finish()?;
        Ok(bytes)
    }

    /// The bytes, from pieces of the text of these lengths; or those before the error, and it.
    fn decode_pieces(text: &[u8], lengths: &[usize]) -> Result<Vec<u8>, (Vec<u8>, Base64Error)> {
        let mut decoder = Decoder::new();
        let (mut bytes, mut rest) = (Vec::new(), text);
        for length in lengths.iter().cycle() {
            let (mut piece, after) = rest.split_at((*length).min(rest.len()));
            while !piece.is_empty() {
                let mut block = [0; BLOCK];
                match decoder.decode(piece, &mut block) {
                    Ok((taken, decoded)) => {
                        bytes.extend_from_slice(decoded);
                        piece = &piece[taken..];
                    }
                    Err(error) => return Err((bytes, error)),
                }
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        decoder.finish().map(|()| bytes.clone()).map_err(|error| (bytes, error))
    }

    fn encode(bytes: &[u8]) -> String {
        let groups = bytes.chunks(3).flat_map(encode_group).collect();
        String::from_utf8(groups).unwrap()
    }

    proptest! {
        #[test]
        fn agrees_with_the_base64_crate(bytes: Vec<u8>) {
            let text = STANDARD.encode(&bytes);
            prop_assert_eq!(encode(&bytes), text.as_str());
            prop_assert_eq!(encoded_len(bytes.len()), text.len());
            prop_assert_eq!(decode(&text).unwrap(), &bytes[..]);
            prop_assert_eq!(decode(&STANDARD_NO_PAD.encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn pieces_mean_what_single_characters_mean(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            lengths in prop::collection::vec(1usize..150, 1..5),
        ) {
            let mut text = STANDARD.encode(bytes).into_bytes();
            if let Some((at, byte)) = change && !text.is_empty() {
                let at = at.index(text.len());
                text[at] = byte;
            }
            prop_assert_eq!(decode_pieces(&text, &lengths), decode_pieces(&text, &[1]));
            let characters = str::from_utf8(&text).ok().map(decode);
            if let Some(expected) = characters {
                prop_assert_eq!(decode_pieces(&text, &lengths).map_err(|(_, error)| error), expected);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/=_ -]{0,12}") {
            if let Ok(bytes) = STANDARD.decode(&text) {
                prop_assert_eq!(decode(&text).unwrap(), bytes);
            }
        }
    }

    #[test]
    fn rfc_4648_section_10() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn refuses_what_is_not_base64() {
        for text in
            ["Z", "Zg=", "=", "Z=", "Zg==Zg==", "Zm9v=", "Zm8==", "Zm-_", "Zm9 v", "Zg===", "ZZ=Z"]
        {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
