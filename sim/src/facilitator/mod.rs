//! The facilitator: `/verify`, `/settle` and `/supported`, for payments of the `exact` scheme on
//! Solana.
//!
//! It behaves as the reference facilitator does, reason for reason: a payment is read
//! (`request`), decoded (`transaction`), held against the requirements check by check
//! (`exact_solana`) and simulated on a chain that it reaches over JSON-RPC ([`rpc`]). Settling
//! (`settlement`) adds the fee payer's signature and sends the transaction, at most once in two
//! minutes (`duplicates`). [`http`] puts that on a socket, [`command`] on a command line.

pub mod command;
pub mod http;
pub mod rpc;

mod duplicates;
mod exact_solana;
mod reason;
mod request;
mod settlement;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

pub use self::http::{router, serve};
pub use self::reason::Reason;

use self::duplicates::{Key, Settlements};
use self::exact_solana::{Rules, Transfer};
use self::request::Payment;
use self::rpc::SolanaRpc;
use self::transaction::PaymentTransaction;
use crate::x402::{
    FacilitatorRequest, SettleResponse, SolanaNetwork, Supported, SupportedKind, VerifyResponse,
    Version,
};

/// What a facilitator serves and with which means.
pub struct FacilitatorConfig {
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
}

impl FacilitatorConfig {
    /// A facilitator of devnet with the reference's limits.
    pub fn new(fee_payer: Keypair, rpc_url: impl Into<String>) -> Self {
        Self {
            networks: vec![SolanaNetwork::Devnet],
            fee_payer,
            rpc_url: rpc_url.into(),
            legacy: false,
            maximum_signers: None,
            confirmation_timeout: Duration::from_secs(30),
            poll_interval: Duration::from_millis(100),
        }
    }
}

/// Verifies and settles payments. Clones share their state.
#[derive(Clone)]
pub struct Facilitator {
    shared: Arc<Shared>,
}

struct Shared {
    config: FacilitatorConfig,
    rpc: SolanaRpc,
    settlements: Settlements,
}

/// A payment that no check objects to.
struct Verified {
    transaction: PaymentTransaction,
    transfer: Transfer,
}

/// Why a payment is refused, and whose payment it was if that could be read.
struct Refusal {
    reason: Reason,
    message: Option<String>,
    payer: Option<Address>,
}

impl Facilitator {
    /// A facilitator that has settled nothing yet.
    pub fn new(config: FacilitatorConfig) -> Self {
        let rpc = SolanaRpc::new(&config.rpc_url);
        let settlements = Settlements::default();
        Self { shared: Arc::new(Shared { config, rpc, settlements }) }
    }

    /// The address that pays the network's fees and must be key 0 of every payment.
    pub fn fee_payer(&self) -> Address {
        self.shared.config.fee_payer.pubkey()
    }

    /// The answer to `GET /supported`.
    pub fn supported(&self) -> Supported {
        let fee_payer = self.fee_payer().to_string();
        let networks = &self.shared.config.networks;
        let kinds = networks.iter().flat_map(|network| {
            [(2, network.caip2()), (1, network.v1_name())]
                .map(|(version, name)| kind(version, name, &fee_payer))
        });
        Supported {
            kinds: kinds.collect(),
            extensions: Vec::new(),
            signers: Map::from_iter([("solana:*".to_owned(), json!([fee_payer]))]),
        }
    }

    /// The answer to `POST /verify`: would this payment settle now?
    pub async fn verify(&self, request: &FacilitatorRequest) -> VerifyResponse {
        let (version, verdict) = match Payment::read(request) {
            Ok(payment) => (payment.version, self.examine_anew(&payment).await),
            Err(reason) => (Version::V2, Err(Refusal::from(reason))),
        };
        match verdict {
            Ok(verified) => VerifyResponse {
                is_valid: true,
                payer: Some(verified.transfer.authority.to_string()),
                ..VerifyResponse::default()
            },
            Err(refusal) => refusal.into_response(version),
        }
    }

    /// The answer to `POST /settle`: moves the money, unless this payment did so already.
    pub async fn settle(&self, request: &FacilitatorRequest) -> SettleResponse {
        match Payment::read(request) {
            Ok(payment) => self.settle_payment(&payment).await,
            Err(reason) => SettleResponse {
                error_reason: Some(reason.text(Version::V2).to_owned()),
                ..SettleResponse::default()
            },
        }
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
        self.shared.settlements.contain(Key::of(transaction.message()))
    }

    /// Every check there is, the cheap ones first.
    async fn examine(&self, payment: &Payment) -> Result<Verified, Refusal> {
        let verified = self.check(payment).await?;
        self.simulates(payment, &verified).await?;
        Ok(verified)
    }

    /// The checks that execute nothing.
    async fn check(&self, payment: &Payment) -> Result<Verified, Refusal> {
        let verified = match exact_solana::check(payment, &self.rules()) {
            Ok(verified) => verified,
            Err(reason) => return Err(Refusal::of(payment, reason)),
        };
        if self.shared.config.legacy {
            self.token_accounts_exist(payment, &verified).await?;
        }
        Ok(verified)
    }

    fn rules(&self) -> Rules<'_> {
        let config = &self.shared.config;
        Rules {
            networks: &config.networks,
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
            match self.shared.rpc.account_exists(&account).await {
                Ok(true) => {}
                Ok(false) => return Err(Refusal::of(payment, reason)),
                Err(error) => return Err(Refusal::of(payment, reason).because(error)),
            }
        }
        Ok(())
    }

    /// Runs the transaction on the chain's present state.
    ///
    /// The fee payer's slot stays as the client filled it: the simulation looks at no signature.
    async fn simulates(&self, payment: &Payment, verified: &Verified) -> Result<(), Refusal> {
        let wire = verified.transaction.wire();
        match self.shared.rpc.simulate_transaction(wire).await {
            Ok(None) => Ok(()),
            Ok(Some(failure)) => {
                Err(Refusal::of(payment, Reason::SimulationFailed).because(failure))
            }
            Err(error) => Err(Refusal::of(payment, Reason::SimulationFailed).because(error)),
        }
    }
}

impl Refusal {
    fn of(payment: &Payment, reason: Reason) -> Self {
        Self { reason, message: None, payer: exact_solana::payer(payment) }
    }

    fn because(self, cause: impl ToString) -> Self {
        Self { message: Some(cause.to_string()), ..self }
    }

    /// Whether the chain refuses because it has executed the transaction already.
    fn is_repetition(&self) -> bool {
        self.reason == Reason::SimulationFailed
            && self.message.as_deref() == Some("\"AlreadyProcessed\"")
    }

    fn into_response(self, version: Version) -> VerifyResponse {
        VerifyResponse {
            is_valid: false,
            invalid_reason: Some(self.reason.text(version).to_owned()),
            invalid_message: self.message,
            payer: self.payer.map(|payer| payer.to_string()),
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, message: None, payer: None }
    }
}

fn kind(version: u8, network: &str, fee_payer: &str) -> SupportedKind {
    let extra = Map::from_iter([("feePayer".to_owned(), Value::from(fee_payer))]);
    SupportedKind {
        x402_version: version,
        scheme: exact_solana::SCHEME.to_owned(),
        network: network.to_owned(),
        extra: Some(extra),
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
