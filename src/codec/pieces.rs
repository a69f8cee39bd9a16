//! A text that never stands whole in memory: pieces, some of them encoded while they are read.
//!
//! The length is known without writing anything, and any stretch can be read again, which is what
//! a resend of the same bytes after a broken connection needs.

use super::decimal::decimal;
use super::{base64, copy};

/// How many bytes of nested pieces are encoded at a time: a multiple of three.
const STRETCH: usize = 96;

/// One piece of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'a> {
    /// Bytes as they are.
    Bytes(&'a [u8]),
    /// Bytes in base64, padded.
    Base64(&'a [u8]),
    /// The text of other pieces in base64, padded.
    Base64Of(&'a [Piece<'a>]),
    /// Lines of names and values: `name: value`, ended by CR LF.
    Fields(&'a [(&'a str, &'a str)]),
    /// Bytes in lower-case hexadecimal, after `0x`.
    Hex(&'a [u8]),
    /// A number in decimal.
    Decimal(u64),
}

/// A text made of pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pieces<'a>(pub(crate) &'a [Piece<'a>]);

impl<'a> From<&'a str> for Piece<'a> {
    fn from(text: &'a str) -> Self {
        Piece::Bytes(text.as_bytes())
    }
}

impl Piece<'_> {
    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Base64(bytes) => base64::encoded_len(bytes.len()),
            Piece::Base64Of(pieces) => base64::encoded_len(Pieces(pieces).len()),
            Piece::Fields(fields) => fields.iter().map(|field| Pieces(&line(field)).len()).sum(),
            Piece::Hex(bytes) => 2 + 2 * bytes.len(),
            Piece::Decimal(number) => decimal(*number).len(),
        }
    }

    /// Writes as much as fits of the text from `offset` on; answers how much that was.
    fn read(&self, offset: usize, out: &mut [u8]) -> usize {
        match self {
            Piece::Bytes(bytes) => copy(bytes.get(offset..).unwrap_or_default(), out),
            Piece::Base64(bytes) => encode(offset, out, |from, stretch| {
                copy(bytes.get(from..).unwrap_or_default(), stretch)
            }),
            Piece::Base64Of(pieces) => {
                encode(offset, out, |from, stretch| Pieces(pieces).read(from, stretch))
            }
            Piece::Fields(fields) => read_lines(fields, offset, out),
            Piece::Hex(bytes) => {
                let digits = (offset..).map_while(|at| hex_digit(bytes, at));
                out.iter_mut().zip(digits).map(|(to, digit)| *to = digit).count()
            }
            Piece::Decimal(number) => {
                copy(decimal(*number).as_bytes().get(offset..).unwrap_or_default(), out)
            }
        }
    }
}

impl Pieces<'_> {
    /// The length of the whole text in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Piece::len).sum()
    }

    /// Fills `out` with the text from `offset` on; answers how many bytes were written, which is
    /// fewer than `out` holds only at the end of the text.
    pub(crate) fn read(&self, offset: usize, out: &mut [u8]) -> usize {
        let mut skip = offset;
        let mut written = 0;
        for piece in self.0 {
            let room = out.get_mut(written..).unwrap_or_default();
            if room.is_empty() {
                break;
            }
            let length = piece.len();
            if skip < length {
                written += piece.read(skip, room);
            }
            skip = skip.saturating_sub(length);
        }
        written
    }
}

/// The character at this place of `0x` and the digits.
fn hex_digit(bytes: &[u8], at: usize) -> Option<u8> {
    match at {
        0 => Some(b'0'),
        1 => Some(b'x'),
        _ => {
            let byte = bytes.get((at - 2) / 2)?;
            let digit = if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 };
            Some(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
        }
    }
}

fn line<'a>((name, value): &(&'a str, &'a str)) -> [Piece<'a>; 4] {
    [(*name).into(), ": ".into(), (*value).into(), "\r\n".into()]
}

fn read_lines(fields: &[(&str, &str)], offset: usize, out: &mut [u8]) -> usize {
    let mut skip = offset;
    let mut written = 0;
    for field in fields {
        let line = line(field);
        let rest = out.get_mut(written..).unwrap_or_default();
        written += Pieces(&line).read(skip, rest);
        skip = skip.saturating_sub(Pieces(&line).len());
    }
    written
}

/// Encodes from character `offset` on, taking the bytes from `source(position, buffer)`.
fn encode(offset: usize, out: &mut [u8], source: impl Fn(usize, &mut [u8]) -> usize) -> usize {
    let mut stretch = [0; STRETCH];
    let mut group = offset / 4;
    let mut skip = offset % 4;
    let mut written = 0;
    while written < out.len() {
        let wanted = (out.len() - written + skip).div_ceil(4).saturating_mul(3).min(STRETCH);
        let (window, _) = stretch.split_at_mut(wanted);
        let read = source(group * 3, window);
        let bytes = stretch.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        for bytes in bytes.chunks(3) {
            let characters = base64::encode_group(bytes);
            let rest = out.get_mut(written..).unwrap_or_default();
            written += place(characters, skip, rest);
            skip = 0;
            group += 1;
        }
    }
    written
}

/// Writes as much as fits of a group, without its first characters; answers how many.
fn place(characters: [u8; 4], skip: usize, out: &mut [u8]) -> usize {
    match out.first_chunk_mut() {
        Some(room) if skip == 0 => {
            *room = characters;
            characters.len()
        }
        _ => copy(characters.get(skip..).unwrap_or_default(), out),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;
    use std::{format, vec};

    use super::*;
    use ::base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    fn read_all(text: Pieces<'_>, fragment: usize) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = vec![0; fragment];
        loop {
            let read = text.read(all.len(), &mut buffer);
            all.extend_from_slice(&buffer[..read]);
            if read < fragment {
                return all;
            }
        }
    }

    proptest! {
        #[test]
        fn any_fragment_size_gives_the_same_text(
            head: Vec<u8>, inner: Vec<u8>, tail: Vec<u8>, fragment in 1usize..200,
        ) {
            let json = [Piece::Bytes(b"{\""), Piece::Base64(&inner), Piece::Bytes(&tail)];
            let fields = [("A", "b"), ("", "")];
            let text = [
                Piece::Bytes(&head), Piece::Fields(&fields), Piece::Base64Of(&json), "\r\n".into(),
            ];
            let nested = [b"{\"", STANDARD.encode(&inner).as_bytes(), &tail].concat();
            let expected = [&head, &b"A: b\r\n: \r\n"[..], STANDARD.encode(nested).as_bytes(), b"\r\n"].concat();
            prop_assert_eq!(Pieces(&text).len(), expected.len());
            prop_assert_eq!(read_all(Pieces(&text), fragment), expected);
        }
    }

    #[test]
    fn numbers_in_hexadecimal_and_decimal() {
        let pieces = [Piece::Hex(&[0, 0x1f, 0xa0]), Piece::Decimal(0), Piece::Decimal(u64::MAX)];
        let text = Pieces(&pieces);
        let expected = b"0x001fa0018446744073709551615";
        assert_eq!(text.len(), expected.len());
        for fragment in 1..40 {
            assert_eq!(read_all(text, fragment), expected);
        }
    }

    #[test]
    fn past_the_end_there_is_nothing() {
        let text = [Piece::Base64(b"abc")];
        assert_eq!(Pieces(&text).read(4, &mut [0; 8]), 0);
        assert_eq!(Pieces(&text).read(400, &mut [0; 8]), 0);
        assert_eq!(format!("{}", Pieces(&[]).len()), "0");
    }
}
