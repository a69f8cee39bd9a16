//! A market with one device in it. Solana's time stands still; the EVM chain's is the wall's.

use std::time::Duration;

use alloy_primitives::hex;
use embedded_x402::client::{Method, Request};
use embedded_x402_sim::chain::{ChainConfig, genesis};
use embedded_x402_sim::device::{Device, Keys, PolicyRule};
use embedded_x402_sim::evm_chain::{self, EvmChainConfig, U256};
use embedded_x402_sim::fault::{FaultKind, Faults};
use embedded_x402_sim::market::{Market, MarketConfig, Payees};
use embedded_x402_sim::seller::{Accept, Price, Resource, Route, SellerConfig};
use embedded_x402_sim::x402::{EvmNetwork, SolanaNetwork, Version};
use solana_address::Address;
use solana_keypair::Keypair;

use crate::books::{Token, Trade};

/// What the device has of each standard token.
pub(crate) const FUNDS: u64 = 100_000_000;

/// The most that the device's policy allows for one payment.
pub(crate) const CAP: u64 = 1_000_000;

/// What most things cost here.
pub(crate) const PRICE: u64 = 1_234;

/// What the faults are drawn by.
const SEED: u64 = 402;

/// The market and its customer.
pub(crate) struct Shop {
    pub(crate) market: Market,
    pub(crate) device: Device,
    pub(crate) payer: Address,
    pub(crate) evm_payer: evm_chain::Address,
}

impl Shop {
    /// Opens one that sells by these routes.
    pub(crate) async fn open(routes: impl FnOnce(Address) -> Vec<Route>) -> Self {
        Self::stocked(|pay_to, seller| seller.routes = routes(pay_to)).await
    }

    /// Opens one that sells by these routes, on either chain.
    pub(crate) async fn of_both_chains(routes: impl FnOnce(&Payees) -> Vec<Route>) -> Self {
        Self::with(manual(), |payees, seller| seller.routes = routes(payees)).await
    }

    /// Opens one whose seller is configured by `stock`.
    pub(crate) async fn stocked(stock: impl FnOnce(Address, &mut SellerConfig)) -> Self {
        Self::with(manual(), |payees, seller| stock(payees.solana, seller)).await
    }

    /// Opens one that sells by these routes, with a facilitator of the first generation.
    pub(crate) async fn legacy(routes: impl FnOnce(Address) -> Vec<Route>) -> Self {
        let config = MarketConfig { legacy: true, ..manual() };
        Self::with(config, |payees, seller| seller.routes = routes(payees.solana)).await
    }

    /// Opens one that sells by these routes on either chain, and in which this goes wrong.
    pub(crate) async fn faulty(
        seller_faults: &str,
        facilitator_faults: &str,
        routes: impl FnOnce(&Payees) -> Vec<Route>,
    ) -> Self {
        let config = MarketConfig {
            seller_faults: faults(seller_faults),
            facilitator_faults: faults(facilitator_faults),
            ..manual()
        };
        Self::with(config, |payees, seller| seller.routes = routes(payees)).await
    }

    async fn with(config: MarketConfig, stock: impl FnOnce(&Payees, &mut SellerConfig)) -> Self {
        let market = Market::open(config, stock).await.unwrap();
        let mut device = device(dollars(CAP));
        device.solana_rpc = Some(market.chain_url.clone());
        let (payer, evm_payer) = (address_of(&device), evm_address_of(&device));
        for (mint, _) in genesis::MINTS {
            market.chain.fund_token(&payer, &mint, FUNDS).unwrap();
        }
        let shop = Shop { market, device, payer, evm_payer };
        shop.fund_evm_payer(FUNDS);
        shop
    }

    /// Gives the shop another customer, who has nothing.
    pub(crate) fn change_device(&mut self, policy: Vec<PolicyRule>) {
        let rpc = self.device.solana_rpc.take();
        self.device = device(policy);
        self.device.solana_rpc = rpc;
        (self.payer, self.evm_payer) = (address_of(&self.device), evm_address_of(&self.device));
    }

    /// Gives the customer USDC on the EVM chain.
    pub(crate) fn fund_evm_payer(&self, units: u64) {
        self.market.evm_chain.fund_token(self.evm_payer, U256::from(units)).unwrap();
    }

    /// Buys by `GET`, in `token` if anything is paid at all.
    pub(crate) async fn get(&self, path: &str, token: impl Into<Token>) -> Trade<'_> {
        self.buy(&Request::new(Method::Get, &self.market.url(path)), token).await
    }

    /// Buys, in `token` if anything is paid at all.
    pub(crate) async fn buy(&self, request: &Request<'_>, token: impl Into<Token>) -> Trade<'_> {
        let books = self.open_books(token);
        let purchase = self.device.buy(request).await.unwrap();
        Trade { books, purchase }
    }
}

/// Chains that move by hand, or when somebody sends a transaction.
fn manual() -> MarketConfig {
    let evm_chain = EvmChainConfig { block_time: Duration::ZERO, ..EvmChainConfig::default() };
    MarketConfig { chain: ChainConfig::manual(), evm_chain, ..MarketConfig::default() }
}

/// The faults of a list, which may be empty.
pub(crate) fn faults<K: FaultKind>(list: &str) -> Faults<K> {
    let list = (!list.is_empty()).then(|| list.parse().unwrap());
    Faults::new(list, SEED)
}

/// A device with a wallet of its own on each chain.
pub(crate) fn device(policy: Vec<PolicyRule>) -> Device {
    let evm = hex::encode_prefixed(Keypair::new().secret_bytes());
    let keys = Keys::read(Some(&Keypair::new().to_base58_string()), Some(&evm)).unwrap();
    Device::new(keys, policy)
}

/// The wallet of a device on Solana.
pub(crate) fn address_of(device: &Device) -> Address {
    Address::from(*device.keys.solana_address().unwrap().as_bytes())
}

/// The wallet of a device on EVM chains.
pub(crate) fn evm_address_of(device: &Device) -> evm_chain::Address {
    device.keys.evm_address().unwrap().to_hex().as_str().parse().unwrap()
}

/// Allows every dollar that is known.
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

/// One way to pay on Base Sepolia, in atomic units of USDC.
pub(crate) fn evm_accept(pay_to: evm_chain::Address, price: u64) -> Accept {
    let network = EvmNetwork::BASE_SEPOLIA;
    let usdc = network.usdc().unwrap();
    let price = Price::Atomic(price.to_string());
    Accept::new(network.caip2(), usdc.address, pay_to.to_string(), price)
}

/// The weather for [`PRICE`] in USDC.
pub(crate) fn weather(version: Version, path: &str, pay_to: Address) -> Route {
    sells(version, path, Resource::Weather, pay_to)
}

/// Anything for [`PRICE`] in USDC.
pub(crate) fn sells(version: Version, path: &str, resource: Resource, pay_to: Address) -> Route {
    Route { version, ..Route::new(path, resource, accept(genesis::USDC, pay_to, PRICE)) }
}

/// Where a shop sells by a version, if by nothing else.
pub(crate) fn path(version: Version) -> String {
    format!("/v{}", u8::from(version))
}

/// Both versions of the protocol.
pub(crate) const VERSIONS: [Version; 2] = [Version::V1, Version::V2];
