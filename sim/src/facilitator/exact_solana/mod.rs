//! The `exact` scheme on Solana.
//!
//! A payment is decoded (`transaction`), held against the requirements check by check (`checks`) and
//! simulated on a chain. Settling (`settlement`) adds the fee payer's signature and sends the
//! transaction, at most once in two minutes (`duplicates`).

mod checks;
mod duplicates;
mod reason;
mod settlement;
mod transaction;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

#[cfg(test)]
pub(super) use self::checks::associated_token_account;

use self::checks::{Rules, Transfer};
use self::duplicates::{Key, Settlements};
use self::reason::Reason;
use self::transaction::PaymentTransaction;
use super::request::Payment;
use super::rpc::SolanaRpc;
use super::{CONFIRMATION_TIMEOUT, Mechanism, POLL_INTERVAL, SCHEME, verdict};
use crate::clock::Clock;
use crate::x402::{SettleResponse, SolanaNetwork, SupportedKind, VerifyResponse};

/// What a facilitator serves on Solana and with which means.
pub struct SolanaConfig {
    /// The clusters that it accepts payments for. All are reached through the one RPC URL.
    pub networks: Vec<SolanaNetwork>,
    /// The key that pays the network's fees.
    pub fee_payer: Keypair,
    /// The chain's JSON-RPC.
    pub rpc_url: String,
    /// Check as the first generation of facilitators does: exactly three instructions, the fee
    /// payer in no instruction's accounts, both token accounts in existence.
    pub legacy: bool,
    /// The most signatures that a transaction may ask for; the reference sets no limit.
    pub maximum_signers: Option<usize>,
    /// How long a sent transaction may take to be confirmed.
    pub confirmation_timeout: Duration,
    /// The pause between two looks at a sent transaction.
    pub poll_interval: Duration,
    /// What it measures by for how long it remembers a payment.
    pub clock: Clock,
}

impl SolanaConfig {
    /// A facilitator of devnet with the reference's limits.
    pub fn new(fee_payer: Keypair, rpc_url: impl Into<String>) -> Self {
        Self {
            networks: vec![SolanaNetwork::Devnet],
            fee_payer,
            rpc_url: rpc_url.into(),
            legacy: false,
            maximum_signers: None,
            confirmation_timeout: CONFIRMATION_TIMEOUT,
            poll_interval: POLL_INTERVAL,
            clock: Clock::host(),
        }
    }
}

/// Verifies and settles payments on Solana.
pub(super) struct ExactSolana {
    config: SolanaConfig,
    rpc: SolanaRpc,
    settlements: Settlements,
}

/// A payment that no check objects to.
struct Verified {
    transaction: PaymentTransaction,
    transfer: Transfer,
}

type Refusal = verdict::Refusal<Reason>;

impl Mechanism for ExactSolana {
    fn kinds(&self) -> Vec<SupportedKind> {
        let fee_payer = Value::from(self.fee_payer().to_string());
        let extra = Map::from_iter([("feePayer".to_owned(), fee_payer)]);
        let networks = self.config.networks.iter();
        networks
            .flat_map(|network| [(2, network.caip2()), (1, network.v1_name())])
            .map(|(x402_version, network)| SupportedKind {
                x402_version,
                scheme: SCHEME.to_owned(),
                network: network.to_owned(),
                extra: Some(extra.clone()),
            })
            .collect()
    }

    fn signer(&self) -> (&'static str, String) {
        ("solana:*", self.fee_payer().to_string())
    }

    fn verify<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, VerifyResponse> {
        Box::pin(async {
            match self.examine_anew(payment).await {
                Ok(verified) => verdict::valid(verified.transfer.authority.to_string()),
                Err(refusal) => refusal.into_response(payment.version),
            }
        })
    }

    fn settle<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, SettleResponse> {
        Box::pin(self.settle_payment(payment))
    }
}

impl ExactSolana {
    /// A facilitator that has settled nothing yet.
    pub(super) fn new(config: SolanaConfig) -> Self {
        let rpc = SolanaRpc::new(&config.rpc_url);
        Self { config, rpc, settlements: Settlements::default() }
    }

    fn fee_payer(&self) -> Address {
        self.config.fee_payer.pubkey()
    }

    /// Every check there is, for a payment that may have been settled here already.
    ///
    /// A chain that has executed it refuses to simulate it again. Called a failed simulation, that
    /// would tell the client that nothing was paid and that it may sign another payment. So it
    /// passes, and settling names it a duplicate: what clients of the reference get to see.
    async fn examine_anew(&self, payment: &Payment) -> Result<Verified, Refusal> {
        let verified = self.check(payment).await?;
        match self.simulates(payment, &verified).await {
            Err(refusal) if refusal.is_repetition() && self.has_seen(&verified.transaction) => {}
            simulated => simulated?,
        }
        Ok(verified)
    }

    fn has_seen(&self, transaction: &PaymentTransaction) -> bool {
        self.settlements.contain(Key::of(transaction.message()), self.config.clock.now())
    }

    /// Every check there is, the cheap ones first.
    async fn examine(&self, payment: &Payment) -> Result<Verified, Refusal> {
        let verified = self.check(payment).await?;
        self.simulates(payment, &verified).await?;
        Ok(verified)
    }

    /// The checks that execute nothing.
    async fn check(&self, payment: &Payment) -> Result<Verified, Refusal> {
        let verified = match checks::check(payment, &self.rules()) {
            Ok(verified) => verified,
            Err(reason) => return Err(refusal(payment, reason)),
        };
        if self.config.legacy {
            self.token_accounts_exist(payment, &verified).await?;
        }
        Ok(verified)
    }

    fn rules(&self) -> Rules {
        let config = &self.config;
        Rules {
            fee_payer: self.fee_payer(),
            legacy: config.legacy,
            maximum_signers: config.maximum_signers,
        }
    }

    async fn token_accounts_exist(
        &self,
        payment: &Payment,
        verified: &Verified,
    ) -> Result<(), Refusal> {
        let accounts = [
            (verified.transfer.destination, Reason::ReceiverAccountNotFound),
            (verified.transfer.source, Reason::SenderAccountNotFound),
        ];
        for (account, reason) in accounts {
            match self.rpc.account_exists(&account).await {
                Ok(true) => {}
                Ok(false) => return Err(refusal(payment, reason)),
                Err(error) => return Err(refusal(payment, reason).because(error)),
            }
        }
        Ok(())
    }

    /// Runs the transaction on the chain's present state.
    ///
    /// The fee payer's slot stays as the client filled it: the simulation looks at no signature.
    async fn simulates(&self, payment: &Payment, verified: &Verified) -> Result<(), Refusal> {
        let wire = verified.transaction.wire();
        match self.rpc.simulate_transaction(wire).await {
            Ok(None) => Ok(()),
            Ok(Some(failure)) => Err(refusal(payment, Reason::SimulationFailed).because(failure)),
            Err(error) => Err(refusal(payment, Reason::SimulationFailed).because(error)),
        }
    }
}

impl Refusal {
    /// Whether the chain refuses because it has executed the transaction already.
    fn is_repetition(&self) -> bool {
        self.reason == Reason::SimulationFailed
            && self.message.as_deref() == Some("\"AlreadyProcessed\"")
    }
}

fn refusal(payment: &Payment, reason: Reason) -> Refusal {
    Refusal { payer: checks::payer(payment), ..Refusal::from(reason) }
}

#[cfg(test)]
mod tests;
