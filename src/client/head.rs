//! The head of a seller's response: what the client acts on, the rest passes by.

use core::fmt;

use crate::codec::date::parse_imf_fixdate;
use crate::codec::http::{BodyError, Framing, HeadError, HeadEvent, HeadParser};

/// What a response says before its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The length of the body in bytes, where the seller says it.
    pub content_length: Option<u64>,
    /// The seller's clock (`Date`) in Unix seconds.
    pub date: Option<u64>,
    /// How long to wait before asking again (`Retry-After`) in seconds, where the seller says it
    /// as a number.
    pub retry_after: Option<u32>,
    /// Whether the connection stays open for another request.
    pub keep_alive: bool,
    pub(crate) chunked: bool,
}

/// Why a response can't be read: the seller's fault, or somebody's between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResponseError {
    /// It is not HTTP.
    Head(HeadError),
    /// Its head is larger than [`Limits::head`](super::Limits::head).
    HeadTooLarge {
        /// Bytes that it takes at least.
        needed: u32,
    },
    /// Its length is unreadable, said twice with different values, or said beside
    /// `Transfer-Encoding`.
    Length,
    /// Its `Transfer-Encoding` is not `chunked`.
    TransferEncoding,
    /// It switches protocols.
    Upgrade,
    /// A header that can stand once stands twice: which one counts would be a guess.
    Repeated,
    /// Its body is malformed or cut.
    Body(BodyError),
    /// Its body, which carries the challenge, is larger than
    /// [`Limits::challenge_body`](super::Limits::challenge_body).
    BodyTooLarge {
        /// Bytes that it takes, by its `Content-Length`, or else at least.
        needed: u64,
    },
    /// It refuses a payment without a reason that can be read.
    Reason,
    /// The connection closed before the head was complete.
    Truncated,
}

impl From<HeadError> for ResponseError {
    fn from(error: HeadError) -> Self {
        ResponseError::Head(error)
    }
}

impl From<BodyError> for ResponseError {
    fn from(error: BodyError) -> Self {
        ResponseError::Body(error)
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResponseError::Head(error) => error.fmt(f),
            ResponseError::HeadTooLarge { needed } => {
                write!(f, "the answer's header takes {needed} bytes or more: raise Limits::head")
            }
            ResponseError::Length => f.write_str("the answer contradicts itself about its length"),
            ResponseError::TransferEncoding => f.write_str("the answer's encoding is unknown"),
            ResponseError::Upgrade => f.write_str("the answer switches to another protocol"),
            ResponseError::Repeated => f.write_str("the answer repeats a header"),
            ResponseError::Body(error) => error.fmt(f),
            ResponseError::BodyTooLarge { needed } => {
                write!(f, "the challenge takes {needed} bytes: raise Limits::challenge_body")
            }
            ResponseError::Reason => f.write_str("the answer refuses without a readable reason"),
            ResponseError::Truncated => f.write_str("the connection closed before the answer"),
        }
    }
}

impl core::error::Error for ResponseError {}

/// What bytes of the head completed or are, for whoever reads the x402 fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadOutput {
    Nothing,
    /// A response begins, perhaps after an informational one.
    Status,
    /// A field that carries x402 begins: once a response.
    Begin(Carrier),
    /// Characters of its base64 text.
    Characters(Carrier),
    Finish(Carrier),
    End,
}

/// The fields that carry x402.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    PaymentRequired,
    PaymentResponse,
    /// The same by its name of version 1; where both stand, the other one counts.
    XPaymentResponse,
}

/// Reads a head, informational responses (1xx) before it included.
#[derive(Debug, Clone)]
pub(crate) struct HeadReader {
    parser: HeadParser,
    head: ResponseHead,
    field: Field,
    /// What the connection does unless a field says otherwise, and what the fields say.
    closes_by_default: bool,
    says_close: bool,
    says_keep_alive: bool,
    repeated: u8,
    /// Bytes read.
    size: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Other,
    ContentLength,
    TransferEncoding,
    Connection,
    Date,
    RetryAfter,
    X402(Carrier),
}

impl HeadReader {
    pub(crate) fn new() -> Self {
        HeadReader {
            parser: HeadParser::new(),
            head: ResponseHead::default(),
            field: Field::Other,
            closes_by_default: false,
            says_close: false,
            says_keep_alive: false,
            repeated: 0,
            size: 0,
        }
    }

    pub(crate) fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// Whether not a single byte was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Takes the front of `input`, of a head of at most `limit` bytes: a field's value as far as it
    /// is there, or else one byte. Answers how many bytes it took, none only of an empty input.
    pub(crate) fn push(
        &mut self,
        input: &[u8],
        limit: u32,
    ) -> Result<(usize, HeadOutput), ResponseError> {
        let Some(first) = input.first() else { return Ok((0, HeadOutput::Nothing)) };
        let left = limit.saturating_sub(self.size);
        if left == 0 {
            return Err(ResponseError::HeadTooLarge { needed: self.size.saturating_add(1) });
        }
        let allowed = input.get(..left as usize).unwrap_or(input);
        let run = self.parser.push_value(allowed);
        // As many as fit `left`, which is a u32.
        self.size += run.max(1) as u32;
        match run {
            0 => Ok((1, self.push_byte(*first)?)),
            _ => Ok((run, self.characters())),
        }
    }

    fn characters(&self) -> HeadOutput {
        match self.field {
            Field::X402(carrier) => HeadOutput::Characters(carrier),
            _ => HeadOutput::Nothing,
        }
    }

    fn push_byte(&mut self, byte: u8) -> Result<HeadOutput, ResponseError> {
        match self.parser.push(byte)? {
            None => Ok(HeadOutput::Nothing),
            Some(HeadEvent::Status { code, http_1_0 }) => {
                self.head = ResponseHead { status: code, ..ResponseHead::default() };
                self.closes_by_default = http_1_0;
                (self.says_close, self.says_keep_alive, self.repeated) = (false, false, 0);
                Ok(HeadOutput::Status)
            }
            Some(HeadEvent::FieldName(name)) => {
                self.field = Field::from_name(name);
                self.begin_field()
            }
            Some(HeadEvent::FieldValue(_)) => Ok(self.characters()),
            Some(HeadEvent::FieldEnd(_)) if let Field::X402(carrier) = self.field => {
                Ok(HeadOutput::Finish(carrier))
            }
            Some(HeadEvent::FieldEnd(value)) if self.field == Field::Connection => {
                let says = |option: &[u8]| value.is_some_and(|value| lists(value, option));
                self.says_close |= says(b"close") || value.is_none();
                self.says_keep_alive |= says(b"keep-alive");
                Ok(HeadOutput::Nothing)
            }
            Some(HeadEvent::FieldEnd(value)) => {
                self.head.note(self.field, value)?;
                Ok(HeadOutput::Nothing)
            }
            Some(HeadEvent::End) => self.end(),
        }
    }

    fn begin_field(&mut self) -> Result<HeadOutput, ResponseError> {
        let Field::X402(carrier) = self.field else { return Ok(HeadOutput::Nothing) };
        let bit = match carrier {
            Carrier::PaymentRequired => 1,
            Carrier::PaymentResponse => 2,
            Carrier::XPaymentResponse => 4,
        };
        if self.repeated & bit != 0 {
            return Err(ResponseError::Repeated);
        }
        self.repeated |= bit;
        Ok(HeadOutput::Begin(carrier))
    }

    fn end(&mut self) -> Result<HeadOutput, ResponseError> {
        match self.head.status {
            101 => return Err(ResponseError::Upgrade),
            100..=199 => {
                self.parser = HeadParser::new();
                return Ok(HeadOutput::Nothing);
            }
            _ => {}
        }
        if self.head.chunked && self.head.content_length.is_some() {
            return Err(ResponseError::Length);
        }
        let closes = self.says_close || (self.closes_by_default && !self.says_keep_alive);
        self.head.keep_alive = !closes && self.head.framing() != Framing::UntilClose;
        Ok(HeadOutput::End)
    }
}

impl Field {
    fn from_name(name: &[u8]) -> Self {
        match name {
            b"content-length" => Field::ContentLength,
            b"transfer-encoding" => Field::TransferEncoding,
            b"connection" => Field::Connection,
            b"date" => Field::Date,
            b"retry-after" => Field::RetryAfter,
            b"payment-required" => Field::X402(Carrier::PaymentRequired),
            b"payment-response" => Field::X402(Carrier::PaymentResponse),
            b"x-payment-response" => Field::X402(Carrier::XPaymentResponse),
            _ => Field::Other,
        }
    }
}

impl ResponseHead {
    /// Notes what a field says. `value` is missing if it is longer than any that is understood.
    fn note(&mut self, field: Field, value: Option<&[u8]>) -> Result<(), ResponseError> {
        match field {
            Field::ContentLength => self.note_length(value.and_then(number)),
            Field::TransferEncoding => self.note_transfer_encoding(value.unwrap_or_default()),
            Field::Date => {
                self.date = value.and_then(parse_imf_fixdate);
                Ok(())
            }
            Field::RetryAfter => {
                let seconds = value.and_then(number);
                self.retry_after = seconds.and_then(|seconds| seconds.try_into().ok());
                Ok(())
            }
            Field::Connection | Field::Other | Field::X402(_) => Ok(()),
        }
    }

    fn note_length(&mut self, length: Option<u64>) -> Result<(), ResponseError> {
        let is_other = self.content_length.is_some() && self.content_length != length;
        if length.is_none() || is_other {
            return Err(ResponseError::Length);
        }
        self.content_length = length;
        Ok(())
    }

    fn note_transfer_encoding(&mut self, value: &[u8]) -> Result<(), ResponseError> {
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(ResponseError::TransferEncoding);
        }
        self.chunked = true;
        Ok(())
    }

    /// How the end of the body is known (RFC 9112 section 6.3; no request of ours is HEAD).
    pub(crate) fn framing(&self) -> Framing {
        match (self.status, self.chunked, self.content_length) {
            (204 | 304, ..) => Framing::Empty,
            (_, true, _) => Framing::Chunked,
            (_, _, Some(length)) => Framing::Length(length),
            (_, _, None) => Framing::UntilClose,
        }
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, digit| {
        let digit = (*digit as char).to_digit(10)?;
        value.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Whether a comma-separated list names this option.
fn lists(value: &[u8], option: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(option))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    fn read(text: &str) -> Result<(ResponseHead, Vec<HeadOutput>), ResponseError> {
        let mut reader = HeadReader::new();
        let mut outputs = Vec::new();
        for byte in text.as_bytes() {
            let (taken, output) = reader.push(&[*byte], 1000)?;
            assert_eq!(taken, 1);
            outputs.push(output);
        }
        outputs.retain(|output| !matches!(output, HeadOutput::Nothing | HeadOutput::Status));
        Ok((*reader.head(), outputs))
    }

    #[test]
    fn reads_what_matters() {
        let (head, outputs) = read(
            "HTTP/1.1 402 Payment Required\r\ncontent-LENGTH: 2 \r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
             Retry-After: 5\r\nX-Payment-Response: ab\r\nServer: x\r\n\r\n",
        )
        .unwrap();
        assert_eq!((head.status, head.content_length), (402, Some(2)));
        assert_eq!((head.date, head.retry_after), (Some(1_767_225_600), Some(5)));
        assert!(head.keep_alive);
        let carrier = Carrier::XPaymentResponse;
        assert_eq!(
            outputs,
            [
                HeadOutput::Begin(carrier),
                HeadOutput::Characters(carrier),
                HeadOutput::Characters(carrier),
                HeadOutput::Finish(carrier),
                HeadOutput::End
            ]
        );
    }

    #[test]
    fn informational_responses_pass_by() {
        let (head, outputs) = read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n\
             HTTP/1.1 204 No Content\r\n\r\n",
        )
        .unwrap();
        assert_eq!((head.status, head.content_length), (204, None));
        assert_eq!(outputs, [HeadOutput::End]);
    }

    #[test]
    fn whether_the_connection_stays() {
        for (head, stays) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 0", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", true),
            ("HTTP/1.1 200 OK", false),
            ("HTTP/1.1 204 OK", true),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: foo, CLOSE", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: closed", true),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nConnection: keep-alive",
                false,
            ),
        ] {
            let (head, _) = read(&[head, "\r\n\r\n"].concat()).unwrap();
            assert_eq!(head.keep_alive, stays);
        }
    }

    #[test]
    fn refuses_contradictions() {
        use ResponseError::*;
        for (fields, error) in [
            ("Content-Length: 1\r\nContent-Length: 2", Length),
            ("Content-Length: 1\r\nTransfer-Encoding: chunked", Length),
            ("Content-Length: -1", Length),
            ("Content-Length: 1, 1", Length),
            ("Content-Length:", Length),
            ("Content-Length: 99999999999999999999", Length),
            ("Transfer-Encoding: gzip, chunked", TransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", TransferEncoding),
            ("Payment-Required: a\r\nPAYMENT-REQUIRED: a", Repeated),
            ("Payment-Response: a\r\nPayment-Response: a", Repeated),
        ] {
            let text = ["HTTP/1.1 402 x\r\n", fields, "\r\n\r\n"].concat();
            assert_eq!(read(&text).unwrap_err(), error, "{fields}");
        }
        assert_eq!(read("HTTP/1.1 101 x\r\n\r\n").unwrap_err(), Upgrade);
    }

    #[test]
    fn the_head_has_a_limit() {
        let mut reader = HeadReader::new();
        let text = b"HTTP/1.1 200 OK\r\nA: b";
        let error = text.iter().find_map(|byte| reader.push(&[*byte], 20).err());
        assert_eq!(error, Some(ResponseError::HeadTooLarge { needed: 21 }));
    }

    #[test]
    fn a_value_is_taken_at_one_go_up_to_the_limit() {
        let mut text = &b"HTTP/1.1 402 x\r\nPAYMENT-REQUIRED: abcdefgh"[..];
        let mut reader = HeadReader::new();
        let mut runs = Vec::new();
        let error = loop {
            match reader.push(text, 40) {
                Ok((taken, output)) => {
                    if output == HeadOutput::Characters(Carrier::PaymentRequired) {
                        runs.push(&text[..taken]);
                    }
                    text = &text[taken..];
                }
                Err(error) => break error,
            }
        };
        assert_eq!(runs, [&b"a"[..], b"bcdef"]);
        assert_eq!(error, ResponseError::HeadTooLarge { needed: 41 });
    }
}
