//! The answer to the payment: a receipt, a refusal, or neither.

use super::reason::{self, SaidIn};
use super::{Exchange, State, subtract};
use crate::client::answer::{FieldDecoder, Reading};
use crate::client::head::{Carrier, HeadOutput, ResponseError, ResponseHead};
use crate::client::outcome::{Doubt, Error, Outcome};
use crate::codec::http::BodyDecoder;
use crate::wire::{
    ChallengeError, PaymentRequiredReader, Reason, SettlementReader, SettlementResponse, Source,
};

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    pub(super) fn answer_head(&mut self, input: &[u8]) -> Result<usize, Error> {
        let (taken, output) = self.head.push(input, self.limits.head).map_err(unreadable)?;
        match output {
            // What an informational response says is not about the payment.
            HeadOutput::Status => self.reading = Reading::Nothing,
            HeadOutput::Begin(carrier) => self.begin_answer_field(carrier),
            HeadOutput::Characters(_) => {
                let characters = input.get(..taken).unwrap_or_default();
                let buffer = self.selection.answer_mut(self.memory);
                self.reading.answer_characters(characters, buffer);
            }
            HeadOutput::Finish(_) => {
                self.reading.finish_answer_field(self.selection.answer(self.memory));
            }
            HeadOutput::End => self.end_of_answer_head()?,
            HeadOutput::Nothing => {}
        }
        Ok(taken)
    }

    /// A receipt says more than a new challenge, and its name of version 2 more than that of
    /// version 1. Beside another status than 402, a challenge says nothing.
    fn begin_answer_field(&mut self, carrier: Carrier) {
        let field = FieldDecoder::default();
        let is_refusal = self.head.head().status == 402;
        match (carrier, &self.reading) {
            (Carrier::PaymentResponse, _)
            | (
                Carrier::XPaymentResponse,
                Reading::Nothing | Reading::Challenge(..) | Reading::FailedChallenge,
            ) => {
                self.reading = Reading::ReceiptField(SettlementReader::new(), field);
            }
            (Carrier::PaymentRequired, Reading::Nothing) if is_refusal => {
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
            Reading::Challenge(..) if is_refusal => self.finish_reason(SaidIn::ChallengeV2),
            Reading::FailedChallenge => Err(unreadable(ResponseError::Reason)),
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
            return self.finish_reason(SaidIn::ChallengeV1);
        }
        self.state = State::ReadingReason(body, self.limits.challenge_body);
        Ok(())
    }

    pub(super) fn reason_body(&mut self, input: &[u8]) -> Result<usize, Error> {
        let too_large = self.body_too_large();
        let State::ReadingReason(body, left) = &mut self.state else {
            return Err(Error::OutOfOrder);
        };
        let (consumed, data) = body.decode(input).map_err(|error| unreadable(error.into()))?;
        *left = subtract(*left, consumed).ok_or(unreadable(too_large))?;
        let done = body.is_done();
        let Reading::Challenge(reader, _) = &mut self.reading else {
            return Err(Error::OutOfOrder);
        };
        let buffer = self.selection.answer_mut(self.memory);
        reader.push_all(data, buffer).map_err(challenge_unreadable)?;
        if done {
            self.finish_reason(SaidIn::ChallengeV1)?;
        }
        Ok(consumed)
    }

    /// The field or body that may say why is over. A body is taken for version 1's, whatever was
    /// paid: version 2 says why in a field.
    pub(super) fn finish_reason(&self, said_in: SaidIn) -> Result<(), Error> {
        match &self.reading {
            Reading::Challenge(reader, _) => Err(self.rejection(reader, said_in)),
            _ => Err(Error::OutOfOrder),
        }
    }

    /// A second challenge. What is not a whole one refuses nothing: it may be what is left of the
    /// answer to a settlement that failed.
    fn rejection(&self, reader: &PaymentRequiredReader, said_in: SaidIn) -> Error {
        match reader.finish() {
            Ok(_) => self.judge(reader.reason(self.texts()), said_in),
            Err(error) => challenge_unreadable(error),
        }
    }

    /// A settlement that failed: once a transaction was sent, it may still land.
    fn failure(&self, receipt: &SettlementResponse) -> Error {
        if receipt.transaction.is_empty() {
            self.judge(receipt.error_reason, SaidIn::Receipt)
        } else {
            Error::Unknown(Doubt::Failed(receipt.error_reason))
        }
    }

    fn judge(&self, reason: Reason, said_in: SaidIn) -> Error {
        if !self.sent_again && reason::is_final(&reason, said_in) {
            Error::Refused(reason)
        } else {
            Error::Unknown(Doubt::Failed(reason))
        }
    }
}

pub(super) fn unreadable(error: ResponseError) -> Error {
    Error::Unknown(Doubt::Answer(error))
}

fn challenge_unreadable(_: ChallengeError) -> Error {
    unreadable(ResponseError::Reason)
}
