//! A market with one device in it. The chain's time stands still.

use std::time::Duration;

use embedded_x402::client::{Method, Request};
use embedded_x402_sim::chain::{ChainConfig, genesis};
use embedded_x402_sim::device::{Device, Keys, PolicyRule};
use embedded_x402_sim::evm_chain::EvmChainConfig;
use embedded_x402_sim::market::{Market, MarketConfig};
use embedded_x402_sim::seller::{Accept, Price, Resource, Route, SellerConfig};
use embedded_x402_sim::x402::{SolanaNetwork, Version};
use solana_address::Address;
use solana_keypair::Keypair;

use crate::books::Trade;

/// What the device has of each standard token.
pub(crate) const FUNDS: u64 = 100_000_000;

/// The most that the device's policy allows for one payment.
pub(crate) const CAP: u64 = 1_000_000;

/// What most things cost here.
pub(crate) const PRICE: u64 = 1_234;

/// The market and its customer.
pub(crate) struct Shop {
    pub(crate) market: Market,
    pub(crate) device: Device,
    pub(crate) payer: Address,
}

impl Shop {
    /// Opens one that sells by these routes.
    pub(crate) async fn open(routes: impl FnOnce(Address) -> Vec<Route>) -> Self {
        Self::stocked(|pay_to, seller| seller.routes = routes(pay_to)).await
    }

    /// Opens one whose seller is configured by `stock`.
    pub(crate) async fn stocked(stock: impl FnOnce(Address, &mut SellerConfig)) -> Self {
        Self::with(manual(), stock).await
    }

    /// Opens one that sells by these routes, with a facilitator of the first generation.
    pub(crate) async fn legacy(routes: impl FnOnce(Address) -> Vec<Route>) -> Self {
        let config = MarketConfig { legacy: true, ..manual() };
        Self::with(config, |pay_to, seller| seller.routes = routes(pay_to)).await
    }

    async fn with(config: MarketConfig, stock: impl FnOnce(Address, &mut SellerConfig)) -> Self {
        let market =
            Market::open(config, |payees, seller| stock(payees.solana, seller)).await.unwrap();
        let mut device = device(dollars(CAP));
        device.solana_rpc = Some(market.chain_url.clone());
        let payer = address_of(&device);
        for (mint, _) in genesis::MINTS {
            market.chain.fund_token(&payer, &mint, FUNDS).unwrap();
        }
        Shop { market, device, payer }
    }

    /// Buys by `GET`, in `mint` if anything is paid at all.
    pub(crate) async fn get(&self, path: &str, mint: Address) -> Trade<'_> {
        self.buy(&Request::new(Method::Get, &self.market.url(path)), mint).await
    }

    /// Buys, in `mint` if anything is paid at all.
    pub(crate) async fn buy(&self, request: &Request<'_>, mint: Address) -> Trade<'_> {
        let books = self.open_books(mint);
        let purchase = self.device.buy(request).await.unwrap();
        Trade { books, purchase }
    }
}

/// Chains that move by hand, or when somebody sends a transaction.
fn manual() -> MarketConfig {
    let evm_chain = EvmChainConfig { block_time: Duration::ZERO, ..EvmChainConfig::default() };
    MarketConfig { chain: ChainConfig::manual(), evm_chain, ..MarketConfig::default() }
}

/// A device with a wallet of its own.
pub(crate) fn device(policy: Vec<PolicyRule>) -> Device {
    Device::new(Keys::solana(&Keypair::new().to_base58_string()).unwrap(), policy)
}

/// The wallet of a device.
pub(crate) fn address_of(device: &Device) -> Address {
    Address::from(*device.keys.solana_address().unwrap().as_bytes())
}

/// Allows every dollar that is known on devnet.
pub(crate) fn dollars(cap: u64) -> Vec<PolicyRule> {
    let known = embedded_x402::policy::assets::KNOWN.iter();
    known.map(|asset| PolicyRule::new(asset, cap)).collect()
}

/// Allows USDC on devnet only.
pub(crate) fn usdc(cap: u64) -> PolicyRule {
    PolicyRule::new(&embedded_x402::policy::assets::USDC_SOLANA_DEVNET, cap)
}

/// One way to pay on devnet, in atomic units.
pub(crate) fn accept(mint: Address, pay_to: Address, price: u64) -> Accept {
    let price = Price::Atomic(price.to_string());
    Accept::new(SolanaNetwork::Devnet.caip2(), mint.to_string(), pay_to.to_string(), price)
}

/// The weather for [`PRICE`] in USDC.
pub(crate) fn weather(version: Version, path: &str, pay_to: Address) -> Route {
    sells(version, path, Resource::Weather, pay_to)
}

/// Anything for [`PRICE`] in USDC.
pub(crate) fn sells(version: Version, path: &str, resource: Resource, pay_to: Address) -> Route {
    Route { version, ..Route::new(path, resource, accept(genesis::USDC, pay_to, PRICE)) }
}

/// Both versions of the protocol.
pub(crate) const VERSIONS: [Version; 2] = [Version::V1, Version::V2];
