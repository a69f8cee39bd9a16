//! Where the boards buy: two markets on loopback, one whose seller keeps connections and one whose
//! seller closes them after a challenge; and a way to the latter on which an answer gets lost.

use embedded_x402::io::Wallet;
use embedded_x402_app::test_keys;
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::evm_chain::{self, U256, genesis as evm_genesis};
use embedded_x402_sim::market::{Market, MarketConfig, Payees};
use embedded_x402_sim::seller::{Accept, Connection, Price, Resource, Route};
use embedded_x402_sim::x402::{EvmNetwork, SolanaNetwork, Version};
use solana_address::Address;

use crate::forgetful::ForgetfulWay;

/// What the boards' wallet begins with, in atomic units of USDC.
const FUNDS: u64 = 10_000_000;

/// How a board reaches this machine's loopback through QEMU's user networking.
const HOST: &str = "http://10.0.2.2:";

type Error = Box<dyn std::error::Error>;

/// The markets.
pub(crate) struct Shop {
    keeping: Market,
    closing: Market,
    forgetful: ForgetfulWay,
    wallet: Payees,
}

/// A counter of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Its seller keeps connections.
    Keeping,
    /// Its seller closes them after a challenge.
    Closing,
    /// The same seller, on a way on which the answer to the first payment gets lost.
    Forgetful,
}

/// What was on whose account, in atomic units of USDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balances {
    /// On Solana.
    pub(crate) solana: Accounts,
    /// On the EVM chain.
    pub(crate) evm: Accounts,
}

/// Both parties' accounts on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accounts {
    /// The device's.
    pub(crate) device: U256,
    /// The seller's.
    pub(crate) seller: U256,
}

impl Accounts {
    /// The same after the device has paid.
    pub(crate) fn after(self, price: u64) -> Self {
        let price = U256::from(price);
        Accounts { device: self.device - price, seller: self.seller + price }
    }
}

impl Shop {
    /// Opens it.
    pub(crate) async fn open() -> Result<Self, Error> {
        let payer = test_keys::keys().payer();
        let wallet = Payees {
            solana: Address::from(*payer.solana.ok_or("no test key")?.as_bytes()),
            evm: evm_chain::Address::from(*payer.evm.ok_or("no test key")?.as_bytes()),
        };
        let (keeping, closing) =
            (open(Connection::KeepAlive).await?, open(Connection::Close).await?);
        for market in [&keeping, &closing] {
            market.chain.fund_token(&wallet.solana, &genesis::USDC, FUNDS)?;
            market.evm_chain.fund_token(wallet.evm, U256::from(FUNDS))?;
        }
        let address = closing.seller_url.trim_start_matches("http://").to_owned();
        let forgetful = ForgetfulWay::open(address).await?;
        Ok(Shop { keeping, closing, forgetful, wallet })
    }

    fn market(&self, counter: Counter) -> &Market {
        match counter {
            Counter::Keeping => &self.keeping,
            Counter::Closing | Counter::Forgetful => &self.closing,
        }
    }

    /// The URL of a path, for this machine.
    pub(crate) fn local_url(&self, counter: Counter, path: &str) -> String {
        let seller = match counter {
            Counter::Keeping | Counter::Closing => &self.market(counter).seller_url,
            Counter::Forgetful => &self.forgetful.url,
        };
        format!("{seller}{path}")
    }

    /// The URL of a path, for a board.
    pub(crate) fn url(&self, counter: Counter, path: &str) -> String {
        for_board(&self.local_url(counter, path))
    }

    /// The URL of Solana's JSON-RPC, for a board.
    pub(crate) fn solana_rpc(&self, counter: Counter) -> String {
        for_board(&self.market(counter).chain_url)
    }

    /// The payments that went the forgetful way since the last time.
    pub(crate) fn take_forgotten(&self) -> Vec<String> {
        self.forgetful.take_payments()
    }

    /// Who has how much.
    pub(crate) fn balances(&self, counter: Counter) -> Balances {
        let market = self.market(counter);
        let solana =
            |owner: &Address| U256::from(market.chain.token_balance(owner, &genesis::USDC));
        let evm = |owner| market.evm_chain.token_balance(owner);
        Balances {
            solana: Accounts {
                device: solana(&self.wallet.solana),
                seller: solana(&market.pay_to),
            },
            evm: Accounts { device: evm(self.wallet.evm), seller: evm(market.evm_pay_to) },
        }
    }
}

fn for_board(url: &str) -> String {
    url.replace("http://127.0.0.1:", HOST)
}

async fn open(connection: Connection) -> Result<Market, Error> {
    let market = Market::open(MarketConfig::default(), |payees, seller| {
        seller.connection = connection;
        seller.routes = routes(payees);
    });
    Ok(market.await?)
}

/// Prices tell the routes apart.
fn routes(payees: &Payees) -> Vec<Route> {
    let solana = |path, version, price| {
        let (mint, payee) = (genesis::USDC.to_string(), payees.solana.to_string());
        route(path, version, price, SolanaNetwork::Devnet.caip2(), &mint, &payee)
    };
    let evm = |path, version, price| {
        let (token, payee) = (evm_genesis::USDC.to_string(), payees.evm.to_string());
        route(path, version, price, &EvmNetwork::BASE_SEPOLIA.caip2(), &token, &payee)
    };
    vec![
        solana("/solana/v2", Version::V2, 1_000),
        solana("/solana/v1", Version::V1, 2_000),
        large(solana("/solana/v2/large", Version::V2, 3_000)),
        solana("/solana/v2/dear", Version::V2, 10_001),
        evm("/evm/v2", Version::V2, 4_000),
        evm("/evm/v1", Version::V1, 5_000),
        large(evm("/evm/v2/large", Version::V2, 6_000)),
        evm("/evm/v1/dear", Version::V1, 10_001),
    ]
}

/// Routes of either version understand the networks' names of version 2.
fn route(
    path: &str,
    version: Version,
    price: u64,
    network: &str,
    asset: &str,
    pay_to: &str,
) -> Route {
    let price = Price::Atomic(price.to_string());
    let accept = Accept::new(network, asset, pay_to, price);
    Route { version, ..Route::new(path, Resource::Weather, accept) }
}

/// Ten entries, and an extension of 5 KB.
fn large(route: Route) -> Route {
    Route { bazaar: true, decoys: true, pad_accepts_to: 10, ..route }
}
