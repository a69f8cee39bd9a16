//! What a facilitator has found out about a payment, and the answers that say so.

use std::fmt::Display;

use tracing::info;

use super::reason::Reason;
use super::request::Payment;
use crate::x402::{SettleResponse, VerifyResponse, Version};

/// Why a payment is refused, and whose payment it was if that could be read.
#[derive(Clone, Debug)]
pub(super) struct Refusal<R> {
    pub(super) reason: R,
    pub(super) message: Option<String>,
    pub(super) payer: Option<String>,
}

/// How settling ended; `T` identifies a transaction.
#[derive(Clone, Debug)]
pub(super) enum Outcome<R, T> {
    /// The chain has executed the transaction.
    Settled(T),
    /// The chain has not, or nobody knows.
    Failed {
        reason: R,
        message: Option<String>,
        /// Set if the transaction left this house.
        sent: Option<T>,
    },
}

impl<R: Reason> Refusal<R> {
    pub(super) fn because(self, cause: impl ToString) -> Self {
        Self { message: Some(cause.to_string()), ..self }
    }

    pub(super) fn into_response(self, version: Version) -> VerifyResponse {
        VerifyResponse {
            is_valid: false,
            invalid_reason: Some(self.reason.text(version).to_owned()),
            invalid_message: self.message,
            payer: self.payer,
        }
    }
}

impl<R> From<R> for Refusal<R> {
    fn from(reason: R) -> Self {
        Self { reason, message: None, payer: None }
    }
}

impl<R: Reason, T: Display> Outcome<R, T> {
    pub(super) fn failed(reason: R) -> Self {
        Self::from(Refusal::from(reason))
    }

    pub(super) fn sent(reason: R, message: Option<String>, transaction: T) -> Self {
        Self::Failed { reason, message, sent: Some(transaction) }
    }

    /// The answer, which is logged too.
    pub(super) fn into_response(self, payment: &Payment, payer: Option<String>) -> SettleResponse {
        self.log(payer.as_deref());
        let common =
            SettleResponse { payer, network: payment.network.clone(), ..SettleResponse::default() };
        match self {
            Self::Settled(transaction) => {
                SettleResponse { success: true, transaction: transaction.to_string(), ..common }
            }
            Self::Failed { reason, message, sent } => SettleResponse {
                error_reason: Some(reason.text(payment.version).to_owned()),
                error_message: message,
                transaction: sent.map(|transaction| transaction.to_string()).unwrap_or_default(),
                ..common
            },
        }
    }

    fn log(&self, payer: Option<&str>) {
        match self {
            Self::Settled(transaction) => info!(payer, %transaction, "settled"),
            Self::Failed { reason, message, .. } => info!(payer, ?reason, message, "not settled"),
        }
    }
}

impl<R, T> From<Refusal<R>> for Outcome<R, T> {
    fn from(refusal: Refusal<R>) -> Self {
        Self::Failed { reason: refusal.reason, message: refusal.message, sent: None }
    }
}

/// The answer to a payment that no check objects to.
pub(super) fn valid(payer: String) -> VerifyResponse {
    VerifyResponse { is_valid: true, payer: Some(payer), ..VerifyResponse::default() }
}
