//! The first response: a challenge in its head or body, or no challenge at all.

use super::{Exchange, State, subtract};
use crate::client::answer::{FieldDecoder, Reading};
use crate::client::head::{Carrier, HeadOutput, ResponseError, ResponseHead};
use crate::client::outcome::Error;
use crate::client::selection::Chooser;
use crate::codec::http::{BodyDecoder, Framing};
use crate::policy::Spending;
use crate::wire::{ChallengeError, PaymentRequiredReader, Source};

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    pub(super) fn challenge_head(
        &mut self,
        input: &[u8],
        spent: &dyn Spending,
    ) -> Result<usize, Error> {
        let (taken, output) = self.head.push(input, self.limits.head)?;
        let is_challenge = self.head.head().status == 402;
        match output {
            HeadOutput::Begin(Carrier::PaymentRequired) if is_challenge => {
                let reader = PaymentRequiredReader::new(Source::Header)
                    .with_entry_depth(self.limits.entry_depth);
                self.reading = Reading::Challenge(reader, FieldDecoder::default());
            }
            HeadOutput::Characters(Carrier::PaymentRequired) if is_challenge => {
                self.challenge_characters(input.get(..taken).unwrap_or_default(), spent)?;
            }
            HeadOutput::Finish(Carrier::PaymentRequired) if is_challenge => {
                self.finish_challenge_field()?;
            }
            HeadOutput::End if is_challenge => self.end_of_challenge_head()?,
            HeadOutput::End => self.state = State::Done,
            _ => {}
        }
        Ok(taken)
    }

    fn challenge_characters(
        &mut self,
        characters: &[u8],
        spent: &dyn Spending,
    ) -> Result<(), Error> {
        let Reading::Challenge(reader, field) = &mut self.reading else { return Ok(()) };
        let chooser = Chooser {
            source: Source::Header,
            policy: self.policy,
            payer: &self.payer,
            origin: self.request.url().origin(),
            spent,
        };
        let read = |text: &[u8]| self.selection.read(text, reader, &chooser, self.memory);
        Ok(field.decode(characters, read)?)
    }

    fn finish_challenge_field(&mut self) -> Result<(), Error> {
        let Reading::Challenge(_, field) = &self.reading else { return Ok(()) };
        field.finish().map_err(ChallengeError::from)?;
        self.choose()
    }

    /// The challenge is complete: what of it is paid?
    fn choose(&mut self) -> Result<(), Error> {
        let Reading::Challenge(reader, _) = &self.reading else { return Ok(()) };
        let version = reader.finish()?;
        self.identifier = reader.payment_identifier();
        self.selection.finish(version)?;
        self.is_chosen = true;
        Ok(())
    }

    fn end_of_challenge_head(&mut self) -> Result<(), Error> {
        let head = *self.head.head();
        let body = BodyDecoder::new(head.framing());
        if self.is_chosen {
            self.drain(body, &head);
            return Ok(());
        }
        if head.framing() == Framing::Empty || head.content_length == Some(0) {
            return Err(ChallengeError::NotAChallenge.into());
        }
        self.check_challenge_length(&head)?;
        let reader =
            PaymentRequiredReader::new(Source::Body).with_entry_depth(self.limits.entry_depth);
        self.reading = Reading::Challenge(reader, FieldDecoder::default());
        self.state = State::ReadingChallenge(body, self.limits.challenge_body);
        Ok(())
    }

    fn check_challenge_length(&self, head: &ResponseHead) -> Result<(), Error> {
        let is_too_long = |length| length > u64::from(self.limits.challenge_body);
        if head.content_length.is_some_and(is_too_long) {
            return Err(self.body_too_large().into());
        }
        Ok(())
    }

    pub(super) fn body_too_large(&self) -> ResponseError {
        let at_least = u64::from(self.limits.challenge_body) + 1;
        ResponseError::BodyTooLarge { needed: self.head.head().content_length.unwrap_or(at_least) }
    }

    /// Reads the body away if that keeps the connection, else gives the connection up.
    fn drain(&mut self, body: BodyDecoder, head: &ResponseHead) {
        let left = self.limits.drained_body;
        let too_long = head.content_length.is_some_and(|length| length > left.into());
        self.may_reuse_connection = head.keep_alive && !too_long;
        self.state = if self.may_reuse_connection && !body.is_done() {
            State::Draining(body, left)
        } else {
            State::Approving
        };
    }

    pub(super) fn drained_body(&mut self, input: &[u8]) -> Result<usize, Error> {
        let State::Draining(body, left) = &mut self.state else { return Err(Error::OutOfOrder) };
        let decoded = body.decode(input).ok();
        let rest = decoded.and_then(|(consumed, _)| subtract(*left, consumed));
        *left = rest.unwrap_or(0);
        // What is malformed or too long costs the connection, not the payment.
        self.may_reuse_connection &= rest.is_some();
        if body.is_done() || !self.may_reuse_connection {
            self.state = State::Approving;
        }
        Ok(decoded.map_or(input.len(), |(consumed, _)| consumed))
    }

    pub(super) fn challenge_body(
        &mut self,
        input: &[u8],
        spent: &dyn Spending,
    ) -> Result<usize, Error> {
        let too_large = self.body_too_large();
        let State::ReadingChallenge(body, left) = &mut self.state else {
            return Err(Error::OutOfOrder);
        };
        let (consumed, data) = body.decode(input).map_err(ResponseError::from)?;
        *left = subtract(*left, consumed).ok_or(too_large)?;
        let done = body.is_done();
        let Reading::Challenge(reader, _) = &mut self.reading else {
            return Err(Error::OutOfOrder);
        };
        let chooser = Chooser {
            source: Source::Body,
            policy: self.policy,
            payer: &self.payer,
            origin: self.request.url().origin(),
            spent,
        };
        self.selection.read(data, reader, &chooser, self.memory)?;
        if done {
            self.may_reuse_connection = self.head.head().keep_alive;
            self.finish_challenge_body()?;
        }
        Ok(consumed)
    }

    pub(super) fn finish_challenge_body(&mut self) -> Result<(), Error> {
        self.choose()?;
        self.state = State::Approving;
        Ok(())
    }
}
