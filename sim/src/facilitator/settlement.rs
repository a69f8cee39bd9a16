//! Settling: the fee payer's signature, the way to the chain, and the wait for the chain's word.

use solana_address::Address;
use solana_signature::Signature;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::duplicates::{Claim, Key};
use super::request::Payment;
use super::rpc::TransactionStatus;
use super::transaction::PaymentTransaction;
use super::{Facilitator, Reason, Refusal, exact_solana};
use crate::x402::SettleResponse;

/// How settling ended.
enum Outcome {
    /// The chain has executed the transaction.
    Settled(Signature),
    /// The chain has not, or nobody knows.
    Failed {
        reason: Reason,
        message: Option<String>,
        /// Set if the transaction left this house.
        sent: Option<Signature>,
    },
}

impl Facilitator {
    /// Settles a payment that was read from a request, unless it was settled lately.
    pub(super) async fn settle_payment(&self, payment: &Payment) -> SettleResponse {
        let outcome = match payment.decode() {
            Some(transaction) => self.settle_once(payment, &transaction).await,
            // Nothing to recognise it by; the checks say what is wrong with it.
            None => self.send_if_valid(payment).await,
        };
        let payer = exact_solana::payer(payment);
        outcome.report(payer.as_ref());
        outcome.into_response(payment, payer.as_ref())
    }

    async fn settle_once(&self, payment: &Payment, transaction: &PaymentTransaction) -> Outcome {
        let key = Key::of(transaction.message());
        let outcome = match self.shared.settlements.claim(key) {
            Claim::Ours => self.send_if_valid(payment).await,
            Claim::Pending(signature) => self.confirmed(signature).await,
            Claim::Duplicate => return Outcome::failed(Reason::DuplicateSettlement),
        };
        self.remember(key, &outcome);
        outcome
    }

    /// A payment that never left may be tried again; one that was sent may not.
    fn remember(&self, key: Key, outcome: &Outcome) {
        let settlements = &self.shared.settlements;
        match outcome {
            Outcome::Failed { sent: None, .. } => settlements.release(key),
            Outcome::Failed {
                reason: Reason::SettlementPending, sent: Some(signature), ..
            } => settlements.leave_pending(key, *signature),
            _ => {}
        }
    }

    async fn send_if_valid(&self, payment: &Payment) -> Outcome {
        match self.examine(payment).await {
            Ok(verified) => self.send(&verified.transaction).await,
            Err(refusal) => refusal.into(),
        }
    }

    async fn send(&self, transaction: &PaymentTransaction) -> Outcome {
        let (wire, signature) = transaction.signed_by(&self.shared.config.fee_payer);
        match self.shared.rpc.send_transaction(wire).await {
            Ok(()) => self.confirmed(signature).await,
            Err(error) => Outcome::Failed {
                reason: Reason::TransactionFailed,
                message: Some(error.to_string()),
                sent: None,
            },
        }
    }

    /// Asks the chain until it knows, or until the time is up.
    ///
    /// A failing RPC is asked again: the transaction may be on the chain all the same.
    async fn confirmed(&self, signature: Signature) -> Outcome {
        let config = &self.shared.config;
        let deadline = Instant::now() + config.confirmation_timeout;
        loop {
            match self.shared.rpc.transaction_status(&signature).await {
                Ok(TransactionStatus::Confirmed) => return Outcome::Settled(signature),
                Ok(TransactionStatus::Failed(error)) => {
                    return Outcome::sent(Reason::TransactionFailed, Some(error), signature);
                }
                Ok(TransactionStatus::Unknown) => {}
                Err(error) => warn!(%signature, %error, "cannot read the transaction's status"),
            }
            if Instant::now() >= deadline {
                return Outcome::sent(Reason::SettlementPending, None, signature);
            }
            sleep(config.poll_interval).await;
        }
    }
}

impl Payment {
    /// The transaction, if the payload has one that can be read.
    fn decode(&self) -> Option<PaymentTransaction> {
        PaymentTransaction::from_base64(self.transaction.as_deref()?)
    }
}

impl Outcome {
    fn failed(reason: Reason) -> Self {
        Self::from(Refusal::from(reason))
    }

    fn sent(reason: Reason, message: Option<String>, signature: Signature) -> Self {
        Self::Failed { reason, message, sent: Some(signature) }
    }

    fn report(&self, payer: Option<&Address>) {
        let payer = payer.map(Address::to_string);
        match self {
            Self::Settled(signature) => info!(?payer, %signature, "settled"),
            Self::Failed { reason, message, .. } => info!(?payer, ?reason, ?message, "not settled"),
        }
    }

    fn into_response(self, payment: &Payment, payer: Option<&Address>) -> SettleResponse {
        let common = SettleResponse {
            payer: payer.map(Address::to_string),
            network: payment.network.clone(),
            ..SettleResponse::default()
        };
        match self {
            Self::Settled(signature) => {
                SettleResponse { success: true, transaction: signature.to_string(), ..common }
            }
            Self::Failed { reason, message, sent } => SettleResponse {
                error_reason: Some(reason.text(payment.version).to_owned()),
                error_message: message,
                transaction: sent.map(|signature| signature.to_string()).unwrap_or_default(),
                ..common
            },
        }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::Failed { reason: refusal.reason, message: refusal.message, sent: None }
    }
}
