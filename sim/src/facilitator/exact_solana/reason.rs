//! Why a payment on Solana is refused.

use super::super::reason;
use crate::x402::Version;

/// What the facilitator objects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The scheme is not `exact`, in the payment or in the requirements.
    UnsupportedScheme,
    /// The payment names another network than the requirements do.
    NetworkMismatch,
    /// The requirements name no fee payer.
    MissingFeePayer,
    /// The requirements name somebody else's fee payer.
    FeePayerNotManaged,
    /// The payload is no base64 of a transaction.
    NotDecoded,
    /// The transaction asks for too many signatures.
    ExcessiveSigners,
    /// The transaction is paid for by another key than the requirements say.
    FeePayerMismatch,
    /// A signature other than the fee payer's does not fit the message.
    SignatureInvalid,
    /// The message takes addresses from a lookup table.
    LookupTables,
    /// There are too few or too many instructions.
    InstructionsLength,
    /// The first instruction sets no compute unit limit.
    ComputeLimitInstruction,
    /// The second instruction sets no compute unit price.
    ComputePriceInstruction,
    /// The fee payer would pay too much for a compute unit.
    ComputePriceTooHigh,
    /// The third instruction is no `TransferChecked` of a token program.
    NoTransferInstruction,
    /// The fee payer's own tokens would move.
    FeePayerTransferringFunds,
    /// Another token is transferred.
    MintMismatch,
    /// The tokens go to another account.
    RecipientMismatch,
    /// Another amount is transferred.
    AmountMismatch,
    /// The instruction at this position is neither a memo nor an assertion.
    UnknownInstruction {
        /// Counted from 0; the first that can be unknown is 3.
        position: usize,
    },
    /// A memo is required, and there is none or more than one.
    MemoCount,
    /// The memo is not the required one.
    MemoMismatch,
    /// The chain would refuse the transaction.
    SimulationFailed,
    /// Legacy: an instruction mentions the fee payer.
    FeePayerInInstructionAccounts,
    /// Legacy: the seller has no account for this token.
    ReceiverAccountNotFound,
    /// Legacy: the payer has no account for this token.
    SenderAccountNotFound,
    /// The chain refused the transaction, at once or while executing it.
    TransactionFailed,
    /// The same message was settled, or is about to be.
    DuplicateSettlement,
    /// The transaction was sent, and nobody knows yet what became of it.
    SettlementPending,
}

impl reason::Reason for Reason {
    fn text(self, version: Version) -> &'static str {
        match version {
            Version::V1 => self.v1_text().unwrap_or_else(|| self.v2_text()),
            Version::V2 => self.v2_text(),
        }
    }
}

impl Reason {
    /// The few words that v1 spells without the name of the scheme.
    fn v1_text(self) -> Option<&'static str> {
        match self {
            Self::UnsupportedScheme => Some("unsupported_scheme"),
            Self::NetworkMismatch => Some("network_mismatch"),
            Self::FeePayerNotManaged => Some("fee_payer_not_managed_by_facilitator"),
            Self::SimulationFailed => Some("transaction_simulation_failed"),
            Self::TransactionFailed => Some("transaction_failed"),
            _ => None,
        }
    }

    fn v2_text(self) -> &'static str {
        match self {
            Self::UnsupportedScheme => "invalid_exact_svm_unsupported_scheme",
            Self::NetworkMismatch => "invalid_exact_svm_network_mismatch",
            Self::MissingFeePayer => "invalid_exact_svm_payload_missing_fee_payer",
            Self::FeePayerNotManaged => "invalid_exact_svm_fee_payer_not_managed_by_facilitator",
            Self::NotDecoded => "invalid_exact_svm_payload_transaction_could_not_be_decoded",
            Self::ExcessiveSigners => "invalid_exact_svm_payload_excessive_signers",
            Self::FeePayerMismatch => "invalid_exact_svm_fee_payer_mismatch",
            Self::SignatureInvalid => "invalid_exact_svm_payload_signature_invalid",
            Self::LookupTables => "invalid_exact_svm_smart_wallet_alt_resolution_not_available",
            Self::InstructionsLength => "invalid_exact_svm_payload_transaction_instructions_length",
            Self::ComputeLimitInstruction => {
                "invalid_exact_svm_payload_transaction_instructions_compute_limit_instruction"
            }
            Self::ComputePriceInstruction => {
                "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction"
            }
            Self::ComputePriceTooHigh => {
                "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction_too_high"
            }
            Self::NoTransferInstruction => "invalid_exact_svm_payload_no_transfer_instruction",
            Self::FeePayerTransferringFunds => {
                "invalid_exact_svm_payload_transaction_fee_payer_transferring_funds"
            }
            Self::MintMismatch => "invalid_exact_svm_payload_mint_mismatch",
            Self::RecipientMismatch => "invalid_exact_svm_payload_recipient_mismatch",
            Self::AmountMismatch => "invalid_exact_svm_payload_amount_mismatch",
            Self::UnknownInstruction { position } => unknown_instruction(position),
            Self::MemoCount => "invalid_exact_svm_payload_memo_count",
            Self::MemoMismatch => "invalid_exact_svm_payload_memo_mismatch",
            Self::SimulationFailed => "invalid_exact_svm_transaction_simulation_failed",
            Self::FeePayerInInstructionAccounts => {
                "invalid_exact_svm_payload_transaction_fee_payer_included_in_instruction_accounts"
            }
            Self::ReceiverAccountNotFound => {
                "invalid_exact_svm_payload_transaction_receiver_ata_not_found"
            }
            Self::SenderAccountNotFound => {
                "invalid_exact_svm_payload_transaction_sender_ata_not_found"
            }
            Self::TransactionFailed => "invalid_exact_svm_transaction_failed",
            Self::DuplicateSettlement => "duplicate_settlement",
            Self::SettlementPending => "settlement_pending",
        }
    }
}

fn unknown_instruction(position: usize) -> &'static str {
    match position {
        3 => "invalid_exact_svm_payload_unknown_fourth_instruction",
        4 => "invalid_exact_svm_payload_unknown_fifth_instruction",
        5 => "invalid_exact_svm_payload_unknown_sixth_instruction",
        6 => "invalid_exact_svm_payload_unknown_seventh_instruction",
        _ => "invalid_exact_svm_payload_unknown_optional_instruction",
    }
}
