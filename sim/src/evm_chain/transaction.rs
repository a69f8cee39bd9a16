//! Signed transactions: from network bytes to a sender, or why not.

use alloy_consensus::{
    Transaction, TxEnvelope,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::Decodable2718;
use alloy_primitives::U256;

/// Why a transaction may not be mined, in geth's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// No transaction at all.
    #[error("{0}")]
    Malformed(String),
    /// A type that this chain does not take: blobs.
    #[error("transaction type not supported")]
    UnsupportedType,
    /// The signature is nobody's.
    #[error("invalid sender")]
    InvalidSender,
    /// A legacy signature without a chain id, which would be good on every chain.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// Signed for another chain.
    #[error("invalid sender: invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// The transaction's.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// It was mined before.
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction had this nonce.
    #[error("nonce too low: next nonce {next}, tx nonce {tx}")]
    NonceTooLow {
        /// The sender's next nonce.
        next: u64,
        /// The transaction's.
        tx: u64,
    },
    /// There are transactions missing before this one. A node would keep it; this chain does not.
    #[error("nonce too high: next nonce {next}, tx nonce {tx}")]
    NonceTooHigh {
        /// The sender's next nonce.
        next: u64,
        /// The transaction's.
        tx: u64,
    },
    /// The sender cannot pay for the gas and the value.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// Wei that it has.
        balance: U256,
        /// Wei that the transaction may cost.
        cost: U256,
    },
    /// The gas limit does not even pay for the transaction's data.
    #[error("intrinsic gas too low: gas {gas_limit}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's limit.
        gas_limit: u64,
        /// What its data costs.
        needed: u64,
    },
    /// The gas limit is above a block's.
    #[error("exceeds block gas limit")]
    BlockGasLimit,
    /// The fee is below the base fee. A node would keep it; this chain does not.
    #[error("transaction underpriced: max fee per gas less than block base fee")]
    Underpriced,
    /// The priority fee is above the fee.
    #[error("max priority fee per gas higher than max fee per gas")]
    TipAboveFeeCap,
    /// Anything else that the machine finds.
    #[error("{0}")]
    Refused(String),
}

/// Reads a transaction for the chain with this id and finds who signed it.
pub(super) fn decode(
    bytes: &[u8],
    chain_id: u64,
) -> Result<Recovered<TxEnvelope>, TransactionError> {
    let transaction = TxEnvelope::decode_2718_exact(bytes)
        .map_err(|error| TransactionError::Malformed(error.to_string()))?;
    if transaction.is_eip4844() {
        return Err(TransactionError::UnsupportedType);
    }
    match transaction.chain_id() {
        None => return Err(TransactionError::Unprotected),
        Some(have) if have != chain_id => {
            return Err(TransactionError::ChainId { have, want: chain_id });
        }
        Some(_) => {}
    }
    transaction.try_into_recovered().map_err(|_| TransactionError::InvalidSender)
}
