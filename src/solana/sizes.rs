//! Every size on the Solana path, in bytes, and what it derives from.
//!
//! Source: <https://solana.com/docs/core/transactions>.

/// An address or a hash.
pub const PUBKEY_LEN: usize = 32;

/// An Ed25519 signature.
pub const SIGNATURE_LEN: usize = 64;

/// The longest memo that we sign. The Memo program itself takes whatever fits
/// the transaction; this bound is what buffers are sized for.
pub const MAX_MEMO_LEN: usize = crate::sizes::MEMO;

/// What a network packet carries, hence the largest transaction of any kind.
pub const PACKET_DATA_SIZE: usize = 1232;

/// Where the message starts in a transaction with two signatures: behind their
/// count and the signatures of the fee payer and of the authority.
pub const MESSAGE_OFFSET: usize = 1 + 2 * SIGNATURE_LEN;

/// A message without a memo: version, header of three, seven counted keys, the
/// blockhash, three counted instructions, and the count of lookup tables.
pub const MESSAGE_LEN_WITHOUT_MEMO: usize =
    1 + 3 + (1 + 7 * PUBKEY_LEN) + PUBKEY_LEN + (1 + INSTRUCTIONS_LEN) + 1;

/// A transaction without a memo: 429 bytes.
pub const TRANSACTION_LEN_WITHOUT_MEMO: usize = MESSAGE_OFFSET + MESSAGE_LEN_WITHOUT_MEMO;

/// A transaction whose memo is 16 bytes in hexadecimal: 496 bytes.
pub const TRANSACTION_LEN_WITH_HEX_MEMO: usize = transaction_len(32);

/// A transaction with the longest memo: 721 bytes.
pub const MAX_TRANSACTION_LEN: usize = transaction_len(MAX_MEMO_LEN);

/// A transaction with a memo of `memo_len` bytes, at most [`MAX_MEMO_LEN`]: the
/// memo program's key, and an instruction of program, accounts, length and text.
pub const fn transaction_len(memo_len: usize) -> usize {
    let length_prefix = if memo_len < 0x80 { 1 } else { 2 };
    TRANSACTION_LEN_WITHOUT_MEMO + PUBKEY_LEN + 1 + 1 + length_prefix + memo_len
}

/// Program, account count, accounts, data length and data of each instruction:
/// SetComputeUnitLimit, SetComputeUnitPrice, TransferChecked.
const INSTRUCTIONS_LEN: usize =
    (1 + 1 + 1 + (1 + 4)) + (1 + 1 + 1 + (1 + 8)) + (1 + 1 + 4 + 1 + (1 + 8 + 1));

const _: () = assert!(MAX_TRANSACTION_LEN <= PACKET_DATA_SIZE);
