//! Where the boards buy: two markets on loopback, one whose seller keeps connections and one whose
//! seller closes them after a challenge.

use embedded_x402::signer::Ed25519Signer;
use embedded_x402_app::test_keys;
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::market::{Market, MarketConfig};
use embedded_x402_sim::seller::{Accept, Connection, Price, Resource, Route};
use embedded_x402_sim::x402::{SolanaNetwork, Version};
use solana_address::Address;

/// What the boards' wallet begins with, in atomic units of USDC.
const FUNDS: u64 = 10_000_000;

/// How a board reaches this machine's loopback through QEMU's user networking.
const HOST: &str = "http://10.0.2.2:";

type Error = Box<dyn std::error::Error>;

/// The markets.
pub(crate) struct Shop {
    keeping: Market,
    closing: Market,
    wallet: Address,
}

/// A counter of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Its seller keeps connections.
    Keeping,
    /// Its seller closes them after a challenge.
    Closing,
}

/// What was on whose account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balances {
    /// On the device's.
    pub(crate) device: u64,
    /// On the seller's.
    pub(crate) seller: u64,
}

impl Shop {
    /// Opens it.
    pub(crate) async fn open() -> Result<Self, Error> {
        let signer = test_keys::keys().solana.ok_or("the test key is none")?;
        let wallet = Address::from(signer.public_key());
        let (keeping, closing) =
            (open(Connection::KeepAlive).await?, open(Connection::Close).await?);
        for market in [&keeping, &closing] {
            market.chain.fund_token(&wallet, &genesis::USDC, FUNDS)?;
        }
        Ok(Shop { keeping, closing, wallet })
    }

    fn market(&self, counter: Counter) -> &Market {
        match counter {
            Counter::Keeping => &self.keeping,
            Counter::Closing => &self.closing,
        }
    }

    /// The URL of a path, for this machine.
    pub(crate) fn local_url(&self, counter: Counter, path: &str) -> String {
        self.market(counter).url(path)
    }

    /// The URL of a path, for a board.
    pub(crate) fn url(&self, counter: Counter, path: &str) -> String {
        for_board(&self.market(counter).url(path))
    }

    /// The URL of Solana's JSON-RPC, for a board.
    pub(crate) fn solana_rpc(&self, counter: Counter) -> String {
        for_board(&self.market(counter).chain_url)
    }

    /// Who has how much.
    pub(crate) fn balances(&self, counter: Counter) -> Balances {
        let market = self.market(counter);
        let balance = |owner| market.chain.token_balance(owner, &genesis::USDC);
        Balances { device: balance(&self.wallet), seller: balance(&market.pay_to) }
    }
}

fn for_board(url: &str) -> String {
    url.replace("http://127.0.0.1:", HOST)
}

async fn open(connection: Connection) -> Result<Market, Error> {
    let market = Market::open(MarketConfig::default(), |pay_to, _, seller| {
        seller.connection = connection;
        seller.routes = routes(&pay_to.to_string());
    });
    Ok(market.await?)
}

/// Prices tell the routes apart.
fn routes(pay_to: &str) -> Vec<Route> {
    let route = |path, version, price| solana_route(path, version, price, pay_to);
    let mut large = route("/solana/v2/large", Version::V2, 3_000);
    large.bazaar = true;
    large.decoys = true;
    large.pad_accepts_to = 10;
    vec![
        route("/solana/v2", Version::V2, 1_000),
        route("/solana/v1", Version::V1, 2_000),
        large,
        route("/solana/v2/dear", Version::V2, 10_001),
    ]
}

fn solana_route(path: &str, version: Version, price: u64, pay_to: &str) -> Route {
    let network = match version {
        Version::V1 => SolanaNetwork::Devnet.v1_name(),
        Version::V2 => SolanaNetwork::Devnet.caip2(),
    };
    let (mint, price) = (genesis::USDC.to_string(), Price::Atomic(price.to_string()));
    let mut route = Route::new(path, Resource::Weather, Accept::new(network, mint, pay_to, price));
    route.version = version;
    route
}
