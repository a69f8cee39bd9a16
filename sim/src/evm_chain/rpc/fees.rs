//! What a transaction should pay. The base fee stands still, and nobody competes for space.

use alloy_primitives::U64;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::RpcError,
    parameters::{Parameters, quantity},
};
use crate::evm_chain::{EvmChain, genesis::PRIORITY_FEE};

/// Blocks that one `eth_feeHistory` covers at most.
const MAX_BLOCKS: u64 = 1024;

/// Percentiles that one `eth_feeHistory` takes.
const MAX_PERCENTILES: usize = 100;

/// A number of blocks, which callers write in either way.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Number(u64),
    Quantity(U64),
}

pub(super) fn gas_price(chain: &EvmChain) -> Value {
    quantity(chain.base_fee().saturating_add(PRIORITY_FEE))
}

pub(super) fn priority_fee() -> Value {
    quantity(PRIORITY_FEE)
}

/// `eth_feeHistory`.
pub(super) fn history(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let wanted = match parameters.required(0)? {
        Count::Number(number) => number,
        Count::Quantity(number) => number.to(),
    };
    let newest = parameters.block(1, chain)?;
    let percentiles: Vec<f64> = parameters.optional(2)?.unwrap_or_default();
    check(&percentiles)?;
    let count = wanted.min(MAX_BLOCKS).min(newest.saturating_add(1));
    let oldest = newest.saturating_add(1).saturating_sub(count);
    let ratios = (oldest..oldest.saturating_add(count)).map(|number| gas_used_ratio(chain, number));
    let blocks = count as usize;
    let mut history = json!({
        "oldestBlock": quantity(oldest),
        "baseFeePerGas": vec![quantity(chain.base_fee()); blocks.saturating_add(1)],
        "gasUsedRatio": ratios.collect::<Vec<f64>>(),
    });
    if !percentiles.is_empty() {
        history["reward"] = json!(vec![vec![priority_fee(); percentiles.len()]; blocks]);
    }
    Ok(history)
}

fn check(percentiles: &[f64]) -> Result<(), RpcError> {
    let rising = percentiles.is_sorted();
    let in_range = percentiles.iter().all(|percentile| (0.0..=100.0).contains(percentile));
    if !rising || !in_range || percentiles.len() > MAX_PERCENTILES {
        return Err(RpcError::Refused("invalid reward percentile".to_owned()));
    }
    Ok(())
}

fn gas_used_ratio(chain: &EvmChain, number: u64) -> f64 {
    chain
        .block(number)
        .map_or(0.0, |block| block.header.gas_used as f64 / block.header.gas_limit as f64)
}
