//! How a scheme turns a seller's requirements into a payment: requirements, payer and chain facts
//! in, payload out. Today: `exact` on Solana.

#[cfg(feature = "solana")]
mod exact_solana;
#[cfg(feature = "solana")]
mod token_accounts;

#[cfg(feature = "solana")]
pub use exact_solana::{ExactSolana, MintFacts, SchemeError, TransferFacts};
#[cfg(feature = "solana")]
pub use token_accounts::TokenAccounts;
