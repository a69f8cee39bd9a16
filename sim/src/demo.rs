//! `x402-sim demo`: a device buys once in every way that is supported, and every balance is checked.

use std::sync::Arc;

use alloy_primitives::hex;
use clap::Args;
use embedded_x402::policy::assets;
use solana_address::Address;
use solana_keypair::Keypair;

use crate::chain::genesis;
use crate::device::{Device, Keys, KeysError, PolicyRule, Purchase, known_usdc};
use crate::evm_chain::{self, FundingError, U256};
use crate::market::{Market, MarketConfig, MarketError, Payees};

mod report;
mod ways;

use ways::{Owner, Token, Way, ways};

/// Start two chains, a facilitator and a seller on loopback, let a device pay in every supported
/// way on Solana and on an EVM chain, and check that each payment moved exactly its price.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Give the client received bytes this many at a time; 0 gives them as they come.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub fragment: usize,
}

/// Why there was no demonstration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The servers could not be started.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// The device could not be set up.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The system had no random bytes for a key.
    #[error("making a key: {0}")]
    Random(#[from] getrandom::Error),
    /// Solana refused to fund the device.
    #[error(transparent)]
    Chain(#[from] crate::chain::ChainError),
    /// The EVM chain refused to fund the device.
    #[error(transparent)]
    EvmChain(#[from] FundingError),
}

/// What the device begins with, of each token, in atomic units.
const FUNDS: u64 = 10_000_000;

/// The most that it may pay at once: a dollar.
const CAP: u64 = 1_000_000;

/// One purchase, and what it did to the balances.
struct Report {
    way: Way,
    purchase: Purchase,
    spent: u64,
    earned: u64,
    /// Whether anything moved in a token that was not to be paid in.
    others_moved: bool,
}

impl Report {
    fn holds(&self) -> bool {
        let price = self.way.price;
        let has_moved = self.spent == price && self.earned == price && !self.others_moved;
        let is_whole = matches!(&self.purchase.result, Ok(body) if body.broken_off.is_none());
        self.purchase.receipt().is_some() && is_whole && has_moved
    }
}

/// Runs the demonstration; answers whether every payment settled and moved exactly its price.
///
/// # Errors
/// [`DemoError`].
pub async fn run(args: DemoArgs, as_json: bool) -> Result<bool, DemoError> {
    let routes = |payees: &Payees| ways().iter().map(|way| way.route(payees)).collect();
    let market = Market::with_routes(MarketConfig::default(), routes).await?;
    let device = device(&market, args.fragment)?;
    let payer = owner(&device)?;
    if !as_json {
        report::introduce(&market, &payer);
    }
    let mut reports = Vec::new();
    for way in ways() {
        let report = buy(&market, &device, &payer, way).await?;
        if !as_json {
            print!("{}", report::transcript(reports.len() + 1, &report));
        }
        reports.push(report);
    }
    if as_json {
        println!("{}", report::summary(&reports));
    } else {
        println!("{}\n", report::table(&reports));
        report::conclude(&reports);
    }
    Ok(reports.iter().all(Report::holds))
}

/// A device with a wallet on each chain, and money in both.
fn device(market: &Market, fragment: usize) -> Result<Device, DemoError> {
    let mut evm = [0; 32];
    getrandom::fill(&mut evm)?;
    let (solana, evm) = (Keypair::new().to_base58_string(), hex::encode_prefixed(evm));
    let mut policy = known_usdc(CAP);
    let pyusd = assets::KNOWN.iter().filter(|asset| asset.symbol == "PYUSD");
    policy.extend(pyusd.map(|asset| PolicyRule::new(asset, CAP)));
    let mut device = Device::new(Keys::read(Some(&solana), Some(&evm))?, policy);
    device.solana_rpc = Some(market.chain_url.clone());
    device.fragment = fragment;
    let owner = owner(&device)?;
    for (mint, _) in genesis::MINTS {
        market.chain.fund_token(&owner.solana, &mint, FUNDS)?;
    }
    market.evm_chain.fund_token(owner.evm, U256::from(FUNDS))?;
    Ok(device)
}

fn owner(device: &Device) -> Result<Owner, KeysError> {
    let solana = device.keys.solana_address().ok_or(KeysError::None)?;
    let evm = device.keys.evm_address().ok_or(KeysError::None)?;
    Ok(Owner {
        solana: Address::from(*solana.as_bytes()),
        evm: evm_chain::Address::from(*evm.as_bytes()),
    })
}

/// Buys with the way's network as the one that the policy prefers.
async fn buy(
    market: &Market,
    device: &Device,
    payer: &Owner,
    way: Way,
) -> Result<Report, DemoError> {
    let mut device = device.clone();
    device.policy.sort_by_key(|rule| rule.network != way.token.network());
    if !way.has_clock {
        device.clock = Arc::new(|| None);
    }
    let before = Balances::read(market, payer);
    let purchase = device.get(&market.url(way.path)).await?;
    let after = Balances::read(market, payer);
    let (payer_before, payee_before) = before.of(way.token);
    let (payer_after, payee_after) = after.of(way.token);
    Ok(Report {
        spent: payer_before.saturating_sub(payer_after),
        earned: payee_after.saturating_sub(payee_before),
        others_moved: before.without(way.token) != after.without(way.token),
        way,
        purchase,
    })
}

/// The balances of the device and of the seller, in each token.
struct Balances([(Token, u64, u64); 3]);

impl Balances {
    fn read(market: &Market, payer: &Owner) -> Self {
        let payee = Owner { solana: market.pay_to, evm: market.evm_pay_to };
        let both =
            |token: Token| (token, token.balance(market, payer), token.balance(market, &payee));
        Balances(Token::ALL.map(both))
    }

    fn of(&self, token: Token) -> (u64, u64) {
        let mut all = self.0.iter();
        all.find(|(it, ..)| *it == token).map_or((0, 0), |(_, payer, payee)| (*payer, *payee))
    }

    fn without(&self, token: Token) -> Vec<(Token, u64, u64)> {
        self.0.iter().filter(|(it, ..)| *it != token).copied().collect()
    }
}
