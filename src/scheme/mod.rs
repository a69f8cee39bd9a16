//! How a scheme turns a seller's requirements into a payment: requirements, payer and chain facts
//! in, payload out. Today: `exact` on Solana and on EVM chains.

mod error;
#[cfg(feature = "evm")]
mod exact_evm;
#[cfg(feature = "solana")]
mod exact_solana;
#[cfg(feature = "solana")]
mod token_accounts;

pub use error::SchemeError;
#[cfg(feature = "evm")]
pub use exact_evm::ExactEvm;
#[cfg(feature = "solana")]
pub use exact_solana::{ExactSolana, MintFacts, TransferFacts};
#[cfg(feature = "solana")]
pub use token_accounts::TokenAccounts;
