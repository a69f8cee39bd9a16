//! The seller: a resource server that asks for payment as the reference middleware does.
//!
//! A request meets a route ([`config`]); without payment the answer is a challenge
//! (`challenge`). With one, `sale` holds it against what was advertised (`matching`; in version 1,
//! against a schema first: `v1_payment`), has
//! the facilitator verify it (`facilitator_client`), lets the resource answer (`resources`),
//! and settles only if the resource had something to sell. [`http`] puts that on a socket,
//! [`command`] on a command line.

pub mod command;
pub mod config;
pub mod http;
pub mod price;

mod bazaar;
mod challenge;
mod facilitator_client;
mod matching;
mod requirements;
mod resources;
mod sale;
mod v1_payment;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing::info;

pub use self::config::{Accept, ChallengeBody, Connection, Resource, Route, SellerConfig};
pub use self::http::{router, serve};
pub use self::price::{Price, PriceError};

use self::facilitator_client::FacilitatorClient;
use crate::facilitator::rpc::SolanaRpc;
use crate::x402::{SettleResponse, Version};

/// Sells resources. Clones share their state.
#[derive(Clone)]
pub struct Seller {
    shared: Arc<Shared>,
}

struct Shared {
    config: SellerConfig,
    facilitator: FacilitatorClient,
    rpc: Option<SolanaRpc>,
    sales: Mutex<Vec<Sale>>,
}

/// A payment that was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The path that was paid for.
    pub path: String,
    /// The version of the protocol that the payment came in.
    pub version: Version,
    /// The network, named as in the payment.
    pub network: String,
    /// The token.
    pub asset: String,
    /// The price in atomic units.
    pub amount: String,
    /// Whose money it was.
    pub payer: Option<String>,
    /// The transaction's identifier.
    pub transaction: String,
}

impl Seller {
    /// A seller that has sold nothing yet. Nothing is fetched before the first request.
    pub fn new(config: SellerConfig) -> Self {
        Self {
            shared: Arc::new(Shared {
                facilitator: FacilitatorClient::new(&config.facilitator_url),
                rpc: config.rpc_url.as_ref().map(SolanaRpc::new),
                sales: Mutex::default(),
                config,
            }),
        }
    }

    /// The payments that were settled so far, the oldest first.
    pub fn sales(&self) -> Vec<Sale> {
        let sales = &self.shared.sales;
        sales.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, path: &str, version: Version, requirements: &Value, receipt: &SettleResponse) {
        let sale = Sale::new(path, version, requirements, receipt);
        info!(
            path, payer = ?sale.payer, amount = %sale.amount, asset = %sale.asset,
            network = %sale.network, transaction = %sale.transaction, "sold"
        );
        let mut sales = (self.shared.sales.lock()).unwrap_or_else(PoisonError::into_inner);
        sales.push(sale);
    }
}

impl Sale {
    fn new(path: &str, version: Version, requirements: &Value, receipt: &SettleResponse) -> Self {
        let text = |key: &str| requirements[key].as_str().unwrap_or_default().to_owned();
        let amount = match version {
            Version::V1 => "maxAmountRequired",
            Version::V2 => "amount",
        };
        Self {
            path: path.to_owned(),
            version,
            network: receipt.network.clone(),
            asset: text("asset"),
            amount: text(amount),
            payer: receipt.payer.clone(),
            transaction: receipt.transaction.clone(),
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
