//! The version-0 message that transfers tokens, fee paid by somebody else.
//!
//! | part | bytes |
//! |---|---|
//! | version | `0x80` |
//! | header | signers, read-only signers, read-only others |
//! | account keys | fee payer, authority (read-only) · source, destination · compute budget, memo, token program, mint (read-only) |
//! | recent blockhash | 32 |
//! | instructions | SetComputeUnitLimit, SetComputeUnitPrice, TransferChecked, Memo |
//! | address lookup tables | none |
//!
//! Without a memo its program's key is absent too. Counts are "short vec"
//! lengths: seven bits a byte, least significant first.
//!
//! Sources: <https://solana.com/docs/core/transactions>, the SPL Token and
//! Compute Budget programs' instruction enums.

use core::{fmt, mem};

use super::{Blockhash, Pubkey, TokenProgram, program_id, sizes::MAX_MEMO_LEN};

/// A transfer of tokens from `source` to `destination`, signed by `authority`,
/// its fee paid by `fee_payer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TransferMessage<'a> {
    /// Who pays the network fee. Must appear nowhere else, so that the transfer
    /// can touch nothing of the fee payer's.
    pub fee_payer: Pubkey,
    /// Who owns the tokens in `source`.
    pub authority: Pubkey,
    /// The token account to take from.
    pub source: Pubkey,
    /// The token account to give to.
    pub destination: Pubkey,
    /// The token's mint.
    pub mint: Pubkey,
    /// The program that owns the mint.
    pub token_program: TokenProgram,
    /// How much, in the token's atomic units.
    pub amount: u64,
    /// The mint's decimals; the chain refuses the transfer if they are others.
    pub decimals: u8,
    /// The block that dates the transaction.
    pub recent_blockhash: Blockhash,
    /// The most that the transaction may compute, in compute units.
    pub compute_unit_limit: u32,
    /// The priority fee, in millionths of a lamport per compute unit.
    pub compute_unit_price: u64,
    /// The memo, UTF-8, at most [`MAX_MEMO_LEN`] bytes.
    pub memo: Option<&'a [u8]>,
}

impl TransferMessage<'_> {
    /// The length of the message, in bytes.
    pub fn encoded_len(&self) -> usize {
        let mut len = 0;
        self.emit(&mut |piece| len += piece.len());
        len
    }

    /// Writes the message to the front of `buffer` and returns it.
    ///
    /// # Errors
    /// A transfer that must not be signed, or a buffer that is too small: then
    /// `buffer` is unchanged.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], MessageError> {
        self.check()?;
        let needed = self.encoded_len();
        let message = buffer.get_mut(..needed).ok_or(MessageError::BufferTooSmall { needed })?;
        let mut rest = &mut *message;
        self.emit(&mut |piece| append(&mut rest, piece));
        Ok(message)
    }

    fn check(&self) -> Result<(), MessageError> {
        if self.memo.is_some_and(|memo| memo.len() > MAX_MEMO_LEN) {
            return Err(MessageError::MemoTooLong);
        }
        if self.account_keys().skip(1).any(|key| *key == self.fee_payer) {
            return Err(MessageError::FeePayerReused);
        }
        if self.source == self.destination {
            return Err(MessageError::SourceIsDestination);
        }
        if self.has_duplicate_account() {
            return Err(MessageError::DuplicateAccount);
        }
        Ok(())
    }

    fn has_duplicate_account(&self) -> bool {
        let is_repeated =
            |(index, key)| self.account_keys().skip(index + 1).any(|other| other == key);
        self.account_keys().enumerate().any(is_repeated)
    }

    /// In the order of the message: signers, writable, read-only.
    fn account_keys(&self) -> impl Iterator<Item = &Pubkey> {
        let keys = [
            Some(&self.fee_payer),
            Some(&self.authority),
            Some(&self.source),
            Some(&self.destination),
            Some(&program_id::COMPUTE_BUDGET),
            self.memo.map(|_| &program_id::MEMO),
            Some(self.token_program.id()),
            Some(&self.mint),
        ];
        keys.into_iter().flatten()
    }

    /// Hands out the message piece by piece.
    fn emit(&self, put: &mut impl FnMut(&[u8])) {
        let memos = u8::from(self.memo.is_some());
        put(&[VERSION_0]);
        put(&[SIGNERS, READ_ONLY_SIGNERS, READ_ONLY_OTHERS + memos]);
        put(&[ACCOUNTS + memos]);
        for key in self.account_keys() {
            put(key.as_bytes());
        }
        put(self.recent_blockhash.as_bytes());
        put(&[INSTRUCTIONS + memos]);
        self.emit_compute_budget(put);
        self.emit_transfer(put, MEMO_PROGRAM + memos);
        if let Some(memo) = self.memo {
            emit_instruction(put, MEMO_PROGRAM, &[], &[memo]);
        }
        put(&[NO_LOOKUP_TABLES]);
    }

    fn emit_compute_budget(&self, put: &mut impl FnMut(&[u8])) {
        let limit = self.compute_unit_limit.to_le_bytes();
        let price = self.compute_unit_price.to_le_bytes();
        emit_instruction(put, COMPUTE_BUDGET, &[], &[&[SET_COMPUTE_UNIT_LIMIT], &limit]);
        emit_instruction(put, COMPUTE_BUDGET, &[], &[&[SET_COMPUTE_UNIT_PRICE], &price]);
    }

    fn emit_transfer(&self, put: &mut impl FnMut(&[u8]), token_program: u8) {
        let mint = token_program + 1;
        let accounts = [SOURCE, mint, DESTINATION, AUTHORITY];
        let amount = self.amount.to_le_bytes();
        let data: [&[u8]; 3] = [&[TRANSFER_CHECKED], &amount, &[self.decimals]];
        emit_instruction(put, token_program, &accounts, &data);
    }
}

/// Why a transfer is not turned into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MessageError {
    /// The buffer has fewer than `needed` bytes.
    BufferTooSmall {
        /// Bytes that would do.
        needed: usize,
    },
    /// The memo has more than [`MAX_MEMO_LEN`] bytes.
    MemoTooLong,
    /// The fee payer is the authority, one of the accounts or a program as well.
    FeePayerReused,
    /// The tokens would go where they come from.
    SourceIsDestination,
    /// Another key stands in two places, which the chain refuses.
    DuplicateAccount,
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => write!(f, "the buffer needs {needed} bytes"),
            Self::MemoTooLong => write!(f, "the memo is longer than {MAX_MEMO_LEN} bytes"),
            Self::FeePayerReused => f.write_str("the fee payer takes part in the transfer itself"),
            Self::SourceIsDestination => f.write_str("source and destination are one account"),
            Self::DuplicateAccount => f.write_str("one key stands for two parts of the transfer"),
        }
    }
}

impl core::error::Error for MessageError {}

fn emit_instruction(put: &mut impl FnMut(&[u8]), program: u8, accounts: &[u8], data: &[&[u8]]) {
    put(&[program]);
    emit_short_vec_len(put, accounts.len());
    put(accounts);
    emit_short_vec_len(put, data.iter().map(|piece| piece.len()).sum());
    for piece in data {
        put(piece);
    }
}

fn emit_short_vec_len(put: &mut impl FnMut(&[u8]), mut len: usize) {
    while len >= 0x80 {
        put(&[len as u8 | 0x80]);
        len >>= 7;
    }
    put(&[len as u8]);
}

fn append(rest: &mut &mut [u8], piece: &[u8]) {
    if let Some((front, back)) = mem::take(rest).split_at_mut_checked(piece.len()) {
        front.copy_from_slice(piece);
        *rest = back;
    }
}

/// The top bit marks a versioned message, the others are the version.
const VERSION_0: u8 = 0x80;

/// Fee payer and authority.
const SIGNERS: u8 = 2;
/// The authority.
const READ_ONLY_SIGNERS: u8 = 1;
/// Compute budget, token program and mint; the memo program comes on top.
const READ_ONLY_OTHERS: u8 = 3;
/// All keys but the memo program's.
const ACCOUNTS: u8 = 7;
/// All instructions but the memo.
const INSTRUCTIONS: u8 = 3;
const NO_LOOKUP_TABLES: u8 = 0;

// Places in the account keys.
const AUTHORITY: u8 = 1;
const SOURCE: u8 = 2;
const DESTINATION: u8 = 3;
const COMPUTE_BUDGET: u8 = 4;
/// If there is one; else the token program is here. The mint follows that.
const MEMO_PROGRAM: u8 = 5;

// First bytes of an instruction's data.
const SET_COMPUTE_UNIT_LIMIT: u8 = 2;
const SET_COMPUTE_UNIT_PRICE: u8 = 3;
const TRANSFER_CHECKED: u8 = 12;

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::prelude::*;
    use std::{string::ToString, vec::Vec};

    use super::*;
    use crate::solana::{
        decoded_message::{DecodedMessage, Instruction},
        reference_payments::{RANDOM_MEMO, SELLER_MEMO},
        sizes,
    };

    fn encode(transfer: &TransferMessage<'_>) -> Vec<u8> {
        let mut buffer = [0; 1024];
        transfer.encode(&mut buffer).unwrap().to_vec()
    }

    #[test]
    fn says_what_the_reference_payments_say() {
        for payment in [RANDOM_MEMO, SELLER_MEMO] {
            let transaction = payment.transaction();
            let reference = DecodedMessage::parse(&transaction[sizes::MESSAGE_OFFSET..]).unwrap();
            let ours = DecodedMessage::parse(&encode(&payment.transfer())).unwrap();
            assert_eq!(ours.header, reference.header);
            assert_eq!(ours.blockhash, reference.blockhash);
            assert_eq!(ours.instructions, reference.instructions);
            for (ours, reference) in ours.groups().iter().zip(reference.groups()) {
                assert_eq!(*ours, reference);
            }
        }
    }

    #[test]
    fn without_a_memo_nothing_of_it_is_left() {
        let transfer = TransferMessage { memo: None, ..RANDOM_MEMO.transfer() };
        let bytes = encode(&transfer);
        let decoded = DecodedMessage::parse(&bytes).unwrap();
        assert_eq!(bytes.len(), sizes::MESSAGE_LEN_WITHOUT_MEMO);
        assert_eq!(decoded.header, [2, 1, 3]);
        assert_eq!(decoded.keys.len(), 7);
        assert_eq!(decoded.instructions.len(), 3);
        assert!(!decoded.keys.contains(&program_id::MEMO));
    }

    #[test]
    fn sizes_are_as_documented() {
        assert_eq!(sizes::TRANSACTION_LEN_WITHOUT_MEMO, 429);
        assert_eq!(sizes::TRANSACTION_LEN_WITH_HEX_MEMO, 496);
        assert_eq!(sizes::MAX_TRANSACTION_LEN, 721);
        let text = [b'm'; MAX_MEMO_LEN];
        for len in 0..=MAX_MEMO_LEN {
            let transfer = TransferMessage { memo: Some(&text[..len]), ..RANDOM_MEMO.transfer() };
            let expected = sizes::transaction_len(len) - sizes::MESSAGE_OFFSET;
            assert_eq!(transfer.encoded_len(), expected);
        }
    }

    #[test]
    fn a_small_buffer_is_told_what_is_needed_and_left_alone() {
        let transfer = RANDOM_MEMO.transfer();
        for len in 0..transfer.encoded_len() {
            let mut buffer = std::vec![0xaa; len];
            let error = transfer.encode(&mut buffer).unwrap_err();
            assert_eq!(error, MessageError::BufferTooSmall { needed: 367 });
            assert!(buffer.iter().all(|&byte| byte == 0xaa));
        }
        assert_eq!(
            MessageError::BufferTooSmall { needed: 367 }.to_string(),
            "the buffer needs 367 bytes"
        );
    }

    /// The transfer with one of its seven keys replaced.
    fn with_key(index: usize, key: Pubkey) -> TransferMessage<'static> {
        let mut transfer = RANDOM_MEMO.transfer();
        *match index {
            0 => &mut transfer.fee_payer,
            1 => &mut transfer.authority,
            2 => &mut transfer.source,
            3 => &mut transfer.destination,
            _ => &mut transfer.mint,
        } = key;
        transfer
    }

    #[test]
    fn any_key_in_two_places_is_refused_before_a_byte_is_written() {
        let original = RANDOM_MEMO.transfer();
        let keys: Vec<Pubkey> = original.account_keys().copied().collect();
        for replaced in 0..5 {
            let own_key = if replaced == 4 { original.mint } else { keys[replaced] };
            for &key in keys.iter().filter(|&&key| key != own_key) {
                let mut buffer = [0xaa; 1024];
                let result = with_key(replaced, key).encode(&mut buffer).map(<[u8]>::len);
                let expected = match (replaced, key) {
                    (0, _) => MessageError::FeePayerReused,
                    (_, key) if key == original.fee_payer => MessageError::FeePayerReused,
                    (2, key) if key == original.destination => MessageError::SourceIsDestination,
                    (3, key) if key == original.source => MessageError::SourceIsDestination,
                    _ => MessageError::DuplicateAccount,
                };
                assert_eq!(result, Err(expected), "{replaced} is {key}");
                assert_eq!(buffer, [0xaa; 1024]);
            }
        }
    }

    #[test]
    fn a_memo_of_257_bytes_is_refused() {
        let text = [b'm'; MAX_MEMO_LEN + 1];
        let transfer = TransferMessage { memo: Some(&text), ..RANDOM_MEMO.transfer() };
        let result = transfer.encode(&mut [0; 1024]).map(<[u8]>::len);
        assert_eq!(result, Err(MessageError::MemoTooLong));
    }

    #[test]
    fn short_vec_lengths_are_those_of_the_solana_documentation() {
        let cases: [(usize, &[u8]); 8] = [
            (0, &[0x00]),
            (0x7f, &[0x7f]),
            (0x80, &[0x80, 0x01]),
            (0xff, &[0xff, 0x01]),
            (0x100, &[0x80, 0x02]),
            (0x7fff, &[0xff, 0xff, 0x01]),
            (0x8000, &[0x80, 0x80, 0x02]),
            (0xffff, &[0xff, 0xff, 0x03]),
        ];
        for (len, expected) in cases {
            let mut bytes = Vec::new();
            emit_short_vec_len(&mut |piece| bytes.extend_from_slice(piece), len);
            assert_eq!(bytes, expected);
        }
    }

    prop_compose! {
        fn transfer()(
            keys: [[u8; 32]; 5],
            token_2022: bool,
            amount: u64,
            decimals: u8,
            blockhash: [u8; 32],
            compute_unit_limit: u32,
            compute_unit_price: u64,
        ) -> TransferMessage<'static> {
            let [fee_payer, authority, source, destination, mint] = keys.map(Pubkey::new);
            TransferMessage {
                fee_payer, authority, source, destination, mint,
                token_program: if token_2022 { TokenProgram::Token2022 } else { TokenProgram::Token },
                amount,
                decimals,
                recent_blockhash: Blockhash::new(blockhash),
                compute_unit_limit,
                compute_unit_price,
                memo: None,
            }
        }
    }

    /// The instructions that a transfer stands for, written out.
    fn instructions(transfer: &TransferMessage<'_>) -> Vec<Instruction> {
        let instruction = |program: &Pubkey, accounts: &[Pubkey], data: &[&[u8]]| Instruction {
            program: *program,
            accounts: accounts.to_vec(),
            data: data.concat(),
        };
        let limit = transfer.compute_unit_limit.to_le_bytes();
        let price = transfer.compute_unit_price.to_le_bytes();
        let amount = transfer.amount.to_le_bytes();
        let accounts = [transfer.source, transfer.mint, transfer.destination, transfer.authority];
        let mut all = std::vec![
            instruction(&program_id::COMPUTE_BUDGET, &[], &[&[2], &limit]),
            instruction(&program_id::COMPUTE_BUDGET, &[], &[&[3], &price]),
            instruction(
                transfer.token_program.id(),
                &accounts,
                &[&[12], &amount, &[transfer.decimals]],
            ),
        ];
        all.extend(transfer.memo.map(|memo| instruction(&program_id::MEMO, &[], &[memo])));
        all
    }

    proptest! {
        #[test]
        fn decodes_to_what_was_encoded(
            transfer in transfer(),
            memo in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..=MAX_MEMO_LEN)),
        ) {
            let transfer = TransferMessage { memo: memo.as_deref(), ..transfer };
            let decoded = DecodedMessage::parse(&encode(&transfer)).unwrap();
            prop_assert_eq!(decoded.blockhash, transfer.recent_blockhash);
            prop_assert_eq!(&decoded.keys[..2], &[transfer.fee_payer, transfer.authority]);
            prop_assert_eq!(&decoded.keys[2..4], &[transfer.source, transfer.destination]);
            prop_assert_eq!(&decoded.instructions, &instructions(&transfer));
        }
    }
}
