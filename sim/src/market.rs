//! A chain, a facilitator and a seller on loopback, in this process: everything that a device
//! needs to buy from, for the demonstration and for tests.

use std::io;

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::chain::{Chain, ChainConfig, ChainError, genesis, rpc};
use crate::facilitator::{self, Facilitator, FacilitatorConfig};
use crate::seller::{self, Route, Seller, SellerConfig};

/// Lamports that the facilitator begins with: enough for a hundred thousand fees.
const FEE_PAYER_FUNDS: u64 = 1_000_000_000;

/// The running servers. They end when it is dropped.
pub struct Market {
    /// The chain, to look at balances and to let time pass.
    pub chain: Chain,
    /// The seller, to look at its sales.
    pub seller: Seller,
    /// Who is paid.
    pub pay_to: Address,
    /// Who pays the network's fees.
    pub fee_payer: Address,
    /// Where the chain answers JSON-RPC.
    pub chain_url: String,
    /// Where the seller answers.
    pub seller_url: String,
    _servers: JoinSet<io::Result<()>>,
}

/// What a market is opened with.
pub struct MarketConfig {
    /// The chain.
    pub chain: ChainConfig,
    /// Whether the facilitator is one of the first generation.
    pub legacy: bool,
}

impl Default for MarketConfig {
    /// A chain whose time passes, and a facilitator of today.
    fn default() -> Self {
        MarketConfig { chain: ChainConfig::default(), legacy: false }
    }
}

/// Why a market can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarketError {
    /// The chain could not be set up.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A server could not listen on loopback.
    #[error("listening on loopback: {0}")]
    Io(#[from] io::Error),
}

impl Market {
    /// Opens one whose seller offers what `stock` makes of it: it is given the payee, the chain's
    /// URL and the configuration to fill.
    ///
    /// # Errors
    /// [`MarketError`].
    pub async fn open(
        config: MarketConfig,
        stock: impl FnOnce(Address, &str, &mut SellerConfig),
    ) -> Result<Self, MarketError> {
        let chain = Chain::new(config.chain)?;
        let (fee_payer_key, pay_to) = (Keypair::new(), Keypair::new().pubkey());
        let fee_payer = fee_payer_key.pubkey();
        chain.fund_sol(&fee_payer, FEE_PAYER_FUNDS)?;
        for (mint, _) in genesis::MINTS {
            chain.fund_token(&pay_to, &mint, 0)?;
        }

        let mut servers = JoinSet::new();
        let (chain_listener, chain_url) = listen().await?;
        servers.spawn(rpc::serve(chain_listener, chain.clone()));

        let (listener, facilitator_url) = listen().await?;
        let facilitator = Facilitator::new(FacilitatorConfig {
            legacy: config.legacy,
            ..FacilitatorConfig::new(fee_payer_key, &chain_url)
        });
        servers.spawn(facilitator::serve(listener, facilitator));

        let (listener, seller_url) = listen().await?;
        let mut seller_config = SellerConfig::new(facilitator_url);
        seller_config.rpc_url = Some(chain_url.clone());
        stock(pay_to, &chain_url, &mut seller_config);
        let seller = Seller::new(seller_config);
        servers.spawn(seller::serve(listener, seller.clone()));

        Ok(Market { chain, seller, pay_to, fee_payer, chain_url, seller_url, _servers: servers })
    }

    /// Opens one that sells by these routes.
    ///
    /// # Errors
    /// [`MarketError`].
    pub async fn with_routes(
        config: MarketConfig,
        routes: impl FnOnce(Address) -> Vec<Route>,
    ) -> Result<Self, MarketError> {
        Self::open(config, |pay_to, _, seller| seller.routes = routes(pay_to)).await
    }

    /// The URL of one of the seller's paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.seller_url)
    }
}

async fn listen() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}
