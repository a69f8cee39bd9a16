//! How an item is written: a mark of its kind and format, its content, and a checksum over both.
//!
//! The content is in the postcard format, whose specification is stable; the checksum is the front
//! of SHA-256.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::record::RecordError;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Books,
    Payment,
}

/// The version of the format of both kinds.
const FORMAT: u8 = 1;

const MARK: usize = 4;
const CHECKSUM: usize = 8;

/// Bytes of an item besides its content.
pub(super) const OVERHEAD: usize = MARK + CHECKSUM;

/// Writes an item to the front of `buffer`; answers its length.
pub(super) fn write(
    kind: Kind,
    content: &impl Serialize,
    buffer: &mut [u8],
) -> Result<usize, RecordError> {
    let capacity = buffer.len();
    let too_large = RecordError::TooLarge { capacity };
    let (mark, rest) = buffer.split_first_chunk_mut::<MARK>().ok_or(too_large)?;
    *mark = kind.mark();
    let room = rest.len().checked_sub(CHECKSUM).ok_or(too_large)?;
    let room = rest.get_mut(..room).ok_or(too_large)?;
    let length = MARK + postcard::to_slice(content, room).map_err(|_| too_large)?.len();
    let (item, rest) = buffer.split_at_mut_checked(length).ok_or(too_large)?;
    *rest.first_chunk_mut().ok_or(too_large)? = checksum(item);
    Ok(length + CHECKSUM)
}

/// Reads an item that was written by [`write`].
pub(super) fn read<'a, T: Deserialize<'a>>(kind: Kind, item: &'a [u8]) -> Result<T, RecordError> {
    let (content, sum) = item.split_last_chunk().ok_or(RecordError::Corrupt)?;
    let (mark, body) = content.split_first_chunk::<MARK>().ok_or(RecordError::Corrupt)?;
    if mark.first_chunk::<3>() != kind.mark().first_chunk() {
        return Err(RecordError::Foreign);
    }
    if checksum(content) != *sum {
        return Err(RecordError::Corrupt);
    }
    if *mark != kind.mark() {
        return Err(RecordError::Format { version: mark[MARK - 1] });
    }
    match postcard::take_from_bytes(body) {
        Ok((content, [])) => Ok(content),
        _ => Err(RecordError::Corrupt),
    }
}

impl Kind {
    const fn mark(self) -> [u8; MARK] {
        let kind = match self {
            Kind::Books => b'B',
            Kind::Payment => b'P',
        };
        [b'x', b'4', kind, FORMAT]
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    core::array::from_fn(|index| hash.get(index).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> ([u8; 32], usize) {
        let mut buffer = [0; 32];
        let length = write(Kind::Books, &(7u32, [1u8, 2, 3]), &mut buffer).unwrap();
        (buffer, length)
    }

    fn parse(item: &[u8]) -> Result<(u32, [u8; 3]), RecordError> {
        read(Kind::Books, item)
    }

    #[test]
    fn what_was_written_is_read() {
        let (item, length) = written();
        assert_eq!(parse(&item[..length]), Ok((7, [1, 2, 3])));
    }

    #[test]
    fn every_cut_is_noticed() {
        let (item, length) = written();
        for cut in 0..length {
            assert!(parse(&item[..cut]).is_err(), "{cut}");
        }
        assert!(parse(&item[..length + 1]).is_err());
    }

    #[test]
    fn every_bit_counts() {
        let (item, length) = written();
        for bit in 0..length * 8 {
            let mut damaged = item;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(parse(&damaged[..length]).is_err(), "{bit}");
        }
    }

    #[test]
    fn other_kinds_and_formats_are_told_apart() {
        let (mut item, length) = written();
        let as_payment = read::<(u32, [u8; 3])>(Kind::Payment, &item[..length]);
        assert_eq!(as_payment, Err(RecordError::Foreign));
        item[3] = 9;
        let sum = checksum(&item[..length - CHECKSUM]);
        item[length - CHECKSUM..length].copy_from_slice(&sum);
        assert_eq!(parse(&item[..length]), Err(RecordError::Format { version: 9 }));
    }

    #[test]
    fn a_buffer_may_be_too_small() {
        let (_, length) = written();
        for capacity in 0..length {
            let mut buffer = [0; 32];
            let result = write(Kind::Books, &(7u32, [1u8, 2, 3]), &mut buffer[..capacity]);
            assert_eq!(result, Err(RecordError::TooLarge { capacity }));
        }
    }
}
