//! Solana: keys, accounts, messages, transactions: no x402 words here.
//!
//! [`TransferMessage`] says what a token transfer does; [`Transaction`] builds
//! it in a buffer of the caller's, gives out the bytes to sign and takes the
//! signature. [`associated_token_address`] finds the accounts that it moves
//! tokens between. Nothing here talks to a network or allocates.

mod associated_token_account;
mod base58_bytes;
mod blockhash;
mod curve;
mod message;
mod program_address;
pub mod program_id;
mod pubkey;
mod signature;
pub mod sizes;
mod token_program;
mod transaction;

pub use associated_token_account::associated_token_address;
pub use blockhash::Blockhash;
pub use curve::is_on_curve;
pub use message::{MessageError, TransferMessage};
pub use program_address::{ProgramAddressError, find_program_address};
pub use pubkey::Pubkey;
pub use signature::Signature;
pub use token_program::TokenProgram;
pub use transaction::{NotATransaction, Transaction};

#[cfg(test)]
mod decoded_message;
#[cfg(test)]
pub(crate) mod reference_payments;
