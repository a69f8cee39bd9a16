//! The entries of `accepts`, from a route's configuration and what the facilitator asks for.

use serde_json::{Map, Value, json};

use super::config::{Accept, Route};
use crate::facilitator::rpc::LatestBlockhash;
use crate::x402::{Supported, Version, network};

/// What an entry takes from others: the facilitator's kinds and, for challenges, the chain.
pub(super) struct Surroundings<'a> {
    pub(super) supported: &'a Supported,
    pub(super) blockhash: Option<&'a LatestBlockhash>,
    /// The URL that was asked for, which v1 repeats in every entry.
    pub(super) url: &'a str,
    /// The method that was asked with, which v1 repeats too.
    pub(super) method: &'a str,
}

/// All entries of a route, in the order in which they are advertised.
pub(super) fn entries(route: &Route, surroundings: &Surroundings<'_>) -> Vec<Value> {
    let decoys = if route.decoys { decoys() } else { Vec::new() };
    let real = route.accepts.iter();
    let mut entries: Vec<Value> =
        decoys.iter().chain(real).map(|accept| entry(route, accept, surroundings)).collect();
    let missing = route.pad_accepts_to.saturating_sub(entries.len());
    entries.extend(padding().take(missing).map(|accept| entry(route, &accept, surroundings)));
    entries
}

fn entry(route: &Route, accept: &Accept, surroundings: &Surroundings<'_>) -> Value {
    match route.version {
        Version::V1 => v1_entry(route, accept, surroundings),
        Version::V2 => v2_entry(route, accept, surroundings),
    }
}

/// Keys in the order in which the reference writes them.
fn v2_entry(route: &Route, accept: &Accept, surroundings: &Surroundings<'_>) -> Value {
    let network = network::caip2(&accept.network).unwrap_or_else(|| accept.network.clone());
    let mut entry = json!({
        "scheme": accept.scheme,
        "network": network,
        "amount": accept.price.atomic(accept.decimals),
        "asset": accept.asset,
        "payTo": accept.pay_to,
        "maxTimeoutSeconds": accept.max_timeout_seconds.unwrap_or(300),
    });
    entry["extra"] = Value::Object(extra(route, accept, &network, surroundings));
    entry
}

fn v1_entry(route: &Route, accept: &Accept, surroundings: &Surroundings<'_>) -> Value {
    let network = network::v1_name(&accept.network).unwrap_or(&accept.network);
    let mut entry = json!({
        "scheme": accept.scheme,
        "network": network,
        "maxAmountRequired": accept.price.atomic_in_floating_point(accept.decimals),
        "resource": surroundings.url,
        "description": route.description,
        "mimeType": route.mime_type,
        "payTo": accept.pay_to,
        "maxTimeoutSeconds": accept.max_timeout_seconds.unwrap_or(60),
        "asset": accept.asset,
        "outputSchema": output_schema(route, surroundings.method),
    });
    let extra = extra(route, accept, network, surroundings);
    if !extra.is_empty() {
        entry["extra"] = Value::Object(extra);
    }
    entry
}

/// The facilitator's part, the chain's part, and what the seller adds.
fn extra(
    route: &Route,
    accept: &Accept,
    network: &str,
    surroundings: &Surroundings<'_>,
) -> Map<String, Value> {
    let mut extra = facilitator_extra(route.version, accept, network, surroundings.supported);
    let on_solana = network.starts_with("solana") && accept.scheme == "exact";
    if let Some(latest) = surroundings.blockhash.filter(|_| on_solana) {
        let height = latest.last_valid_block_height.to_string();
        extra.insert("recentBlockhash".to_owned(), json!(latest.blockhash));
        extra.insert("lastValidBlockHeight".to_owned(), json!(height));
    }
    if let Some(memo) = route.memo.as_ref().filter(|_| on_solana) {
        extra.insert("memo".to_owned(), json!(memo));
    }
    extra.extend(accept.extra.clone());
    extra
}

fn facilitator_extra(
    version: Version,
    accept: &Accept,
    network: &str,
    supported: &Supported,
) -> Map<String, Value> {
    let number = u8::from(version);
    let kind = supported.kinds.iter().find(|kind| {
        kind.x402_version == number && kind.scheme == accept.scheme && kind.network == network
    });
    kind.and_then(|kind| kind.extra.clone()).unwrap_or_default()
}

fn output_schema(route: &Route, method: &str) -> Value {
    let mut schema = json!({"input": {"type": "http", "method": method, "discoverable": true}});
    if let Some(output) = &route.output_schema {
        schema["output"] = output.clone();
    }
    schema
}

/// Entries that no client can pay and every client has to step over. Their `extra` has the JSON
/// that parsers like least.
fn decoys() -> Vec<Accept> {
    let extra = json!({
        "rate": 1.5e-7, "huge": 1e21, "none": null, "nested": [[1, [2]], {"accepts": []}],
        "text": "\"scheme\":\"exact\" \u{20ae} \u{1f4a7} \\",
    });
    [
        ("upto", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"),
        ("exact", "stellar:pubnet"),
        ("barter", "eip155:84532"),
    ]
    .map(|(scheme, network)| Accept {
        scheme: scheme.to_owned(),
        extra: extra.as_object().cloned().unwrap_or_default(),
        ..other_network(network, "token", "decoy", "Goat", "1")
    })
    .into()
}

/// Entries on networks that a Solana client steps over, as many as anybody wants.
fn padding() -> impl Iterator<Item = Accept> {
    PADDING_ASSETS
        .into_iter()
        .cycle()
        .map(|(network, asset, name)| other_network(network, asset, PADDING_PAY_TO, name, "2"))
}

fn other_network(network: &str, asset: &str, pay_to: &str, name: &str, version: &str) -> Accept {
    let price = super::Price::Atomic("1000".to_owned());
    let extra = [("name", name), ("version", version)];
    Accept {
        extra: extra.map(|(key, value)| (key.to_owned(), Value::from(value))).into_iter().collect(),
        ..Accept::new(network, asset, pay_to, price)
    }
}

const PADDING_PAY_TO: &str = "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6";

/// USDC on networks with EIP-3009: network, contract, name of the EIP-712 domain.
const PADDING_ASSETS: [(&str, &str, &str); 4] = [
    ("eip155:84532", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC"),
    ("eip155:8453", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin"),
    ("eip155:137", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin"),
    ("eip155:43114", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin"),
];
