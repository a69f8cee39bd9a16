//! The head of a response: status line and fields, one byte at a time, or a value's run of bytes.
//!
//! Lines may end in LF alone. Folded fields, which RFC 9112 section 5.2 lets a recipient refuse,
//! are refused: a payment decision must not depend on how a line is unfolded.

use core::fmt;

/// Names and values longer than this are reported as empty or missing; values can be taken byte by
/// byte instead.
pub const MAX_FIELD_TEXT: usize = 32;

/// What a byte completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadEvent<'h> {
    /// The status code, and whether the version is HTTP/1.0.
    Status {
        /// Three digits.
        code: u16,
        /// Connections of this version close unless they say otherwise.
        http_1_0: bool,
    },
    /// A field's name in lower case; empty if it is longer than [`MAX_FIELD_TEXT`].
    FieldName(&'h [u8]),
    /// One byte of the field's value. White space before the value is left out, after it is not.
    FieldValue(u8),
    /// The field is over. This is its value without white space after it, unless it is longer than
    /// [`MAX_FIELD_TEXT`].
    FieldEnd(Option<&'h [u8]>),
    /// The head is over: the body begins with the next byte.
    End,
}

/// Why this is no HTTP response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HeadError {
    /// It doesn't begin with `HTTP/1.0` or `HTTP/1.1` and a status of three digits.
    StatusLine,
    /// A field without a name or colon, a folded field, or a control character in one.
    Field,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeadError::StatusLine => "the answer is not HTTP/1.x",
            HeadError::Field => "the answer has a malformed header field",
        })
    }
}

impl core::error::Error for HeadError {}

/// The state between two bytes.
#[derive(Debug, Clone)]
pub struct HeadParser {
    state: State,
    status: u16,
    http_1_0: bool,
    /// The current name or value.
    text: heapless::Vec<u8, MAX_FIELD_TEXT, u8>,
    text_too_long: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The index of the next byte of `HTTP/1.x nnn`.
    StatusLine(u8),
    Reason,
    LineStart,
    Name,
    BeforeValue,
    Value,
    /// After a CR: only a LF may follow.
    FieldLineFeed,
    LastLineFeed,
    Done,
}

impl Default for HeadParser {
    fn default() -> Self {
        Self::new()
    }
}

impl HeadParser {
    /// At the start of a response.
    pub const fn new() -> Self {
        HeadParser {
            state: State::StatusLine(0),
            status: 0,
            http_1_0: false,
            text: heapless::Vec::new(),
            text_too_long: false,
        }
    }

    /// Takes the next byte; answers what it completed, if anything. After [`HeadEvent::End`] it
    /// takes no more.
    ///
    /// # Errors
    /// [`HeadError`] where the byte can't stand.
    pub fn push(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        match self.state {
            State::StatusLine(index) => self.status_line(index, byte),
            State::Reason => Ok(self.reason(byte)),
            State::LineStart => self.line_start(byte),
            State::Name => self.name(byte),
            State::BeforeValue => self.before_value(byte),
            State::Value => self.value(byte),
            State::FieldLineFeed if byte == b'\n' => Ok(Some(self.end_field())),
            State::LastLineFeed if byte == b'\n' => Ok(Some(self.end())),
            State::FieldLineFeed | State::LastLineFeed => Err(HeadError::Field),
            State::Done => Err(HeadError::Field),
        }
    }

    /// Takes the visible characters and spaces at the front of `input` if they stand inside the value
    /// of a field, behind its first byte; answers how many. It is as if each were
    /// [pushed](Self::push), and told as a [`HeadEvent::FieldValue`].
    pub fn push_value(&mut self, input: &[u8]) -> usize {
        if self.state != State::Value {
            return 0;
        }
        let end = input.iter().position(|byte| !matches!(byte, 0x20..=0x7e));
        let run = end.and_then(|end| input.get(..end)).unwrap_or(input);
        self.text_too_long = self.text_too_long || self.text.extend_from_slice(run).is_err();
        run.len()
    }

    fn status_line(&mut self, index: u8, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        const EXPECTED: &[u8] = b"HTTP/1.x nnn";
        match (EXPECTED.get(usize::from(index)), byte) {
            (Some(b'x'), b'0' | b'1') => self.http_1_0 = byte == b'0',
            (Some(b'n'), b'0'..=b'9') => self.status = self.status * 10 + u16::from(byte - b'0'),
            (Some(expected), _) if *expected == byte => {}
            (None, b' ' | b'\r' | b'\n') => return self.status_end(byte),
            _ => return Err(HeadError::StatusLine),
        }
        self.state = State::StatusLine(index + 1);
        Ok(None)
    }

    fn status_end(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        self.state = if byte == b'\n' { State::LineStart } else { State::Reason };
        if !(100..=599).contains(&self.status) {
            return Err(HeadError::StatusLine);
        }
        Ok(Some(HeadEvent::Status { code: self.status, http_1_0: self.http_1_0 }))
    }

    fn reason(&mut self, byte: u8) -> Option<HeadEvent<'_>> {
        if byte == b'\n' {
            self.state = State::LineStart;
        }
        None
    }

    fn line_start(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        match byte {
            b'\r' => self.go(State::LastLineFeed),
            b'\n' => Ok(Some(self.end())),
            _ => {
                self.clear_text();
                self.state = State::Name;
                self.name(byte)
            }
        }
    }

    fn name(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        match byte {
            b':' if !self.text.is_empty() => {
                self.state = State::BeforeValue;
                Ok(Some(HeadEvent::FieldName(self.text().unwrap_or_default())))
            }
            // The characters of a token (RFC 9110 section 5.6.2).
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => self.name_character(byte),
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~' => {
                self.name_character(byte)
            }
            _ => Err(HeadError::Field),
        }
    }

    fn name_character(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        self.push_text(byte.to_ascii_lowercase());
        Ok(None)
    }

    fn before_value(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        if matches!(byte, b' ' | b'\t') {
            return Ok(None);
        }
        self.clear_text();
        self.state = State::Value;
        self.value(byte)
    }

    fn value(&mut self, byte: u8) -> Result<Option<HeadEvent<'_>>, HeadError> {
        match byte {
            b'\r' => self.go(State::FieldLineFeed),
            b'\n' => Ok(Some(self.end_field())),
            b'\t' | 0x20..=0x7e | 0x80.. => {
                self.push_text(byte);
                Ok(Some(HeadEvent::FieldValue(byte)))
            }
            _ => Err(HeadError::Field),
        }
    }

    fn end_field(&mut self) -> HeadEvent<'_> {
        self.state = State::LineStart;
        HeadEvent::FieldEnd(self.text().map(<[u8]>::trim_ascii_end))
    }

    fn end(&mut self) -> HeadEvent<'static> {
        self.state = State::Done;
        HeadEvent::End
    }

    fn clear_text(&mut self) {
        self.text.clear();
        self.text_too_long = false;
    }

    fn push_text(&mut self, byte: u8) {
        self.text_too_long |= self.text.push(byte).is_err();
    }

    /// The current name or value, if all of it was kept.
    fn text(&self) -> Option<&[u8]> {
        Some(self.text.as_slice()).filter(|_| !self.text_too_long)
    }

    fn go(&mut self, state: State) -> Result<Option<HeadEvent<'_>>, HeadError> {
        self.state = state;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use proptest::prelude::*;

    type Head = (u16, Vec<(String, String)>, bool);

    fn read(text: &str) -> Result<Head, HeadError> {
        let mut parser = HeadParser::new();
        let (mut status, mut fields, mut ended) = (0, Vec::new(), false);
        for byte in text.bytes() {
            match parser.push(byte)? {
                Some(HeadEvent::Status { code, .. }) => status = code,
                Some(HeadEvent::FieldName(name)) => {
                    fields.push((String::from_utf8(name.to_vec()).unwrap(), String::new()));
                }
                Some(HeadEvent::FieldValue(byte)) => {
                    fields.last_mut().unwrap().1.push(char::from(byte));
                }
                Some(HeadEvent::FieldEnd(value)) => {
                    let bytes = fields.last().unwrap().1.trim_end().as_bytes();
                    assert_eq!(value, Some(bytes).filter(|_| bytes.len() <= MAX_FIELD_TEXT));
                }
                Some(HeadEvent::End) => ended = true,
                None => {}
            }
        }
        Ok((status, fields, ended))
    }

    /// What is told of a text in pieces of these lengths, up to an error, and of which byte.
    fn told(text: &[u8], lengths: &[usize]) -> Vec<(usize, String)> {
        let mut parser = HeadParser::new();
        let (mut told, mut at) = (Vec::new(), 0);
        for length in lengths.iter().cycle() {
            let piece = &text[at..text.len().min(at + length)];
            let Some(first) = piece.first() else { break };
            match parser.push_value(piece) {
                0 => {
                    let pushed = parser.push(*first);
                    told.push((at, std::format!("{pushed:?}")));
                    if pushed.is_err() {
                        break;
                    }
                    at += 1;
                }
                run => {
                    let value = |at| Ok::<_, HeadError>(Some(HeadEvent::FieldValue(text[at])));
                    told.extend((at..at + run).map(|at| (at, std::format!("{:?}", value(at)))));
                    at += run;
                }
            }
        }
        told
    }

    fn told_by_byte(text: &[u8]) -> Vec<(usize, String)> {
        let mut parser = HeadParser::new();
        let mut told = Vec::new();
        for (at, byte) in text.iter().enumerate() {
            let pushed = parser.push(*byte);
            told.push((at, std::format!("{pushed:?}")));
            if pushed.is_err() {
                break;
            }
        }
        told
    }

    #[test]
    fn reads_a_head() {
        let text = "HTTP/1.1 402 Payment Required\r\nContent-Length: 2\r\nPAYMENT-REQUIRED:eyJ4 \r\n\
                    X-Some-Very-Very-Very-Long-Field-Name: y\nEmpty:\r\n\r\n";
        let (status, fields, ended) = read(text).unwrap();
        assert_eq!((status, ended), (402, true));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(
            fields,
            [("content-length", "2"), ("payment-required", "eyJ4 "), ("", "y"), ("empty", "")]
        );
    }

    #[test]
    fn the_reason_may_be_missing() {
        for text in ["HTTP/1.0 200\r\n\r\n", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200\n\n"] {
            let (status, fields, ended) = read(text).unwrap();
            assert_eq!((status, fields.len(), ended), (200, 0, true), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_http() {
        for text in [
            "HTTP/2 200\r\n",
            "http/1.1 200 OK",
            "HTTP/1.1 20 OK\r\n",
            "HTTP/1.1 2000 OK\r\n",
            "HTTP/1.1 099 x\r\n",
            "HTTP/1.1 600 x\r\n",
            "SSH-2.0",
            "HTTP/1.1 200 OK\r\n: x\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n",
            "HTTP/1.1 200 OK\r\nA b: c\r\n",
            "HTTP/1.1 200 OK\r\nA: b\rc\r\n",
            "HTTP/1.1 200 OK\r\nA: \0\r\n",
            "HTTP/1.1 200 OK\r\nA\r\n",
            "HTTP/1.1 200 OK\r\n\r\n\r\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn runs_are_told_as_single_bytes_are(
            fields in prop::collection::vec("[A-Za-z-]{1,40}: ?[ -~\t\u{80}]{0,60}\r?\n", 0..5),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            lengths in prop::collection::vec(1usize..100, 1..5),
        ) {
            let mut text = std::format!("HTTP/1.1 402 x\r\n{}\r\n", fields.concat()).into_bytes();
            if let Some((at, byte)) = change {
                let at = at.index(text.len());
                text[at] = byte;
            }
            prop_assert_eq!(told(&text, &lengths), told_by_byte(&text));
        }

        #[test]
        fn any_bytes_are_read_or_refused(text: String, valid_start: bool) {
            let start = if valid_start { "HTTP/1.1 200 OK\r\n" } else { "" };
            let _ = read(&std::format!("{start}{text}"));
        }
    }
}
