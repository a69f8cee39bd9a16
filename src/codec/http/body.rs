//! The body of a response without its framing (RFC 9112 section 6).

use core::fmt;

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none, as after 204 and 304.
    Empty,
    /// This many bytes.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The body lasts until the connection closes.
    UntilClose,
}

/// Why a body can't be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BodyError {
    /// A chunk's size line is malformed, or too large for 64 bits.
    Chunk,
    /// More than [`MAX_FRAMING`] bytes of framing without a byte of the body.
    Framing,
    /// The connection closed before the end.
    Truncated,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BodyError::Framing => "the body has more framing than content",
            BodyError::Chunk => "the body's chunked framing is malformed",
            BodyError::Truncated => "the connection closed in the middle of the body",
        })
    }
}

impl core::error::Error for BodyError {}

/// Bytes of chunk extensions or trailers at a stretch: without a limit a server could send them
/// for ever, and a reader would wait for ever for the next byte of the body.
pub const MAX_FRAMING: u16 = 4096;

/// Takes the framing off a body.
#[derive(Debug, Clone)]
pub struct BodyDecoder {
    state: State,
    /// Bytes of framing since the last byte of the body.
    framing: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Length(u64),
    UntilClose,
    ChunkSize { size: u64, digits: bool },
    ChunkExtension { size: u64 },
    ChunkData(u64),
    ChunkEnd,
    TrailerStart,
    Trailer,
    Done,
}

impl BodyDecoder {
    /// At the start of a body.
    pub const fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Empty | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::ChunkSize { size: 0, digits: false },
            Framing::UntilClose => State::UntilClose,
        };
        BodyDecoder { state, framing: 0 }
    }

    /// Whether the body is over, and the connection may carry another response.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes received bytes; answers how many of them it consumed and, within these, one stretch
    /// of the body. Call it again with the rest until nothing is left or the body is over.
    ///
    /// # Errors
    /// [`BodyError::Chunk`] where the framing is malformed.
    pub fn decode<'i>(&mut self, input: &'i [u8]) -> Result<(usize, &'i [u8]), BodyError> {
        let mut consumed = 0;
        for &byte in input {
            if let Some(data) = self.data(input.get(consumed..).unwrap_or_default()) {
                self.framing = 0;
                return Ok((consumed + data.len(), data));
            }
            if self.is_done() {
                break;
            }
            self.framing_byte(byte)?;
            consumed += 1;
        }
        Ok((consumed, &[]))
    }

    /// Says that the connection closed.
    ///
    /// # Errors
    /// [`BodyError::Truncated`] unless that is how this body ends, or it was over before.
    pub fn closed(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::UntilClose | State::Done => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(BodyError::Truncated),
        }
    }

    /// The stretch of the body at the front of `input`, if that is where we are.
    fn data<'i>(&mut self, input: &'i [u8]) -> Option<&'i [u8]> {
        let (State::Length(left) | State::ChunkData(left)) = self.state else {
            return (self.state == State::UntilClose).then_some(input);
        };
        let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let left = left - length as u64;
        self.state = match self.state {
            State::Length(_) if left == 0 => State::Done,
            State::Length(_) => State::Length(left),
            _ if left == 0 => State::ChunkEnd,
            _ => State::ChunkData(left),
        };
        input.get(..length)
    }

    fn framing_byte(&mut self, byte: u8) -> Result<(), BodyError> {
        self.framing += 1;
        if self.framing > MAX_FRAMING {
            return Err(BodyError::Framing);
        }
        self.state = match (self.state, byte) {
            (State::ChunkSize { digits: true, size }, b'\n') => after_size(size),
            (State::ChunkSize { digits: true, size }, b';' | b' ' | b'\t' | b'\r') => {
                State::ChunkExtension { size }
            }
            (State::ChunkSize { size, .. }, _) => size_digit(size, byte)?,
            (State::ChunkExtension { size }, b'\n') => after_size(size),
            (State::ChunkExtension { size }, _) => State::ChunkExtension { size },
            (State::ChunkEnd, b'\r') => State::ChunkEnd,
            (State::ChunkEnd, b'\n') => State::ChunkSize { size: 0, digits: false },
            (State::TrailerStart, b'\r') => State::TrailerStart,
            (State::TrailerStart, b'\n') => State::Done,
            (State::Trailer, b'\n') => State::TrailerStart,
            (State::TrailerStart | State::Trailer, _) => State::Trailer,
            _ => return Err(BodyError::Chunk),
        };
        Ok(())
    }
}

fn size_digit(size: u64, byte: u8) -> Result<State, BodyError> {
    let digit = (byte as char).to_digit(16).ok_or(BodyError::Chunk)?;
    let shifted = size.checked_mul(16).ok_or(BodyError::Chunk)?;
    Ok(State::ChunkSize { size: shifted | u64::from(digit), digits: true })
}

fn after_size(size: u64) -> State {
    if size == 0 { State::TrailerStart } else { State::ChunkData(size) }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use proptest::prelude::*;

    fn read(
        framing: Framing,
        text: &[u8],
        fragment: usize,
    ) -> Result<(Vec<u8>, usize, bool), BodyError> {
        let mut decoder = BodyDecoder::new(framing);
        let (mut body, mut consumed) = (Vec::new(), 0);
        for mut fragment in text.chunks(fragment) {
            while !fragment.is_empty() && !decoder.is_done() {
                let (used, data) = decoder.decode(fragment)?;
                body.extend_from_slice(data);
                consumed += used;
                fragment = &fragment[used..];
            }
        }
        Ok((body, consumed, decoder.is_done()))
    }

    #[test]
    fn by_length() {
        for fragment in 1..8 {
            let read = read(Framing::Length(5), b"helloHTTP", fragment).unwrap();
            assert_eq!(read, (b"hello".to_vec(), 5, true));
        }
        assert!(BodyDecoder::new(Framing::Length(0)).is_done());
        assert!(BodyDecoder::new(Framing::Empty).is_done());
    }

    #[test]
    fn in_chunks() {
        let text = b"4\r\nWiki\r\n6;ext=\"1\"\r\npedia \r\nD\nin \r\n\r\nchunks\n0\r\nTrailer: x\r\n\r\nHTTP";
        for fragment in 1..text.len() {
            let (body, consumed, done) = read(Framing::Chunked, text, fragment).unwrap();
            assert_eq!(body, b"Wikipedia in \r\n\r\nchunks");
            assert_eq!((consumed, done), (text.len() - 4, true));
        }
    }

    #[test]
    fn until_close() {
        let mut decoder = BodyDecoder::new(Framing::UntilClose);
        assert_eq!(decoder.decode(b"abc").unwrap(), (3, &b"abc"[..]));
        assert!(!decoder.is_done());
        decoder.closed().unwrap();
        assert!(decoder.is_done());
    }

    #[test]
    fn framing_has_an_end() {
        for start in ["0\r\n", "5;x=", "5\r\nhello\r\n0\r\nA: "] {
            let endless = [start.as_bytes(), &[b'x'; 5000]].concat();
            assert_eq!(read(Framing::Chunked, &endless, 7), Err(BodyError::Framing), "{start}");
        }
        let many_small_chunks = [&b"1;extension\r\nx\r\n".repeat(2000)[..], b"0\r\n\r\n"].concat();
        let (body, _, done) = read(Framing::Chunked, &many_small_chunks, 100).unwrap();
        assert_eq!((body.len(), done), (2000, true));
    }

    #[test]
    fn every_truncation_is_noticed() {
        let text = b"4\r\nWiki\r\n0\r\nA: b\r\n\r\n";
        for end in 0..text.len() {
            let mut decoder = BodyDecoder::new(Framing::Chunked);
            let mut rest = &text[..end];
            while !rest.is_empty() {
                rest = &rest[decoder.decode(rest).unwrap().0..];
            }
            assert_eq!(decoder.closed(), Err(BodyError::Truncated), "{end}");
        }
    }

    #[test]
    fn refuses_malformed_chunks() {
        for text in
            ["\r\n", "x\r\n", "4\r\nWikix", "11111111111111111\r\n", ";\r\n", "-1\r\n", " 4\r\n"]
        {
            assert_eq!(read(Framing::Chunked, text.as_bytes(), 3), Err(BodyError::Chunk), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(text: Vec<u8>, fragment in 1usize..9) {
            let _ = read(Framing::Chunked, &text, fragment);
        }
    }
}
