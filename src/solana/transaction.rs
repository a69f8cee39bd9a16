//! A transaction of two signers in one buffer.
//!
//! ```text
//! 0    1                65                     129
//! | 2  | fee payer's    | authority's          | message ...
//! ```
//!
//! The message is written where it stays, is signed there, and the signature is
//! put in front of it. The fee payer's signature remains zero: that one is added
//! by whoever pays the fee.
//!
//! Source: <https://solana.com/docs/core/transactions>.

use core::fmt;

use super::{
    Blockhash, MessageError, Pubkey, TransferMessage,
    sizes::{MESSAGE_OFFSET, PUBKEY_LEN, SIGNATURE_LEN},
};

/// A view of the bytes of a transaction, exactly as long as they are.
///
/// It keeps no state of its own: note the length, let the view go, and take
/// another one with [`Transaction::new_checked`] when it is needed again.
///
/// ```
/// # use embedded_x402::solana::{MessageError, Transaction, TransferMessage, sizes};
/// # fn sign(_: &[u8]) -> [u8; 64] { [0; 64] }
/// # fn example(transfer: &TransferMessage<'_>) -> Result<(), MessageError> {
/// let mut buffer = [0; sizes::MAX_TRANSACTION_LEN];
/// let mut transaction = Transaction::build(transfer, &mut buffer)?;
/// let signature = sign(transaction.message());
/// transaction.set_signature(&signature);
/// let bytes_to_send = transaction.as_bytes();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Transaction<T> {
    bytes: T,
}

impl<'b> Transaction<&'b mut [u8]> {
    /// Builds the transaction, unsigned, at the front of `buffer`.
    ///
    /// # Errors
    /// As [`TransferMessage::encode`]; `buffer` is then unchanged. The size that
    /// [`MessageError::BufferTooSmall`] names is the whole transaction's.
    pub fn build(
        message: &TransferMessage<'_>,
        buffer: &'b mut [u8],
    ) -> Result<Self, MessageError> {
        let needed = MESSAGE_OFFSET + message.encoded_len();
        let too_small = MessageError::BufferTooSmall { needed };
        let bytes = buffer.get_mut(..needed).ok_or(too_small)?;
        let (signatures, rest) = bytes.split_first_chunk_mut().ok_or(too_small)?;
        message.encode(rest)?;
        *signatures = UNSIGNED;
        Ok(Self { bytes })
    }
}

impl<T: AsRef<[u8]>> Transaction<T> {
    /// Views bytes that [`Transaction::build`] made.
    ///
    /// # Errors
    /// [`NotATransaction`] if they cannot be that.
    pub fn new_checked(bytes: T) -> Result<Self, NotATransaction> {
        match bytes.as_ref().split_first_chunk::<MESSAGE_OFFSET>() {
            Some(([SIGNATURES, ..], [_, ..])) => Ok(Self { bytes }),
            _ => Err(NotATransaction),
        }
    }

    /// The whole transaction, as it goes over the wire.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The message: what both signers sign.
    pub fn message(&self) -> &[u8] {
        self.as_bytes().get(MESSAGE_OFFSET..).unwrap_or_default()
    }
}

impl<T: AsRef<[u8]>> Transaction<T> {
    /// Who pays the fee: the message's first account.
    pub fn fee_payer(&self) -> Option<Pubkey> {
        // Before the accounts: the version, three counts of the header, and their own count.
        let accounts = self.message().get(5..)?;
        accounts.first_chunk().map(|key| Pubkey::new(*key))
    }

    /// What decides until when it can land.
    pub fn recent_blockhash(&self) -> Option<Blockhash> {
        let (count, accounts) = self.message().get(4..)?.split_first()?;
        let blockhash = accounts.get(usize::from(*count) * PUBKEY_LEN..)?;
        blockhash.first_chunk().map(|hash| Blockhash::new(*hash))
    }
}

impl<T: AsMut<[u8]>> Transaction<T> {
    /// Puts the authority's signature of the message in its place.
    pub fn set_signature(&mut self, signature: &[u8; SIGNATURE_LEN]) {
        let place = self.bytes.as_mut().get_mut(AUTHORITY_SIGNATURE..);
        if let Some(place) = place.and_then(<[u8]>::first_chunk_mut) {
            *place = *signature;
        }
    }
}

/// The bytes are too short or have another number of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NotATransaction;

impl fmt::Display for NotATransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are not a transaction of two signers")
    }
}

impl core::error::Error for NotATransaction {}

const SIGNATURES: u8 = 2;
const AUTHORITY_SIGNATURE: usize = 1 + SIGNATURE_LEN;

const UNSIGNED: [u8; MESSAGE_OFFSET] = {
    let mut bytes = [0; MESSAGE_OFFSET];
    bytes[0] = SIGNATURES;
    bytes
};

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::solana::{reference_payments::RANDOM_MEMO, sizes};

    #[test]
    fn lays_out_count_signatures_message() {
        let mut buffer = [0xaa; 600];
        let mut transaction = Transaction::build(&RANDOM_MEMO.transfer(), &mut buffer).unwrap();
        transaction.set_signature(&[0x55; 64]);
        let mut message = [0; 367];
        RANDOM_MEMO.transfer().encode(&mut message).unwrap();

        let bytes = transaction.as_bytes();
        assert_eq!(bytes.len(), sizes::TRANSACTION_LEN_WITH_HEX_MEMO);
        assert_eq!(bytes[0], 2);
        assert_eq!(bytes[1..65], [0; 64]);
        assert_eq!(bytes[65..129], [0x55; 64]);
        assert_eq!(bytes[129..], message);
        assert_eq!(transaction.message(), message);
    }

    #[test]
    fn can_be_viewed_again() {
        let mut buffer = [0; 600];
        let len = {
            let transaction = Transaction::build(&RANDOM_MEMO.transfer(), &mut buffer).unwrap();
            transaction.as_bytes().len()
        };
        let mut again = Transaction::new_checked(&mut buffer[..len]).unwrap();
        again.set_signature(&[1; 64]);
        let shared = Transaction::new_checked(&buffer[..len]).unwrap();
        assert_eq!(shared.message().len(), 367);
        assert_eq!(shared.as_bytes()[65..129], [1; 64]);
    }

    #[test]
    fn other_bytes_are_refused() {
        let mut bytes = [0; 496];
        assert!(Transaction::new_checked(&bytes).is_err());
        bytes[0] = 2;
        assert!(Transaction::new_checked(&bytes).is_ok());
        assert!(Transaction::new_checked(&bytes[..MESSAGE_OFFSET]).is_err());
        assert!(Transaction::new_checked([]).is_err());
    }

    #[test]
    fn refusals_leave_the_buffer_alone() {
        let mut reused = RANDOM_MEMO.transfer();
        reused.authority = reused.fee_payer;
        let mut buffer = [0xaa; 600];
        let error = Transaction::build(&reused, &mut buffer).err();
        assert_eq!(error, Some(MessageError::FeePayerReused));

        let error = Transaction::build(&RANDOM_MEMO.transfer(), &mut buffer[..495]).err();
        assert_eq!(error, Some(MessageError::BufferTooSmall { needed: 496 }));
        assert_eq!(buffer, [0xaa; 600]);
    }
}
