//! The answer to the payment: a receipt, a refusal, or neither.

use super::{Exchange, State, subtract};
use crate::client::answer::{FieldDecoder, Reading};
use crate::client::head::{Carrier, HeadOutput, ResponseError, ResponseHead};
use crate::client::outcome::{Doubt, Error, Outcome};
use crate::codec::http::BodyDecoder;
use crate::wire::{
    ChallengeError, PaymentRequiredReader, Reason, SettlementReader, SettlementResponse, Source,
};

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    pub(super) fn answer_byte(&mut self, byte: u8) -> Result<usize, Error> {
        let output = self.head.push(byte).map_err(unreadable)?;
        match output {
            HeadOutput::Begin(carrier) => self.begin_answer_field(carrier),
            HeadOutput::Character(_, character) => {
                let buffer = self.selection.answer_mut(self.memory);
                let read = self.reading.answer_character(character, buffer);
                read.map_err(challenge_unreadable)?;
            }
            HeadOutput::Finish(_) => {
                self.reading.finish_answer_field(self.selection.answer(self.memory));
            }
            HeadOutput::End => self.end_of_answer_head()?,
            HeadOutput::Nothing => {}
        }
        Ok(1)
    }

    /// A receipt says more than a new challenge.
    fn begin_answer_field(&mut self, carrier: Carrier) {
        let field = FieldDecoder::default();
        match (carrier, &self.reading) {
            (Carrier::PaymentResponse, _) => {
                self.reading = Reading::ReceiptField(SettlementReader::new(), field);
            }
            (Carrier::PaymentRequired, Reading::Nothing) => {
                let reader = PaymentRequiredReader::for_reason(Source::Header);
                self.reading = Reading::Challenge(reader, field);
            }
            _ => {}
        }
    }

    fn end_of_answer_head(&mut self) -> Result<(), Error> {
        let head = *self.head.head();
        let is_refusal = head.status == 402;
        match &self.reading {
            Reading::Receipt(reader) => match reader.finish(self.texts()) {
                Ok(receipt) if is_refusal && !receipt.success => Err(self.failure(&receipt)),
                Ok(receipt) => self.end_with(&receipt),
                Err(_) => self.end(),
            },
            Reading::Challenge(..) if is_refusal => self.finish_reason(),
            Reading::Nothing if is_refusal => self.read_reason(&head),
            _ => self.end(),
        }
    }

    fn end_with(&mut self, receipt: &SettlementResponse) -> Result<(), Error> {
        self.state = match self.check_receipt(receipt) {
            Ok(verifying) if receipt.success => verifying,
            _ => State::Done,
        };
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.state = State::Done;
        Ok(())
    }

    /// What became of the money, once the head has been read.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.reading {
            _ if !self.payment_sent => Outcome::NotPaid,
            Reading::Receipt(reader) => match reader.finish(self.texts()) {
                Ok(receipt) => self.outcome_of(receipt),
                Err(error) => Outcome::Unknown(Doubt::Receipt(error)),
            },
            Reading::FailedReceipt(error) => Outcome::Unknown(Doubt::Receipt(*error)),
            _ => Outcome::Unknown(Doubt::NoReceipt { status: self.head.head().status }),
        }
    }

    fn outcome_of(&self, receipt: SettlementResponse) -> Outcome {
        if !receipt.success {
            return Outcome::Unknown(Doubt::Failed(receipt.error_reason));
        }
        match self.check_receipt(&receipt) {
            Err(doubt) => Outcome::Unknown(doubt),
            Ok(_) if self.is_verified() => Outcome::Settled(receipt),
            Ok(_) => Outcome::Unknown(Doubt::OtherTransaction),
        }
    }

    /// The texts of the receipt or reason.
    pub(super) fn texts(&self) -> &[u8] {
        self.selection.answer(self.memory)
    }

    /// Whether the receipt is about what was signed, as far as it says.
    fn check_receipt(&self, receipt: &SettlementResponse) -> Result<State, Doubt> {
        let best = self.best().ok_or(Doubt::OtherTransaction)?;
        if receipt.network.is_some_and(|network| network != best.network) {
            return Err(Doubt::OtherNetwork);
        }
        if receipt.amount.is_some_and(|amount| amount != best.rank.amount) {
            return Err(Doubt::OtherAmount);
        }
        self.check_payment(receipt)
    }

    /// Version 1 says why in the body.
    fn read_reason(&mut self, head: &ResponseHead) -> Result<(), Error> {
        let body = BodyDecoder::new(head.framing());
        let reader = PaymentRequiredReader::for_reason(Source::Body);
        self.reading = Reading::Challenge(reader, FieldDecoder::default());
        if body.is_done() {
            return self.finish_reason();
        }
        self.state = State::ReadingReason(body, self.limits.challenge_body);
        Ok(())
    }

    pub(super) fn reason_body(&mut self, input: &[u8]) -> Result<usize, Error> {
        let limit = self.limits.challenge_body;
        let State::ReadingReason(body, left) = &mut self.state else {
            return Err(Error::OutOfOrder);
        };
        let (consumed, data) = body.decode(input).map_err(|error| unreadable(error.into()))?;
        *left =
            subtract(*left, consumed).ok_or(unreadable(ResponseError::BodyTooLarge { limit }))?;
        let done = body.is_done();
        let Reading::Challenge(reader, _) = &mut self.reading else {
            return Err(Error::OutOfOrder);
        };
        let buffer = self.selection.answer_mut(self.memory);
        for byte in data {
            reader.push(*byte, buffer).map_err(challenge_unreadable)?;
        }
        if done {
            self.finish_reason()?;
        }
        Ok(consumed)
    }

    /// The body is over: it said why, or not.
    pub(super) fn finish_reason(&self) -> Result<(), Error> {
        match &self.reading {
            Reading::Challenge(reader, _) => Err(self.rejection(reader)),
            _ => Err(Error::OutOfOrder),
        }
    }

    /// A second challenge. What is not a whole one refuses nothing: it may be what is left of the
    /// answer to a settlement that failed.
    fn rejection(&self, reader: &PaymentRequiredReader) -> Error {
        match reader.finish() {
            Ok(_) => self.refusal(reader.reason(self.texts())),
            Err(error) => challenge_unreadable(error),
        }
    }

    /// A refusal before settlement.
    fn refusal(&self, reason: Reason) -> Error {
        let may_settle = |known: &&str| reason.as_str().contains(known);
        if self.sent_again || MAY_SETTLE.iter().any(may_settle) {
            Error::Unknown(Doubt::Failed(reason))
        } else {
            Error::Refused(reason)
        }
    }

    /// A settlement that failed: once a transaction was sent, it may still land.
    fn failure(&self, receipt: &SettlementResponse) -> Error {
        if receipt.transaction.is_empty() {
            self.refusal(receipt.error_reason)
        } else {
            Error::Unknown(Doubt::Failed(receipt.error_reason))
        }
    }
}

/// Reasons that say that the payment may have settled, or may yet.
const MAY_SETTLE: [&str; 3] =
    ["duplicate_settlement", "settlement_pending", "transaction_confirmation_timed_out"];

pub(super) fn unreadable(error: ResponseError) -> Error {
    Error::Unknown(Doubt::Answer(error))
}

fn challenge_unreadable(_: ChallengeError) -> Error {
    unreadable(ResponseError::Reason)
}
