//! `eth_call` and `eth_estimateGas`.

use alloy_primitives::{Address, Bytes, U64, U128, U256};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::RpcError,
    parameters::{Parameters, quantity},
};
use crate::evm_chain::{Call, EvmChain};

/// A transaction that is not signed. Members that change nothing here, such as the nonce, are read
/// over.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CallArguments {
    from: Option<Address>,
    to: Option<Address>,
    gas: Option<U64>,
    gas_price: Option<U128>,
    max_fee_per_gas: Option<U128>,
    value: Option<U256>,
    data: Option<Bytes>,
    input: Option<Bytes>,
}

pub(super) fn call(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    Ok(json!(chain.call(&wanted(chain, parameters)?)?))
}

pub(super) fn estimate_gas(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    Ok(quantity(chain.estimate_gas(&wanted(chain, parameters)?)?))
}

fn wanted(chain: &EvmChain, parameters: &Parameters) -> Result<Call, RpcError> {
    let arguments: CallArguments = parameters.required(0)?;
    parameters.block(1, chain)?;
    if parameters.optional::<Value>(2)?.is_some_and(|overrides| overrides != json!({})) {
        return Err(RpcError::invalid("state overrides are not supported"));
    }
    arguments.call()
}

impl CallArguments {
    fn call(self) -> Result<Call, RpcError> {
        Ok(Call {
            from: self.from.unwrap_or_default(),
            to: self.to,
            value: self.value.unwrap_or_default(),
            gas: self.gas.map(|gas| gas.to()),
            max_fee: self.max_fee_per_gas.or(self.gas_price).unwrap_or_default().to(),
            data: one_of(self.data, self.input)?,
        })
    }
}

/// The data goes by two names; both may be there if they agree.
fn one_of(data: Option<Bytes>, input: Option<Bytes>) -> Result<Bytes, RpcError> {
    match (data, input) {
        (Some(data), Some(input)) if data != input => Err(RpcError::invalid(
            "both \"data\" and \"input\" are set and not equal. \
             Please use \"input\" to pass transaction call data",
        )),
        (data, input) => Ok(input.or(data).unwrap_or_default()),
    }
}
