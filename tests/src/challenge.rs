//! What sellers ask: entries of `accepts` and the challenges around them.

use serde_json::{Value, json};

use crate::keys::fee_payer;

/// USDC on Solana's devnet.
pub const USDC: &str = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";

/// Another known token there.
pub const PYUSD: &str = "CXk2AMBfi3TwaEL2468s6zP8xq9NxTXjp9gjMgzeUynM";

/// Solana's devnet in version 2.
pub const DEVNET: &str = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";

/// Who is paid.
pub const SELLER: &str = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt";

/// A blockhash that sellers supply.
pub const BLOCKHASH: &str = "EZ3rST5dvHmbanh75jc4PuLfV96vp9fEYBVeNk4FfM1k";

/// 1000 units of USDC on devnet, a recent blockhash supplied: nothing has to be asked of a node.
pub fn entry() -> Value {
    json!({
        "scheme": "exact", "network": DEVNET, "amount": "1000", "asset": USDC, "payTo": SELLER,
        "maxTimeoutSeconds": 60,
        "extra": {"feePayer": fee_payer(), "recentBlockhash": BLOCKHASH},
    })
}

/// The same for another price.
pub fn priced(amount: &str) -> Value {
    with(entry(), "/amount", json!(amount))
}

/// The same with a memo.
pub fn with_memo(memo: &str) -> Value {
    with_extra(entry(), "memo", json!(memo))
}

/// The same in version 1, described as its sellers do.
pub fn entry_v1() -> Value {
    json!({
        "scheme": "exact", "network": "solana-devnet", "maxAmountRequired": "1000",
        "resource": "http://seller.lan/weather", "description": "The weather, today.",
        "mimeType": "application/json", "payTo": SELLER, "maxTimeoutSeconds": 60, "asset": USDC,
        "outputSchema": {"input": {"type": "http", "method": "GET", "discoverable": true}},
        "extra": {"feePayer": fee_payer(), "recentBlockhash": BLOCKHASH},
    })
}

/// 1000 units of USDC on Base Sepolia.
pub fn entry_evm() -> Value {
    json!({
        "scheme": "exact", "network": "eip155:84532", "amount": "1000",
        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "payTo": "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6", "maxTimeoutSeconds": 60,
        "extra": {"name": "USDC", "version": "2"},
    })
}

/// The same in version 1.
pub fn entry_evm_v1() -> Value {
    json!({
        "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "1000",
        "resource": "http://seller.lan/weather", "description": "The weather, today.",
        "mimeType": "application/json", "outputSchema": null,
        "payTo": "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6", "maxTimeoutSeconds": 60,
        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "extra": {"name": "USDC", "version": "2"},
    })
}

/// Replaces what stands at a JSON pointer.
pub fn with(mut entry: Value, pointer: &str, value: Value) -> Value {
    *entry.pointer_mut(pointer).expect("an existing member") = value;
    entry
}

/// Adds or replaces a member of `extra`.
pub fn with_extra(mut entry: Value, name: &str, value: Value) -> Value {
    entry["extra"][name] = value;
    entry
}

/// Takes a member of `extra` out.
pub fn without_extra(mut entry: Value, name: &str) -> Value {
    entry["extra"].as_object_mut().expect("an object").remove(name).expect("an existing member");
    entry
}

/// A challenge of version 2.
pub fn challenge(accepts: &[Value]) -> String {
    json!({
        "x402Version": 2, "error": "Payment required", "accepts": accepts,
        "resource": {"url": "http://seller.lan/weather", "description": "", "mimeType": ""},
    })
    .to_string()
}

/// A challenge of version 1.
pub fn challenge_v1(accepts: &[Value]) -> String {
    json!({"x402Version": 1, "error": "X-PAYMENT header is required", "accepts": accepts})
        .to_string()
}

/// A challenge of version 2 that advertises itself for discovery: several kilobytes of schemas.
pub fn discoverable_challenge(accepts: &[Value]) -> String {
    let fields: serde_json::Map<String, Value> = (0..8)
        .map(|index| {
            let about =
                format!("Query parameter {index}: \"quoted\" \u{1f326} \\ and {{[braces]}}");
            (format!("field{index}"), json!({"type": "string", "description": about}))
        })
        .collect();
    let schema =
        json!({"properties": fields, "required": ["field0"], "x402Version": 1, "accepts": []});
    let info = json!({"input": {"type": "http", "method": "GET", "queryParams": fields}});
    let mut challenge: Value = serde_json::from_str(&challenge(accepts)).expect("JSON");
    challenge["extensions"] = json!({"bazaar": {"info": info, "schema": schema}});
    challenge.to_string()
}
