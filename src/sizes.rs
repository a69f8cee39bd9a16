//! The sizes of everything that is kept, each with the text that it derives from.
//!
//! Together with the parsers they make the state of a client, of at most [`CLIENT_STATE`] bytes.
//!
//! What streams (the challenge around its entries, descriptions, schemas, bodies) has no size here:
//! it takes no memory.

/// Bytes kept of one entry of `accepts`, as raw JSON.
///
/// Entries seen in the field take 200 to 350 bytes; one with a 256-byte memo takes about 600. A
/// Solana transaction with the longest memo, of 721 bytes, is built in the same memory afterwards.
pub const ENTRY: usize = 721;

/// Objects and arrays inside each other in one entry of `accepts`, the entry included.
///
/// `extra` is at level 2; nothing deeper is ever read, but an entry is parsed recursively, so its
/// depth is stack.
pub const ENTRY_DEPTH: u8 = 8;

/// Bytes of the head of a response: 8 times what Node's HTTP client accepts (16 KiB).
pub const HEAD: u32 = 128 * 1024;

/// Bytes of a body that carries a challenge (x402 version 1).
pub const CHALLENGE_BODY: u32 = 128 * 1024;

/// Bytes of a body that are read only to keep a connection: more, and the connection is closed.
pub const DRAINED_BODY: u32 = 4096;

/// Characters of a reason that the seller gave (`error`, `errorReason`): the longest code of the
/// reference facilitators has 74.
pub const REASON: usize = 80;

/// Characters of a transaction id: a Solana signature in base58 has at most 88, an EVM hash 66.
pub const TRANSACTION_ID: usize = 88;

/// Characters of a network's identifier: `solana:` and 32 characters, or `eip155:` and 20 digits,
/// and room to tell a longer one.
pub const NETWORK: usize = 40;

/// Bytes of a question to a chain's node: `getSignaturesForAddress` before a signature takes 296,
/// `eth_call` of `authorizationState` 296 at most.
pub const RPC_QUESTION: usize = 320;

/// Characters of an address: a Solana one in base58 has at most 44, an EVM one 42.
pub const ADDRESS: usize = 44;

/// Bytes of a memo that the seller asks for (`extra.memo`), in UTF-8: the limit of the
/// specification of the `exact` scheme on Solana.
pub const MEMO: usize = 256;

/// Bytes that a receipt's texts take while it is read: a member's name, the transaction id, the
/// payer, the reason, the network and the amount. They go where the entry was.
pub const RECEIPT: usize =
    RECEIPT_NAME + TRANSACTION_ID + ADDRESS + REASON + NETWORK + RECEIPT_AMOUNT;

/// Characters of a name in a receipt: `errorReason` and `transaction` have 11.
pub const RECEIPT_NAME: usize = 12;

/// Characters of an amount in a receipt: 2^64 has 20 digits.
pub const RECEIPT_AMOUNT: usize = 20;

/// Bytes of what is fresh in a payment, and its signature, in a record: an authorization on EVM
/// chains has 161, Solana takes 150.
pub const SIGNED: usize = 161;

/// Bytes of a payment's record in the journal: an entry, an authorization with its signature (161
/// bytes), and some 60 bytes of numbers and marks. They fit the client's buffer.
pub const RECORD: usize = 960;

/// Bytes of everything that a client keeps on a 32-bit target: [`Memory`](crate::client::Memory)
/// from one payment to the next, and [`Exchange`](crate::client::Exchange) during one.
pub const CLIENT_STATE: usize = 2048;
