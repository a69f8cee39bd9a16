//! Reads what the answer says in its x402 fields: a challenge, a receipt, or a reason.

use crate::codec::base64::{BLOCK, Base64Error, Decoder};
use crate::wire::{PaymentRequiredReader, SettlementError, SettlementReader};

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
    /// Gives the bytes that the characters complete to `sink`, some at a time, and before any error
    /// behind them.
    pub(super) fn decode<E: From<Base64Error>>(
        &mut self,
        mut characters: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut block = [0; BLOCK];
        while !characters.is_empty() {
            let (taken, text) = self.decode_some(characters, &mut block)?;
            sink(text)?;
            characters = characters.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    fn decode_some<'b>(
        &mut self,
        characters: &[u8],
        block: &'b mut [u8; BLOCK],
    ) -> Result<(usize, &'b [u8]), Base64Error> {
        match characters.first() {
            Some(b' ' | b'\t') => {
                self.ended = true;
                Ok((1, &[]))
            }
            Some(character) if self.ended => Err(Base64Error::Unexpected(*character)),
            _ => self.base64.decode(characters, block),
        }
    }

    pub(super) fn finish(&self) -> Result<(), Base64Error> {
        self.base64.finish()
    }
}

impl Reading {
    /// Takes characters of a field of the answer to a payment.
    ///
    /// Its texts go to `buffer`. What can't be read is remembered as such, since another field or
    /// the status may say more.
    pub(super) fn answer_characters(&mut self, characters: &[u8], buffer: &mut [u8]) {
        match self {
            Reading::Challenge(reader, field) => {
                let read = field.decode(characters, |text| reader.push_all(text, buffer));
                read.unwrap_or_else(|_| *self = Reading::FailedChallenge);
            }
            Reading::ReceiptField(reader, field) => {
                let read = field.decode(characters, |text| reader.push_all(text, buffer));
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
