//! What the demonstration tells: for people a transcript and a table, for programs JSON.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use embedded_x402::io::Error;
use serde_json::{Value, json};

use super::Report;
use super::ways::Owner;
use crate::device::{Purchase, client_state_bytes};
use crate::market::Market;

pub(super) fn introduce(market: &Market, payer: &Owner) {
    println!("A device with the embedded-x402 client buys from a seller on this machine.\n");
    println!("  Solana       {} (LiteSVM, real token programs)", market.chain_url);
    println!("  EVM chain    {} (revm, an EIP-3009 token)", market.evm_chain_url);
    println!("  seller       {} paid at {}", market.seller_url, market.pay_to);
    println!("               or {}", market.evm_pay_to);
    println!("  facilitator  pays the fees from {}", market.fee_payer);
    println!("               and {}", market.evm_fee_payer);
    println!("  device       {}", payer.solana);
    println!("               and {}", payer.evm);
    println!("  policy       USDC or PYUSD, at most 1.00 a payment\n");
}

pub(super) fn transcript(number: usize, report: &Report) -> String {
    let Report { way, purchase, .. } = report;
    let mut text = String::new();
    let version = u8::from(way.version);
    let _ = writeln!(text, "{number}. x402 v{version}, {}: GET {}", way.name, way.path);
    if let Some(offer) = &purchase.offer {
        let price = dollars(offer.amount);
        let _ = writeln!(
            text,
            "   asked    {price} {} on {} for {}",
            offer.symbol, offer.network, offer.pay_to
        );
        let _ = writeln!(text, "   decided  within the policy, and signed");
    }
    match (&purchase.result, purchase.receipt()) {
        (Ok(body), Some(receipt)) => {
            let _ = writeln!(text, "   settled  {}", receipt.transaction);
            let _ = writeln!(text, "   bought   {}", String::from_utf8_lossy(&body.bytes).trim());
            if let Some(error) = body.broken_off {
                let _ = writeln!(text, "   FAILED   the answer broke off: {error}");
            }
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

pub(super) fn table(reports: &[Report]) -> Table {
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
    let token = report.way.token;
    [
        number.to_string(),
        format!("v{}", u8::from(report.way.version)),
        "exact".to_owned(),
        token.network().to_string(),
        token.symbol().to_owned(),
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

pub(super) fn conclude(reports: &[Report]) {
    let holding = reports.iter().filter(|report| report.holds()).count();
    println!("{holding} of {} payments settled and moved exactly their price.", reports.len());
    println!("The client's state is the same for all of them, at its peak too; it uses no heap.");
}

pub(super) fn summary(reports: &[Report]) -> Value {
    let payments: Vec<Value> = reports.iter().map(report_json).collect();
    json!({
        "success": reports.iter().all(Report::holds),
        "client_state_bytes": client_state_bytes(),
        "payments": payments,
    })
}

fn report_json(report: &Report) -> Value {
    let Report { way, purchase, spent, earned, others_moved } = report;
    json!({
        "x402_version": u8::from(way.version),
        "scheme": "exact",
        "network": way.token.network().to_string(),
        "token": way.token.symbol(),
        "name": way.name,
        "price": way.price,
        "device_paid": spent,
        "seller_got": earned,
        "other_tokens_moved": others_moved,
        "transaction": purchase.receipt().map(|receipt| receipt.transaction.as_str()),
        "error": error(purchase).map(|error| error.to_string()),
        "sent_bytes": purchase.traffic.sent,
        "received_bytes": purchase.traffic.received,
        "milliseconds": purchase.elapsed.as_secs_f64() * 1e3,
        "success": report.holds(),
    })
}

/// Why there is no answer, or not all of it.
fn error(purchase: &Purchase) -> Option<Error> {
    match &purchase.result {
        Ok(body) => body.broken_off,
        Err(error) => Some(*error),
    }
}

/// Atomic units of a token with six decimals.
fn dollars(amount: u64) -> String {
    format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}
