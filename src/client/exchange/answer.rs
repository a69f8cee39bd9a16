//! The answer to the payment: a receipt, a refusal, or neither.

use super::{Exchange, Settlement, State, subtract};
use crate::client::answer::{FieldDecoder, Reading};
use crate::client::head::{Carrier, HeadOutput, ResponseError, ResponseHead};
use crate::client::outcome::{Doubt, Error};
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
                self.reading.answer_character(character).map_err(challenge_unreadable)?;
            }
            HeadOutput::Finish(_) => self.reading.finish_answer_field(),
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
                let reader = PaymentRequiredReader::new(Source::Header);
                self.reading = Reading::Challenge(reader, field);
            }
            _ => {}
        }
    }

    fn end_of_answer_head(&mut self) -> Result<(), Error> {
        let head = *self.head.head();
        match &self.reading {
            Reading::Receipt(receipt) if receipt.success => self.claimed_settlement(),
            Reading::Receipt(receipt) if head.status == 402 => Err(self.failure(receipt)),
            Reading::Receipt(receipt) => self.done(Doubt::Failed(receipt.error_reason)),
            Reading::FailedReceipt(error) => self.done(Doubt::Receipt(*error)),
            Reading::Challenge(reader, _) if head.status == 402 => Err(self.rejection(reader)),
            _ if head.status == 402 => self.read_reason(&head),
            _ => self.done(Doubt::NoReceipt { status: head.status }),
        }
    }

    fn done(&mut self, doubt: Doubt) -> Result<(), Error> {
        self.outcome = Settlement::Unknown(doubt);
        self.state = State::Done;
        Ok(())
    }

    fn claimed_settlement(&mut self) -> Result<(), Error> {
        let Reading::Receipt(receipt) = &self.reading else { return Err(Error::OutOfOrder) };
        match self.check_receipt(receipt) {
            Ok(state) => {
                self.state = state;
                Ok(())
            }
            Err(doubt) => self.done(doubt),
        }
    }

    /// Whether the receipt is about what was signed, as far as it says.
    fn check_receipt(&self, receipt: &SettlementResponse) -> Result<State, Doubt> {
        let best = self.best.ok_or(Doubt::OtherTransaction)?;
        if receipt.network.is_some_and(|network| network != best.network) {
            return Err(Doubt::OtherNetwork);
        }
        if receipt.amount.is_some_and(|amount| amount != best.rank.amount) {
            return Err(Doubt::OtherAmount);
        }
        self.claimed_signature(receipt)
    }

    /// Version 1 says why in the body.
    fn read_reason(&mut self, head: &ResponseHead) -> Result<(), Error> {
        let body = BodyDecoder::new(head.framing());
        let reader = PaymentRequiredReader::new(Source::Body);
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
        for byte in data {
            reader.push(*byte, &mut []).map_err(challenge_unreadable)?;
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
            Ok(_) => self.refusal(reader.reason()),
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
