//! Reads what the answer says in its x402 fields: a challenge, a receipt, or a reason.

use crate::codec::base64::{Base64Error, Decoder};
use crate::wire::{ChallengeError, PaymentRequiredReader, SettlementError, SettlementReader};

/// What was read last, or is being read.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    Nothing,
    Challenge(PaymentRequiredReader, FieldDecoder),
    FailedChallenge,
    ReceiptField(SettlementReader, FieldDecoder),
    /// All of it was read.
    Receipt(SettlementReader),
    FailedReceipt(SettlementError),
}

/// The base64 text of a field; white space may follow it.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldDecoder {
    base64: Decoder,
    ended: bool,
}

impl FieldDecoder {
    pub(super) fn push(&mut self, character: u8) -> Result<Option<u8>, Base64Error> {
        if matches!(character, b' ' | b'\t') {
            self.ended = true;
            return Ok(None);
        }
        if self.ended {
            return Err(Base64Error::Unexpected(character));
        }
        self.base64.push(character)
    }

    pub(super) fn finish(&self) -> Result<(), Base64Error> {
        self.base64.finish()
    }
}

impl Reading {
    /// Takes a character of a field of the answer to a payment.
    ///
    /// Its texts go to `buffer`. What can't be read is remembered as such, since another field or
    /// the status may say more.
    pub(super) fn answer_character(&mut self, character: u8, buffer: &mut [u8]) {
        match self {
            Reading::Challenge(reader, field) => {
                let read = push_challenge(reader, field, character, buffer);
                read.unwrap_or_else(|_| *self = Reading::FailedChallenge);
            }
            Reading::ReceiptField(reader, field) => {
                let read = push_receipt(reader, field, character, buffer);
                read.unwrap_or_else(|error| *self = Reading::FailedReceipt(error));
            }
            _ => {}
        }
    }

    pub(super) fn finish_answer_field(&mut self, buffer: &[u8]) {
        let Reading::ReceiptField(reader, field) = self else { return };
        let finished = field.finish().map_err(SettlementError::from);
        let reader = core::mem::take(reader);
        *self = match finished.and_then(|()| reader.finish(buffer)) {
            Ok(_) => Reading::Receipt(reader),
            Err(error) => Reading::FailedReceipt(error),
        };
    }
}

fn push_challenge(
    reader: &mut PaymentRequiredReader,
    field: &mut FieldDecoder,
    character: u8,
    buffer: &mut [u8],
) -> Result<(), ChallengeError> {
    if let Some(byte) = field.push(character)? {
        reader.push(byte, buffer)?;
    }
    Ok(())
}

fn push_receipt(
    reader: &mut SettlementReader,
    field: &mut FieldDecoder,
    character: u8,
    buffer: &mut [u8],
) -> Result<(), SettlementError> {
    match field.push(character)? {
        Some(byte) => reader.push(byte, buffer),
        None => Ok(()),
    }
}
