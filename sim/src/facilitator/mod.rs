//! The facilitator: `/verify`, `/settle` and `/supported`, for payments of the `exact` scheme on
//! Solana and on EVM chains.
//!
//! It behaves as the reference facilitator does, reason for reason: a payment is read (`request`) and
//! goes to whoever serves its network (`exact_solana`, `exact_evm`), there to be held against the
//! requirements check by check, to be simulated on a chain that is reached over JSON-RPC ([`rpc`]),
//! and to be settled. What they found is put into words (`reason`, `verdict`). [`http`] puts the
//! facilitator on a socket, [`command`] on a command line.

pub mod command;
pub mod http;
pub mod rpc;

mod exact_evm;
mod exact_solana;
mod reason;
mod request;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;

pub use self::exact_evm::EvmConfig;
pub use self::exact_solana::SolanaConfig;
pub use self::http::{router, serve};

use self::exact_evm::ExactEvm;
use self::exact_solana::ExactSolana;
use self::reason::{Reason, RequestFault};
use self::request::Payment;
use crate::x402::{
    FacilitatorRequest, SettleResponse, Supported, SupportedKind, VerifyResponse, Version,
};

/// The name of the scheme.
const SCHEME: &str = "exact";

/// How long a sent transaction may take to be confirmed, unless a configuration says otherwise.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause between two looks at a sent transaction, unless a configuration says otherwise.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The chains that a facilitator serves.
#[derive(Default)]
pub struct FacilitatorConfig {
    /// Solana, if it serves Solana.
    pub solana: Option<SolanaConfig>,
    /// An EVM chain, if it serves one.
    pub evm: Option<EvmConfig>,
}

/// Verifies and settles payments. Clones share their state.
#[derive(Clone)]
pub struct Facilitator {
    mechanisms: Arc<[Box<dyn Mechanism>]>,
}

/// The scheme on one kind of chain.
trait Mechanism: Send + Sync {
    /// The ways to pay that it settles.
    fn kinds(&self) -> Vec<SupportedKind>;

    /// The pattern of its networks, and the address that sends its transactions.
    fn signer(&self) -> (&'static str, String);

    /// Would this payment settle now?
    fn verify<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, VerifyResponse>;

    /// Moves the money, unless this payment did so already.
    fn settle<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, SettleResponse>;
}

impl Facilitator {
    /// A facilitator that has settled nothing yet.
    pub fn new(config: impl Into<FacilitatorConfig>) -> Self {
        let config = config.into();
        let solana = config.solana.map(|config| Box::new(ExactSolana::new(config)) as _);
        let evm = config.evm.map(|config| Box::new(ExactEvm::new(config)) as _);
        Self { mechanisms: solana.into_iter().chain(evm).collect() }
    }

    /// The answer to `GET /supported`.
    pub fn supported(&self) -> Supported {
        let signers = self.mechanisms.iter().map(|mechanism| {
            let (networks, address) = mechanism.signer();
            (networks.to_owned(), json!([address]))
        });
        Supported {
            kinds: self.mechanisms.iter().flat_map(|mechanism| mechanism.kinds()).collect(),
            extensions: Vec::new(),
            signers: signers.collect(),
        }
    }

    /// The answer to `POST /verify`: would this payment settle now?
    pub async fn verify(&self, request: &FacilitatorRequest) -> VerifyResponse {
        match self.read(request) {
            Ok((payment, mechanism)) => mechanism.verify(&payment).await,
            Err(fault) => VerifyResponse {
                invalid_reason: Some(fault.text(Version::V2).to_owned()),
                ..VerifyResponse::default()
            },
        }
    }

    /// The answer to `POST /settle`: moves the money, unless this payment did so already.
    pub async fn settle(&self, request: &FacilitatorRequest) -> SettleResponse {
        match self.read(request) {
            Ok((payment, mechanism)) => mechanism.settle(&payment).await,
            Err(fault) => SettleResponse {
                error_reason: Some(fault.text(Version::V2).to_owned()),
                ..SettleResponse::default()
            },
        }
    }

    /// The payment in a request, and who serves the network that the seller wants it on.
    fn read(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<(Payment, &dyn Mechanism), RequestFault> {
        let payment = Payment::read(request)?;
        let version = u8::from(payment.version);
        let serves = |kind: &SupportedKind| {
            kind.x402_version == version && kind.network == payment.requirements.network
        };
        let mut mechanisms = self.mechanisms.iter();
        let mechanism = mechanisms.find(|mechanism| mechanism.kinds().iter().any(serves));
        let mechanism = mechanism.ok_or(RequestFault::UnsupportedNetwork)?;
        Ok((payment, mechanism.as_ref()))
    }
}

impl From<SolanaConfig> for FacilitatorConfig {
    fn from(solana: SolanaConfig) -> Self {
        Self { solana: Some(solana), evm: None }
    }
}

impl From<EvmConfig> for FacilitatorConfig {
    fn from(evm: EvmConfig) -> Self {
        Self { solana: None, evm: Some(evm) }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
