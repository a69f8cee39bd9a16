//! Methods about the cluster and its blocks.

use serde_json::{Value, json};
use solana_hash::Hash;

use super::{
    error::RpcError,
    parameters::{API_VERSION, Context, Parameters, parse},
};
use crate::chain::Chain;

/// Slots of an epoch on every public cluster.
const SLOTS_IN_EPOCH: u64 = 432_000;

pub(super) fn health() -> Result<Value, RpcError> {
    Ok(json!("ok"))
}

pub(super) fn version() -> Result<Value, RpcError> {
    Ok(json!({ "solana-core": API_VERSION, "feature-set": 0 }))
}

pub(super) fn genesis_hash(chain: &Chain) -> Result<Value, RpcError> {
    Ok(json!(chain.lock().genesis_hash().to_string()))
}

/// `getSlot` and `getBlockHeight`: no slot is skipped, so they are equal.
pub(super) fn slot(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let context: Context = parameters.or_default(0)?;
    Ok(json!(context.slot(chain)?))
}

pub(super) fn epoch_info(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let context: Context = parameters.or_default(0)?;
    let slot = context.slot(chain)?;
    Ok(json!({
        "absoluteSlot": slot,
        "blockHeight": slot,
        "epoch": slot / SLOTS_IN_EPOCH,
        "slotIndex": slot % SLOTS_IN_EPOCH,
        "slotsInEpoch": SLOTS_IN_EPOCH,
        "transactionCount": null,
    }))
}

/// Nobody competes for space in these blocks.
pub(super) fn recent_prioritization_fees(chain: &Chain) -> Result<Value, RpcError> {
    let slot = Context::default().slot(chain)?;
    Ok(json!([{ "slot": slot, "prioritizationFee": 0 }]))
}

pub(super) fn latest_blockhash(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let context: Context = parameters.or_default(0)?;
    let latest = chain.latest_blockhash(context.commitment());
    let value = json!({
        "blockhash": latest.hash.to_string(),
        "lastValidBlockHeight": latest.last_valid_block_height,
    });
    context.wrap(chain, value)
}

pub(super) fn is_blockhash_valid(
    chain: &Chain,
    parameters: &Parameters,
) -> Result<Value, RpcError> {
    let hash: Hash = parse(&parameters.required::<String>(0)?)?;
    let context: Context = parameters.or_default(1)?;
    let valid = chain.is_blockhash_valid(&hash, context.commitment());
    context.wrap(chain, json!(valid))
}
