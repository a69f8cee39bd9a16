//! The entries of `accepts`, from a route's configuration and what the facilitator asks for.

use serde_json::{Map, Value, json};

use super::config::{Accept, Route};
use crate::facilitator::rpc::LatestBlockhash;
use crate::x402::{EvmNetwork, EvmToken, Supported, Version, network};

/// What an entry takes from others: the facilitator's kinds and, for challenges, the chain.
pub(super) struct EntryContext<'a> {
    pub(super) supported: &'a Supported,
    pub(super) blockhash: Option<&'a LatestBlockhash>,
    /// The URL that was asked for, which v1 repeats in every entry.
    pub(super) url: &'a str,
    /// The method that was asked with, which v1 repeats too.
    pub(super) method: &'a str,
}

/// All entries of a route, in the order in which they are advertised.
pub(super) fn entries(route: &Route, context: &EntryContext<'_>) -> Vec<Value> {
    let decoys = if route.decoys { decoys() } else { Vec::new() };
    let real = route.accepts.iter();
    let mut entries: Vec<Value> =
        decoys.iter().chain(real).map(|accept| entry(route, accept, context)).collect();
    let missing = route.pad_accepts_to.saturating_sub(entries.len());
    entries.extend(padding().take(missing).map(|accept| entry(route, &accept, context)));
    entries
}

fn entry(route: &Route, accept: &Accept, context: &EntryContext<'_>) -> Value {
    match route.version {
        Version::V1 => v1_entry(route, accept, context),
        Version::V2 => v2_entry(route, accept, context),
    }
}

/// Keys in the order in which the reference writes them.
fn v2_entry(route: &Route, accept: &Accept, context: &EntryContext<'_>) -> Value {
    let network = network::caip2(&accept.network).unwrap_or_else(|| accept.network.clone());
    let mut entry = json!({
        "scheme": accept.scheme,
        "network": network,
        "amount": accept.price.atomic(accept.decimals),
        "asset": accept.asset,
        "payTo": accept.pay_to,
        "maxTimeoutSeconds": accept.max_timeout_seconds.unwrap_or(300),
    });
    entry["extra"] = Value::Object(extra(route, accept, &network, context));
    entry
}

fn v1_entry(route: &Route, accept: &Accept, context: &EntryContext<'_>) -> Value {
    let network = network::v1_name(&accept.network).unwrap_or(&accept.network);
    let mut entry = json!({
        "scheme": accept.scheme,
        "network": network,
        "maxAmountRequired": accept.price.atomic_in_floating_point(accept.decimals),
        "resource": context.url,
        "description": route.description,
        "mimeType": route.mime_type,
        "payTo": accept.pay_to,
        "maxTimeoutSeconds": accept.max_timeout_seconds.unwrap_or(60),
        "asset": accept.asset,
        "outputSchema": output_schema(route, context.method),
    });
    let extra = extra(route, accept, network, context);
    if !extra.is_empty() {
        entry["extra"] = Value::Object(extra);
    }
    entry
}

/// The facilitator's part, the chain's part, the token's part, and what the seller adds.
fn extra(
    route: &Route,
    accept: &Accept,
    network: &str,
    context: &EntryContext<'_>,
) -> Map<String, Value> {
    let mut extra = facilitator_extra(route.version, accept, network, context.supported);
    let on_solana = network.starts_with("solana") && accept.scheme == "exact";
    if let Some(latest) = context.blockhash.filter(|_| on_solana) {
        let height = latest.last_valid_block_height.to_string();
        extra.insert("recentBlockhash".to_owned(), json!(latest.blockhash));
        extra.insert("lastValidBlockHeight".to_owned(), json!(height));
    }
    if let Some(memo) = route.memo.as_ref().filter(|_| on_solana) {
        extra.insert("memo".to_owned(), json!(memo));
    }
    if let Some(token) = known_token(accept) {
        extra.extend(domain(&token));
    }
    extra.extend(accept.extra.clone());
    extra
}

/// The token of an entry, if its EIP-712 domain need not be configured.
fn known_token(accept: &Accept) -> Option<EvmToken> {
    let usdc = accept.network.parse().ok().and_then(EvmNetwork::usdc)?;
    accept.asset.eq_ignore_ascii_case(usdc.address).then_some(usdc)
}

/// What clients need to know of a token before they can sign for it.
fn domain(token: &EvmToken) -> [(String, Value); 2] {
    [("name", token.name), ("version", token.version)]
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
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
        ..other_network(network, "token", "decoy")
    })
    .into()
}

/// Entries that clients can read and step over, as many as anybody wants: they are for a token that
/// no dollar policy knows.
fn padding() -> impl Iterator<Item = Accept> {
    EURC.into_iter().cycle().map(|(network, asset, name)| {
        let token = EvmToken { address: asset, name, version: "2" };
        Accept {
            extra: domain(&token).into_iter().collect(),
            ..other_network(network, asset, PADDING_PAY_TO)
        }
    })
}

fn other_network(network: &str, asset: &str, pay_to: &str) -> Accept {
    Accept::new(network, asset, pay_to, super::Price::Atomic("1000".to_owned()))
}

const PADDING_PAY_TO: &str = "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6";

/// Circle's euro on networks with EIP-3009: network, contract, name of the EIP-712 domain.
const EURC: [(&str, &str, &str); 4] = [
    ("eip155:84532", "0x808456652fdb597867f38412077A9182bf77359F", "EURC"),
    ("eip155:8453", "0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42", "EURC"),
    ("eip155:1", "0x1aBaEA1f7C830bD89Acc67eC4af516284b1bC33c", "Euro Coin"),
    ("eip155:43114", "0xC891EB4cbdEFf6e073e859e987815Ed1505c2ACD", "EURC"),
];

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    #[test]
    fn padding_has_correct_checksums() {
        for (_, address, _) in EURC {
            assert!(Address::parse_checksummed(address, None).is_ok(), "{address}");
        }
    }

    #[test]
    fn known_tokens_bring_their_domain_along() {
        let price = super::super::Price::Atomic("1000".to_owned());
        let accept =
            |network: &str, asset: &str| Accept::new(network, asset, "payee", price.clone());
        let usdc = EvmNetwork::BASE_SEPOLIA.usdc().unwrap();
        for network in ["base-sepolia", "eip155:84532"] {
            assert_eq!(known_token(&accept(network, usdc.address)), Some(usdc));
        }
        assert_eq!(known_token(&accept("base", usdc.address)), None);
        assert_eq!(known_token(&accept("solana", usdc.address)), None);
        assert_eq!(known_token(&accept("base-sepolia", PADDING_PAY_TO)), None);
    }
}
