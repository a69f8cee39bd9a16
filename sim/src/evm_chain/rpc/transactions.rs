//! Methods that take and show transactions. A transaction is alone in its block, at index zero.

use alloy_consensus::{Transaction, TxReceipt};
use alloy_primitives::{B256, Bytes};
use serde_json::{Value, json};

use super::{
    error::RpcError,
    logs,
    parameters::{Parameters, quantity},
};
use crate::evm_chain::{Block, EvmChain, Mined};

/// `eth_sendRawTransaction`.
pub(super) fn send(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let bytes: Bytes = parameters.required(0)?;
    Ok(json!(chain.send_raw_transaction(&bytes)?))
}

/// `eth_getTransactionByHash`.
pub(super) fn by_hash(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    show(chain, parameters, describe)
}

/// `eth_getTransactionReceipt`.
pub(super) fn receipt(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    show(chain, parameters, describe_receipt)
}

/// A transaction in its block.
pub(super) fn describe(block: &Block, mined: &Mined) -> Result<Value, RpcError> {
    let mut shown = serde_json::to_value(&mined.transaction)?;
    shown["from"] = json!(mined.from);
    shown["blockHash"] = json!(block.hash);
    shown["blockNumber"] = quantity(block.header.number);
    shown["transactionIndex"] = quantity(0u64);
    shown["gasPrice"] = quantity(mined.effective_gas_price);
    Ok(shown)
}

fn describe_receipt(block: &Block, mined: &Mined) -> Result<Value, RpcError> {
    let receipt = &mined.receipt;
    let logs = receipt.logs().iter().enumerate();
    Ok(json!({
        "type": quantity(u8::from(mined.transaction.tx_type())),
        "status": quantity(u8::from(receipt.status())),
        "transactionHash": mined.transaction.tx_hash(),
        "transactionIndex": quantity(0u64),
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "from": mined.from,
        "to": mined.transaction.to(),
        "contractAddress": mined.contract_address,
        "gasUsed": quantity(block.header.gas_used),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used()),
        "effectiveGasPrice": quantity(mined.effective_gas_price),
        "logs": logs.map(|(index, log)| logs::describe(block, index, log)).collect::<Vec<_>>(),
        "logsBloom": receipt.bloom(),
    }))
}

/// Shows the transaction with the hash in the first parameter; `null` if there is none.
fn show(
    chain: &EvmChain,
    parameters: &Parameters,
    describe: impl Fn(&Block, &Mined) -> Result<Value, RpcError>,
) -> Result<Value, RpcError> {
    let hash: B256 = parameters.required(0)?;
    let block = chain.transaction(hash);
    match block.as_ref().and_then(|block| Some((block, block.mined.as_ref()?))) {
        Some((block, mined)) => describe(block, mined),
        None => Ok(Value::Null),
    }
}
