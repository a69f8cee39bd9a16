//! Methods that read accounts. Their state is the newest whatever block is asked for, as long as the
//! block exists.

use alloy_primitives::{Address, B256, U256};
use serde_json::{Value, json};

use super::{
    error::RpcError,
    parameters::{Parameters, quantity, wide_quantity},
};
use crate::evm_chain::EvmChain;

pub(super) fn balance(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let address: Address = parameters.required(0)?;
    parameters.block(1, chain)?;
    Ok(wide_quantity(chain.balance(address)))
}

pub(super) fn code(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let address: Address = parameters.required(0)?;
    parameters.block(1, chain)?;
    Ok(json!(chain.code(address)))
}

pub(super) fn storage(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let address: Address = parameters.required(0)?;
    let slot: U256 = parameters.required(1)?;
    parameters.block(2, chain)?;
    Ok(json!(B256::from(chain.storage(address, slot))))
}

pub(super) fn transaction_count(
    chain: &EvmChain,
    parameters: &Parameters,
) -> Result<Value, RpcError> {
    let address: Address = parameters.required(0)?;
    parameters.block(1, chain)?;
    Ok(quantity(chain.transaction_count(address)))
}
