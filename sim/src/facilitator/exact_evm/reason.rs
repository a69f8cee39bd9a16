//! Why a payment on an EVM chain is refused.

use super::super::reason;
use crate::x402::Version;

/// What the facilitator objects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The scheme is not `exact`, in the payment or in the requirements.
    Scheme,
    /// The requirements lack the name or the version of the token's EIP-712 domain.
    MissingDomain,
    /// The payment names another network than the requirements do.
    NetworkMismatch,
    /// The requirements name a token or a payee that is no address.
    MalformedRequirements,
    /// The payload is for Permit2.
    UnsupportedPayload,
    /// The payload has no authorization.
    MalformedPayload,
    /// The payer is a contract that is yet to be made (ERC-6492).
    FactoryNotAllowed,
    /// The signature is not the payer's, or what was signed cannot be read.
    Signature,
    /// The tokens go to somebody else.
    RecipientMismatch,
    /// The authorization has expired, or would before it is settled.
    ValidBefore,
    /// The authorization is not valid yet.
    ValidAfter,
    /// Another amount is authorized.
    ValueMismatch,
    /// There is no contract where the token should be.
    AssetNotDeployed,
    /// The contract knows no authorizations.
    Eip3009NotSupported,
    /// The authorization was used or canceled.
    NonceAlreadyUsed,
    /// The token has another name than the requirements say.
    TokenNameMismatch,
    /// The token has another version than the requirements say.
    TokenVersionMismatch,
    /// The payer has too little.
    InsufficientBalance,
    /// The chain would refuse the transaction for another reason.
    SimulationFailed,
    /// The chain refused the transaction, at once or while executing it.
    TransactionFailed,
    /// The transaction succeeded and the token does not say that it moved.
    TransferEventMismatch,
    /// The transaction was sent, and nobody knows yet what became of it.
    SettlementPending,
}

impl reason::Reason for Reason {
    fn text(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::ValueMismatch, Version::V1) => "invalid_exact_evm_authorization_value",
            _ => self.word(),
        }
    }
}

impl Reason {
    /// The word in answers of v2, which v1 shares but for one.
    fn word(self) -> &'static str {
        match self {
            Self::Scheme => "invalid_exact_evm_scheme",
            Self::MissingDomain => "invalid_exact_evm_missing_eip712_domain",
            Self::NetworkMismatch => "invalid_exact_evm_network_mismatch",
            Self::MalformedRequirements => "invalid_payment_requirements",
            Self::UnsupportedPayload => "unsupported_payload_type",
            Self::MalformedPayload => "invalid_payload",
            Self::FactoryNotAllowed => "eip6492_factory_not_allowed",
            Self::Signature => "invalid_exact_evm_signature",
            Self::RecipientMismatch => "invalid_exact_evm_recipient_mismatch",
            Self::ValidBefore => "invalid_exact_evm_payload_authorization_valid_before",
            Self::ValidAfter => "invalid_exact_evm_payload_authorization_valid_after",
            Self::ValueMismatch => "invalid_exact_evm_payload_authorization_value_mismatch",
            Self::AssetNotDeployed => "asset_not_deployed_contract",
            Self::Eip3009NotSupported => "invalid_exact_evm_eip3009_not_supported",
            Self::NonceAlreadyUsed => "invalid_exact_evm_nonce_already_used",
            Self::TokenNameMismatch => "invalid_exact_evm_token_name_mismatch",
            Self::TokenVersionMismatch => "invalid_exact_evm_token_version_mismatch",
            Self::InsufficientBalance => "invalid_exact_evm_insufficient_balance",
            Self::SimulationFailed => "invalid_exact_evm_transaction_simulation_failed",
            Self::TransactionFailed => "invalid_exact_evm_transaction_failed",
            Self::TransferEventMismatch => "invalid_exact_evm_transfer_event_mismatch",
            Self::SettlementPending => "settlement_pending",
        }
    }
}
