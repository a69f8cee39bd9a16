//! `PaymentRequired`: the challenge of a 402, read as it arrives and never held.
//!
//! Only one entry of `accepts` is in memory at a time, in the caller's buffer; the caller looks at
//! it and keeps it or lets the next one overwrite it. Of the challenge that comes as the answer to
//! a payment only the reason is wanted, which goes to the same place. The rest of the challenge (resource,
//! extensions, schemas) passes by in constant memory, whatever its size.

use core::fmt;

use super::entry_capture::{Capture, ENTRY_MEMBER_AT, Entry};
use super::identifier_offer::IdentifierOffer;
use super::{ProtocolVersion, Reason};
use crate::codec::base64::Base64Error;
use crate::codec::copy;
use crate::codec::json::{self, Event, JsonError, Tokenizer};
use crate::sizes;

/// Where the challenge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the `PAYMENT-REQUIRED` header: version 2.
    Header,
    /// In the body of the response: version 1 (or 2, by sellers that do not send the header).
    ///
    /// Members of version 1's entries that describe the resource are left out of the captured
    /// entry, since they can be large and are never returned.
    Body,
}

/// What of the challenge goes to the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Entries,
    Reason,
}

/// Why a text is no challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ChallengeError {
    /// The header that carries it is not base64.
    Base64(Base64Error),
    /// It is not JSON.
    Json(JsonError),
    /// It is JSON, but not an object with `x402Version`.
    NotAChallenge,
    /// Its `x402Version` is not one that can stand there.
    Version,
}

impl From<Base64Error> for ChallengeError {
    fn from(error: Base64Error) -> Self {
        ChallengeError::Base64(error)
    }
}

impl From<JsonError> for ChallengeError {
    fn from(error: JsonError) -> Self {
        ChallengeError::Json(error)
    }
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChallengeError::Base64(error) => write!(f, "unreadable x402 challenge: {error}"),
            ChallengeError::Json(error) => write!(f, "unreadable x402 challenge: {error}"),
            ChallengeError::NotAChallenge => f.write_str("the 402 carries no x402 challenge"),
            ChallengeError::Version => f.write_str("the challenge is of an unknown x402 version"),
        }
    }
}

impl core::error::Error for ChallengeError {}

/// Reads a challenge.
#[derive(Debug, Clone)]
pub struct PaymentRequiredReader {
    tokenizer: Tokenizer,
    challenge: Challenge,
}

/// What has been understood so far.
#[derive(Debug, Clone)]
struct Challenge {
    source: Source,
    wanted: Wanted,
    name: heapless::Vec<u8, LONGEST_NAME, u8>,
    name_too_long: bool,
    member: Member,
    version: Option<u8>,
    in_accepts: bool,
    /// Bytes of the reason in the buffer.
    reason: usize,
    capture: Capture,
    identifier: IdentifierOffer,
}

/// The challenge and the buffer, while a byte is taken.
struct Reading<'r> {
    challenge: &'r mut Challenge,
    buffer: &'r mut [u8],
}

/// A member of the outermost object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    X402Version,
    Error,
    Accepts,
    Extensions,
    Other,
}

/// `payment-identifier`, the longest name that is looked for.
const LONGEST_NAME: usize = 18;

/// Names are looked for down to the members of an object at this depth.
const DEEPEST_NAME: u8 = IdentifierOffer::DEEPEST_NAME;

const _: () = assert!(DEEPEST_NAME >= ENTRY_MEMBER_AT);

/// The members that an entry of version 1 may do without.
const DESCRIPTIVE: [&[u8]; 4] = [b"description", b"mimeType", b"outputSchema", b"resource"];

impl PaymentRequiredReader {
    /// At the start of a challenge, whose entries are wanted.
    pub fn new(source: Source) -> Self {
        Self::start(source, Wanted::Entries)
    }

    /// At the start of a challenge, whose reason (`error`) is wanted.
    pub fn for_reason(source: Source) -> Self {
        Self::start(source, Wanted::Reason)
    }

    /// Takes entries of so many objects and arrays inside each other, instead of
    /// [`sizes::ENTRY_DEPTH`].
    #[must_use]
    pub fn with_entry_depth(mut self, depth: u8) -> Self {
        self.challenge.capture = Capture::new(depth);
        self
    }

    fn start(source: Source, wanted: Wanted) -> Self {
        let challenge = Challenge {
            source,
            wanted,
            name: heapless::Vec::new(),
            name_too_long: false,
            member: Member::Other,
            version: None,
            in_accepts: false,
            reason: 0,
            capture: Capture::new(sizes::ENTRY_DEPTH),
            identifier: IdentifierOffer::default(),
        };
        PaymentRequiredReader { tokenizer: Tokenizer::new(), challenge }
    }

    /// Takes the next byte of the JSON text; answers when it completes an entry of `accepts`.
    ///
    /// `buffer` is where entries go, or the reason. It must be the same until an entry is complete,
    /// and may be another one from then on.
    ///
    /// # Errors
    /// [`ChallengeError`]: the rest of the text can't be read.
    pub fn push(&mut self, byte: u8, buffer: &mut [u8]) -> Result<Option<Entry>, ChallengeError> {
        self.push_some(&[byte], buffer).map(|(_, entry)| entry)
    }

    /// Takes the JSON text up to the end of an entry of `accepts`, or else all of it; answers how
    /// many bytes it took, and the entry. The buffer is that of [`push`](Self::push).
    ///
    /// # Errors
    /// [`ChallengeError`]: the rest of the text can't be read.
    pub fn push_some(
        &mut self,
        text: &[u8],
        buffer: &mut [u8],
    ) -> Result<(usize, Option<Entry>), ChallengeError> {
        let mut rest = text;
        while !rest.is_empty() {
            let mut reading = Reading { challenge: &mut self.challenge, buffer: &mut *buffer };
            let taken = self.tokenizer.push_some(rest, &mut reading)?;
            let (bytes, after) = rest.split_at_checked(taken).unwrap_or_default();
            rest = after;
            if let Some(entry) = self.challenge.capture.take(bytes, buffer) {
                return Ok((text.len() - rest.len(), Some(entry)));
            }
        }
        Ok((text.len(), None))
    }

    /// Takes the next bytes of a JSON text of which only the reason is wanted.
    ///
    /// # Errors
    /// [`ChallengeError`]: the rest of the text can't be read.
    pub fn push_all(&mut self, mut text: &[u8], buffer: &mut [u8]) -> Result<(), ChallengeError> {
        while !text.is_empty() {
            let (taken, _) = self.push_some(text, buffer)?;
            text = text.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Says that the text is over; answers the version that it declares.
    ///
    /// # Errors
    /// [`ChallengeError`] if it was cut, or is not a challenge of a version that can stand there.
    pub fn finish(&self) -> Result<ProtocolVersion, ChallengeError> {
        self.tokenizer.finish()?;
        let number = self.challenge.version.ok_or(ChallengeError::NotAChallenge)?;
        match (self.challenge.source, ProtocolVersion::from_number(number)) {
            (Source::Header, Some(ProtocolVersion::V1)) | (_, None) => Err(ChallengeError::Version),
            (_, Some(version)) => Ok(version),
        }
    }

    /// Whether the seller offers to recognise payments by an identifier, and requires it: the
    /// extension `payment-identifier` of version 2.
    pub fn payment_identifier(&self) -> Option<bool> {
        self.challenge.identifier.required()
    }

    /// Why payment is required, from the buffer that it went to.
    pub fn reason(&self, buffer: &[u8]) -> Reason {
        Reason::from(buffer.get(..self.challenge.reason).unwrap_or_default())
    }
}

impl json::Visitor for Reading<'_> {
    type Error = ChallengeError;

    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), ChallengeError> {
        self.challenge.event(depth, event, self.buffer)
    }
}

fn outermost(event: Event<'_>) -> Result<(), ChallengeError> {
    match event {
        Event::ObjectStart | Event::ObjectEnd => Ok(()),
        _ => Err(ChallengeError::NotAChallenge),
    }
}

impl Challenge {
    fn event(
        &mut self,
        depth: u8,
        event: Event<'_>,
        buffer: &mut [u8],
    ) -> Result<(), ChallengeError> {
        match event {
            Event::KeyStart | Event::KeyText(_) | Event::KeyEnd if depth > DEEPEST_NAME => {}
            Event::KeyStart => {
                self.name.clear();
                self.name_too_long = false;
            }
            Event::KeyText(text) => {
                self.name_too_long |= self.name.extend_from_slice(text).is_err()
            }
            Event::KeyEnd => self.named(depth),
            _ if depth == 0 => return outermost(event),
            _ if depth == 1 => self.value(event, buffer)?,
            _ if self.member == Member::Extensions => self.identifier.value(depth, &event),
            _ if self.in_accepts => self.capture.event(depth, event),
            _ => {}
        }
        Ok(())
    }

    fn named(&mut self, depth: u8) {
        let name = if self.name_too_long { &[] } else { self.name.as_slice() };
        self.identifier.name(depth, name);
        match depth {
            1 => self.member = self.member(),
            ENTRY_MEMBER_AT => self.entry_name(),
            _ => {}
        }
    }

    fn member(&self) -> Member {
        match self.name.as_slice() {
            _ if self.name_too_long => Member::Other,
            b"x402Version" => Member::X402Version,
            b"error" => Member::Error,
            b"accepts" => Member::Accepts,
            b"extensions" => Member::Extensions,
            _ => Member::Other,
        }
    }

    /// An event of a value of the outermost object.
    fn value(&mut self, event: Event<'_>, buffer: &mut [u8]) -> Result<(), ChallengeError> {
        match (self.member, event) {
            (Member::X402Version, Event::NumberText(byte)) => self.version_digit(byte)?,
            (Member::X402Version, Event::NumberEnd) => self.member = Member::Other,
            (Member::Error, Event::StringStart) => self.reason = 0,
            (Member::Error, Event::StringText(text)) => self.reason_text(text, buffer),
            (Member::Accepts, Event::ArrayStart) => {
                self.in_accepts = self.wanted == Wanted::Entries;
            }
            (Member::Accepts, Event::ArrayEnd) => self.in_accepts = false,
            _ => {}
        }
        Ok(())
    }

    fn reason_text(&mut self, text: &[u8], buffer: &mut [u8]) {
        let end = buffer.len().min(sizes::REASON);
        if let (Wanted::Reason, Some(room)) = (self.wanted, buffer.get_mut(self.reason..end)) {
            self.reason += copy(text, room);
        }
    }

    /// Versions have one digit; a second digit, number or `x402Version` is none we know.
    fn version_digit(&mut self, byte: u8) -> Result<(), ChallengeError> {
        match (self.version, byte) {
            (None, b'0'..=b'9') => {
                self.version = Some(byte - b'0');
                Ok(())
            }
            _ => Err(ChallengeError::Version),
        }
    }

    fn entry_name(&mut self) {
        let descriptive = !self.name_too_long && DESCRIPTIVE.contains(&self.name.as_slice());
        if self.in_accepts && self.source == Source::Body && descriptive {
            self.capture.leave_member_out();
        }
    }
}

#[cfg(test)]
mod tests;
