//! Methods that show blocks.

use alloy_primitives::B256;
use serde_json::{Value, json};

use super::{
    error::RpcError,
    parameters::{BlockTag, Parameters},
    transactions,
};
use crate::evm_chain::{Block, EvmChain};

pub(super) fn by_number(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let tag: BlockTag = parameters.required(0)?;
    let full: bool = parameters.optional(1)?.unwrap_or_default();
    let block = tag.number(chain).and_then(|number| chain.block(number));
    block.map_or(Ok(Value::Null), |block| describe(&block, full))
}

pub(super) fn by_hash(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let hash: B256 = parameters.required(0)?;
    let full: bool = parameters.optional(1)?.unwrap_or_default();
    chain.block_by_hash(hash).map_or(Ok(Value::Null), |block| describe(&block, full))
}

fn describe(block: &Block, full: bool) -> Result<Value, RpcError> {
    let mut shown = serde_json::to_value(&block.header)?;
    shown["hash"] = json!(block.hash);
    shown["uncles"] = json!([]);
    shown["withdrawals"] = json!([]);
    shown["transactions"] = match &block.mined {
        None => json!([]),
        Some(mined) if full => json!([transactions::describe(block, mined)?]),
        Some(mined) => json!([mined.transaction.tx_hash()]),
    };
    Ok(shown)
}
