//! The record of a payment: what its bytes can be made from again.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::item::{self, Kind};
use super::keys::{self, RequestKey};
use crate::wire::{Network, ProtocolVersion};

/// A payment that may have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRecord<'a> {
    /// Its number: the one that the books reserve its amount under.
    pub number: u32,
    /// The request that it is for.
    pub request: RequestKey,
    /// What the seller accepted, and what was signed.
    pub payment: RecordedPayment<'a>,
}

/// What a payment's bytes are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedPayment<'a> {
    /// The version of the protocol.
    pub version: ProtocolVersion,
    /// The network that is paid on.
    pub network: Network,
    /// The price in atomic units.
    pub amount: u64,
    /// Whether the payment carries a payment identifier, and whether the seller requires it.
    pub identifier: Option<bool>,
    /// The entry of `accepts`, as raw JSON.
    pub entry: &'a [u8],
    /// What is fresh in it, and its signature, as the scheme writes them.
    pub signed: &'a [u8],
}

/// Why an item is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordError {
    /// It was not written by a journal.
    Foreign,
    /// It was written in another version of the format: by another firmware.
    Format {
        /// That version.
        version: u8,
    },
    /// It is damaged.
    Corrupt,
    /// It does not fit a buffer of this size in bytes.
    TooLarge {
        /// Bytes that there is room for.
        capacity: usize,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Foreign => f.write_str("what is stored is not of a journal"),
            RecordError::Format { version } => {
                write!(f, "the journal is in format {version}, of another firmware")
            }
            RecordError::Corrupt => f.write_str("the journal is damaged"),
            RecordError::TooLarge { capacity } => {
                write!(f, "a record of the journal does not fit {capacity} bytes")
            }
        }
    }
}

impl core::error::Error for RecordError {}

/// The record as it is written.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    number: u32,
    request: RequestKey,
    version: u8,
    network: [u8; 9],
    amount: u64,
    identifier: Option<bool>,
    entry: &'a [u8],
    signed: &'a [u8],
}

impl<'a> PaymentRecord<'a> {
    /// Writes it to the front of `buffer`; answers its length.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`].
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, RecordError> {
        let payment = &self.payment;
        let written = Written {
            number: self.number,
            request: self.request,
            version: payment.version.number(),
            network: keys::network_code(payment.network),
            amount: payment.amount,
            identifier: payment.identifier,
            entry: payment.entry,
            signed: payment.signed,
        };
        item::write(Kind::Payment, &written, buffer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read(item: &'a [u8]) -> Result<Self, RecordError> {
        let written: Written<'a> = item::read(Kind::Payment, item)?;
        let payment = RecordedPayment {
            version: ProtocolVersion::from_number(written.version).ok_or(RecordError::Corrupt)?,
            network: keys::network_of(&written.network).ok_or(RecordError::Corrupt)?,
            amount: written.amount,
            identifier: written.identifier,
            entry: written.entry,
            signed: written.signed,
        };
        Ok(PaymentRecord { number: written.number, request: written.request, payment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: PaymentRecord<'static> = PaymentRecord {
        number: 300,
        request: RequestKey::from_bytes([7; RequestKey::LEN]),
        payment: RecordedPayment {
            version: ProtocolVersion::V2,
            network: Network::Eip155(84_532),
            amount: u64::MAX,
            identifier: Some(true),
            entry: b"{\"scheme\":\"exact\"}",
            signed: &[9; 161],
        },
    };

    #[test]
    fn what_was_written_is_read() {
        let mut buffer = [0; 512];
        for version in [ProtocolVersion::V1, ProtocolVersion::V2] {
            for identifier in [None, Some(false), Some(true)] {
                let payment = RecordedPayment { version, identifier, ..RECORD.payment };
                let record = PaymentRecord { payment, ..RECORD };
                let length = record.write(&mut buffer).unwrap();
                assert_eq!(PaymentRecord::read(&buffer[..length]), Ok(record));
            }
        }
    }

    #[test]
    fn every_cut_and_every_bit_is_noticed() {
        let mut buffer = [0; 512];
        let length = RECORD.write(&mut buffer).unwrap();
        for cut in 0..length {
            assert!(PaymentRecord::read(&buffer[..cut]).is_err(), "{cut}");
        }
        for bit in 0..length * 8 {
            let mut damaged = buffer;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(PaymentRecord::read(&damaged[..length]).is_err(), "{bit}");
        }
    }

    /// The largest of all fits the client's buffer.
    #[test]
    fn the_largest_fits() {
        let entry = [b' '; crate::sizes::ENTRY];
        let payment = RecordedPayment { entry: &entry, ..RECORD.payment };
        let record = PaymentRecord { number: u32::MAX, payment, ..RECORD };
        assert!(record.write(&mut [0; crate::sizes::RECORD]).is_ok());
    }
}
