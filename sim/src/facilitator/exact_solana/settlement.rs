//! Settling: the fee payer's signature, the way to the chain, and the wait for the chain's word.

use solana_signature::Signature;
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::super::request::Payment;
use super::super::rpc::TransactionStatus;
use super::duplicates::{Claim, Key};
use super::transaction::PaymentTransaction;
use super::{ExactSolana, Reason, checks, verdict};
use crate::x402::SettleResponse;

type Outcome = verdict::Outcome<Reason, Signature>;

impl ExactSolana {
    /// Settles a payment that was read from a request, unless it was settled lately.
    pub(super) async fn settle_payment(&self, payment: &Payment) -> SettleResponse {
        let outcome = match checks::not_decoded(payment) {
            Ok(transaction) => self.settle_once(payment, &transaction).await,
            // Nothing to recognise it by; the checks say what is wrong with it.
            Err(_) => self.send_if_valid(payment).await,
        };
        outcome.into_response(payment, checks::payer(payment))
    }

    async fn settle_once(&self, payment: &Payment, transaction: &PaymentTransaction) -> Outcome {
        let key = Key::of(transaction.message());
        let outcome = match self.settlements.claim(key, self.config.clock.now()) {
            Claim::Ours => self.send_if_valid(payment).await,
            Claim::Pending(signature) => self.confirmed(signature).await,
            Claim::Duplicate => return Outcome::failed(Reason::DuplicateSettlement),
        };
        self.remember(key, &outcome);
        outcome
    }

    /// A payment that never left may be tried again; one that was sent may not.
    fn remember(&self, key: Key, outcome: &Outcome) {
        let settlements = &self.settlements;
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
        let (wire, signature) = transaction.signed_by(&self.config.fee_payer);
        match self.rpc.send_transaction(wire).await {
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
        let config = &self.config;
        let deadline = Instant::now() + config.confirmation_timeout;
        loop {
            match self.rpc.transaction_status(&signature).await {
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
