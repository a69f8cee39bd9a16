//! Settling: the transaction, the way to the chain, and the wait for the chain's word.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy_consensus::TxEip1559;
use alloy_primitives::{B256, Bytes, TxKind};
use alloy_sol_types::SolEvent;
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::super::request::Payment;
use super::super::rpc::{Log, Receipt, RpcError};
use super::authorization::Authorization;
use super::contract::Eip3009;
use super::{ExactEvm, Reason, Refusal, checks, verdict};
use crate::x402::SettleResponse;

type Outcome = verdict::Outcome<Reason, B256>;

/// What a facilitator is sending, and what it has sent without seeing it mined.
#[derive(Default)]
pub(super) struct Settlements {
    /// Held while a transaction is numbered and sent: no two may have the same number.
    sending: tokio::sync::Mutex<()>,
    /// Transactions by what the payer has signed, and since when they wait.
    pending: Mutex<HashMap<B256, (B256, Instant)>>,
}

/// How long a transaction is looked for, as on Solana. A payment that comes again later is verified
/// again, and the token knows whether it was used.
const MEMORY: Duration = Duration::from_secs(120);

impl ExactEvm {
    /// Settles a payment that was read from a request. One that was sent already, and not seen
    /// mined, is looked for and not sent again.
    pub(super) async fn settle_payment(&self, payment: &Payment) -> SettleResponse {
        let outcome = match self.pending_transaction(payment) {
            Some((authorization, transaction)) => self.mined(&authorization, transaction).await,
            None => self.send_if_valid(payment).await,
        };
        outcome.into_response(payment, checks::payer(payment))
    }

    fn pending_transaction(&self, payment: &Payment) -> Option<(Authorization, B256)> {
        let authorization = checks::read(payment, self.config.network.chain_id).ok()?;
        let transaction = self.settlements.take_pending(authorization.digest())?;
        Some((authorization, transaction))
    }

    async fn send_if_valid(&self, payment: &Payment) -> Outcome {
        match self.examine(payment).await {
            Ok(authorization) => match self.send(&authorization).await {
                Ok(transaction) => self.mined(&authorization, transaction).await,
                Err(refusal) => refusal.into(),
            },
            Err(refusal) => refusal.into(),
        }
    }

    async fn send(&self, authorization: &Authorization) -> Result<B256, Refusal> {
        let sending = self.settlements.sending.lock().await;
        let (bytes, hash) = match self.transaction(authorization).await {
            Ok(transaction) => transaction,
            Err(error) => {
                let reason = self.diagnose(authorization, Reason::TransactionFailed).await;
                return Err(Refusal::from(reason).because(error));
            }
        };
        let sent = self.rpc.send_raw_transaction(&bytes).await;
        drop(sending);
        match sent {
            Ok(_) => Ok(hash),
            // It may have arrived all the same: the chain will tell.
            Err(error @ (RpcError::Transport(_) | RpcError::Malformed(_))) => {
                warn!(%hash, %error, "it is not known whether the transaction was sent");
                Ok(hash)
            }
            Err(error) => Err(Refusal::from(Reason::TransactionFailed).because(error)),
        }
    }

    /// The network bytes of the transaction that settles, and its hash.
    async fn transaction(
        &self,
        authorization: &Authorization,
    ) -> Result<(Bytes, B256), Box<dyn std::error::Error + Send + Sync>> {
        let (address, token) = (self.address(), authorization.token.address);
        let data = authorization.call_data();
        let gas_limit = self.rpc.estimate_gas(address, token, &data).await?;
        let fees = self.rpc.fees().await?;
        let transaction = TxEip1559 {
            chain_id: self.config.network.chain_id,
            nonce: self.rpc.next_nonce(address).await?,
            gas_limit,
            max_fee_per_gas: fees.max_fee,
            max_priority_fee_per_gas: fees.priority_fee,
            to: TxKind::Call(token),
            input: data,
            ..TxEip1559::default()
        };
        Ok(self.config.wallet.sign_transaction(transaction)?)
    }

    /// Asks the chain until the transaction is mined, or until the time is up.
    ///
    /// A failing RPC is asked again: the transaction may be on the chain all the same.
    async fn mined(&self, authorization: &Authorization, transaction: B256) -> Outcome {
        let deadline = Instant::now() + self.config.confirmation_timeout;
        loop {
            match self.rpc.receipt(transaction).await {
                Ok(Some(receipt)) => return judge(&receipt, authorization, transaction),
                Ok(None) => {}
                Err(error) => warn!(%transaction, %error, "cannot read the transaction's receipt"),
            }
            if Instant::now() >= deadline {
                self.settlements.leave_pending(authorization.digest(), transaction);
                return Outcome::sent(Reason::SettlementPending, None, transaction);
            }
            sleep(self.config.poll_interval).await;
        }
    }
}

impl Settlements {
    /// Remembers that a transaction was sent and not seen mined.
    fn leave_pending(&self, signed: B256, transaction: B256) {
        let mut pending = self.pending();
        pending.retain(|_, (_, since)| since.elapsed() < MEMORY);
        pending.insert(signed, (transaction, Instant::now()));
    }

    /// Taking the transaction out leaves the second look to one caller.
    fn take_pending(&self, signed: B256) -> Option<B256> {
        let (transaction, since) = self.pending().remove(&signed)?;
        (since.elapsed() < MEMORY).then_some(transaction)
    }

    /// Nothing here panics with the lock held, so the map is whole even if a caller did.
    fn pending(&self) -> MutexGuard<'_, HashMap<B256, (B256, Instant)>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction that succeeded has settled only if the token says that it has moved.
fn judge(receipt: &Receipt, authorization: &Authorization, transaction: B256) -> Outcome {
    if receipt.status.is_zero() {
        return Outcome::sent(Reason::TransactionFailed, None, transaction);
    }
    if !receipt.logs.iter().any(|log| is_transfer(log, authorization)) {
        return Outcome::sent(Reason::TransferEventMismatch, None, transaction);
    }
    Outcome::Settled(transaction)
}

fn is_transfer(log: &Log, authorization: &Authorization) -> bool {
    let signed = &authorization.transfer;
    let event = Eip3009::Transfer::decode_raw_log(log.topics.iter().copied(), &log.data);
    log.address == authorization.token.address
        && event.is_ok_and(|event| {
            (event.from, event.to, event.value) == (signed.from, signed.to, signed.value)
        })
}

#[cfg(test)]
mod tests;
