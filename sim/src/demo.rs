//! `x402-sim demo`: a device buys once in every way that is supported, and every balance is checked.

use std::fmt::Write as _;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;

use crate::chain::genesis;
use crate::device::{
    Device, Keys, KeysError, PolicyRule, Purchase, client_state_bytes, known_usdc,
};
use crate::market::{Market, MarketConfig, MarketError, Payees};
use crate::seller::{Accept, Price, Resource, Route};
use crate::x402::{SolanaNetwork, Version};

/// Start chain, facilitator and seller on loopback, let a device pay in every supported way, and
/// check that each payment moved exactly its price.
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
    Device(#[from] KeysError),
    /// The chain refused to fund the device.
    #[error(transparent)]
    Chain(#[from] crate::chain::ChainError),
}

/// What the device begins with, of each token, in atomic units.
const FUNDS: u64 = 10_000_000;

/// The most that it may pay at once: a dollar.
const CAP: u64 = 1_000_000;

/// One way to pay.
struct Way {
    name: &'static str,
    path: &'static str,
    version: Version,
    mint: Address,
    price: u64,
    stock: fn(&mut Route),
}

fn ways() -> [Way; 6] {
    let (usdc, pyusd) = (genesis::USDC, genesis::PYUSD);
    let way =
        |name, path, version, mint, price, stock| Way { name, path, version, mint, price, stock };
    [
        way("plain", "/v2/weather", Version::V2, usdc, 1_000, |_| {}),
        way("blockhash from the chain", "/v2/no-hash", Version::V2, usdc, 2_000, |route| {
            route.recent_blockhash = false;
        }),
        way("Token-2022, seller's memo", "/v2/memo", Version::V2, pyusd, 3_000, |route| {
            route.memo = Some("order 42".to_owned());
        }),
        way("10 accepts, 5 KB extension", "/v2/large", Version::V2, usdc, 4_000, |route| {
            route.bazaar = true;
            route.decoys = true;
            route.pad_accepts_to = 10;
        }),
        way("plain", "/v1/weather", Version::V1, usdc, 5_000, |_| {}),
        way("Token-2022, output schema", "/v1/schema", Version::V1, pyusd, 6_000, |route| {
            route.output_schema = Some(json!({"input": {"type": "http", "method": "GET"}}));
        }),
    ]
}

impl Way {
    fn route(&self, pay_to: Address) -> Route {
        let network = match self.version {
            Version::V1 => SolanaNetwork::Devnet.v1_name(),
            Version::V2 => SolanaNetwork::Devnet.caip2(),
        };
        let (mint, price) = (self.mint.to_string(), Price::Atomic(self.price.to_string()));
        let accept = Accept::new(network, mint, pay_to.to_string(), price);
        let mut route = Route::new(self.path, Resource::Weather, accept);
        route.version = self.version;
        route.recent_blockhash = true;
        (self.stock)(&mut route);
        route
    }
}

/// One purchase, and what it did to the balances.
struct Report {
    way: Way,
    purchase: Purchase,
    spent: u64,
    earned: u64,
}

impl Report {
    fn holds(&self) -> bool {
        let price = self.way.price;
        self.purchase.receipt().is_some() && self.spent == price && self.earned == price
    }
}

/// Runs the demonstration; answers whether every payment settled and moved exactly its price.
///
/// # Errors
/// [`DemoError`].
pub async fn run(args: DemoArgs, as_json: bool) -> Result<bool, DemoError> {
    let routes = |payees: &Payees| ways().iter().map(|way| way.route(payees.solana)).collect();
    let market = Market::with_routes(MarketConfig::default(), routes).await?;
    let device = device(&market, args.fragment)?;
    if !as_json {
        introduce(&market, &device);
    }
    let mut reports = Vec::new();
    for way in ways() {
        let report = buy(&market, &device, way).await?;
        if !as_json {
            print!("{}", transcript(reports.len() + 1, &report));
        }
        reports.push(report);
    }
    if as_json {
        println!("{}", summary(&reports));
    } else {
        println!("{}\n", table(&reports));
        conclude(&reports);
    }
    Ok(reports.iter().all(Report::holds))
}

fn device(market: &Market, fragment: usize) -> Result<Device, DemoError> {
    let key = Keypair::new();
    let mut policy = known_usdc(CAP);
    let dollars = embedded_x402::policy::assets::KNOWN.iter();
    policy.extend(
        dollars.filter(|asset| asset.symbol == "PYUSD").map(|asset| PolicyRule::new(asset, CAP)),
    );
    let mut device = Device::new(Keys::solana(&key.to_base58_string())?, policy);
    device.solana_rpc = Some(market.chain_url.clone());
    device.fragment = fragment;
    let owner = Address::from(*address(&device)?.as_bytes());
    for (mint, _) in genesis::MINTS {
        market.chain.fund_token(&owner, &mint, FUNDS)?;
    }
    Ok(device)
}

fn address(device: &Device) -> Result<embedded_x402::solana::Pubkey, DemoError> {
    Ok(device.keys.solana_address().ok_or(KeysError::None)?)
}

async fn buy(market: &Market, device: &Device, way: Way) -> Result<Report, DemoError> {
    let mint = way.mint;
    let payer = Address::from(*address(device)?.as_bytes());
    let payee = market.pay_to;
    let balance = |owner: &Address| market.chain.token_balance(owner, &mint);
    let before = (balance(&payer), balance(&payee));
    let purchase = device.get(&market.url(way.path)).await?;
    let spent = before.0.saturating_sub(balance(&payer));
    let earned = balance(&payee).saturating_sub(before.1);
    Ok(Report { way, purchase, spent, earned })
}

fn introduce(market: &Market, device: &Device) {
    println!("A device with the embedded-x402 client buys from a seller on this machine.\n");
    println!("  chain        {} (LiteSVM, real token programs)", market.chain_url);
    println!("  seller       {} paid at {}", market.seller_url, market.pay_to);
    println!("  facilitator  pays the fees from {}", market.fee_payer);
    if let Some(address) = device.keys.solana_address() {
        println!("  device       {address}, policy: USDC or PYUSD, at most 1.00 a payment");
    }
    println!();
}

fn transcript(number: usize, report: &Report) -> String {
    let Report { way, purchase, .. } = report;
    let mut text = String::new();
    let version = u8::from(way.version);
    let _ = writeln!(text, "{number}. x402 v{version}, {}: GET {}", way.name, way.path);
    if let Some(offer) = &purchase.offer {
        let price = dollars(offer.amount);
        let _ = writeln!(text, "   asked    {price} {} for {}", offer.symbol, offer.pay_to);
        let _ = writeln!(text, "   decided  within the policy, and signed");
    }
    match (&purchase.result, purchase.receipt()) {
        (Ok(body), Some(receipt)) => {
            let _ = writeln!(text, "   settled  {}", receipt.transaction);
            let _ = writeln!(text, "   bought   {}", String::from_utf8_lossy(&body.bytes).trim());
        }
        (Ok(body), None) => {
            let _ = writeln!(text, "   FAILED   status {}: {:?}", body.status, body.outcome);
        }
        (Err(error), _) => {
            let _ = writeln!(text, "   FAILED   {error}");
        }
    }
    text.push('\n');
    text
}

fn table(reports: &[Report]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "",
        "x402",
        "scheme",
        "network",
        "token",
        "price",
        "device",
        "seller",
        "sent",
        "received",
        "client state",
        "time",
        "",
    ]);
    for (index, report) in reports.iter().enumerate() {
        table.add_row(row(index + 1, report));
    }
    for column in [5, 6, 7, 8, 9, 10, 11] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(number: usize, report: &Report) -> [String; 13] {
    let traffic = report.purchase.traffic;
    let token = symbol(report.way.mint);
    [
        number.to_string(),
        format!("v{}", u8::from(report.way.version)),
        "exact".to_owned(),
        "solana-devnet".to_owned(),
        token.to_owned(),
        dollars(report.way.price),
        format!("-{}", dollars(report.spent)),
        format!("+{}", dollars(report.earned)),
        format!("{} B", traffic.sent),
        format!("{} B", traffic.received),
        format!("{} B", client_state_bytes()),
        format!("{} ms", report.purchase.elapsed.as_millis()),
        if report.holds() { "ok" } else { "WRONG" }.to_owned(),
    ]
}

fn conclude(reports: &[Report]) {
    let holding = reports.iter().filter(|report| report.holds()).count();
    println!("{holding} of {} payments settled and moved exactly their price.", reports.len());
    println!("The client's state is the same for all of them, at its peak too; it uses no heap.");
}

fn summary(reports: &[Report]) -> Value {
    let payments: Vec<Value> = reports.iter().map(report_json).collect();
    json!({
        "success": reports.iter().all(Report::holds),
        "client_state_bytes": client_state_bytes(),
        "payments": payments,
    })
}

fn report_json(report: &Report) -> Value {
    let Report { way, purchase, spent, earned } = report;
    json!({
        "x402_version": u8::from(way.version),
        "scheme": "exact",
        "network": "solana-devnet",
        "token": symbol(way.mint),
        "name": way.name,
        "price": way.price,
        "device_paid": spent,
        "seller_got": earned,
        "transaction": purchase.receipt().map(|receipt| receipt.transaction.as_str()),
        "error": purchase.result.as_ref().err().map(ToString::to_string),
        "sent_bytes": purchase.traffic.sent,
        "received_bytes": purchase.traffic.received,
        "milliseconds": purchase.elapsed.as_secs_f64() * 1e3,
        "success": report.holds(),
    })
}

/// Atomic units of a token with six decimals.
fn dollars(amount: u64) -> String {
    format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

fn symbol(mint: Address) -> &'static str {
    match mint {
        genesis::USDC => "USDC",
        genesis::PYUSD => "PYUSD",
        _ => "other",
    }
}
