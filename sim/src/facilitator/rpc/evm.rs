//! The few calls of Ethereum's JSON-RPC that a facilitator makes.

use alloy_primitives::{Address, B256, Bytes, U64, U128};
use alloy_sol_types::SolCall;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{JsonRpc, RpcError};

/// An Ethereum node, reached over HTTP.
#[derive(Clone, Debug)]
pub struct EvmRpc {
    node: JsonRpc,
}

/// What a transaction should pay, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// At most, all in all.
    pub max_fee: u128,
    /// To whoever makes the block.
    pub priority_fee: u128,
}

/// What a mined transaction did.
#[derive(Clone, Debug, Deserialize)]
pub struct Receipt {
    /// 1 if it succeeded, 0 if it was reverted.
    pub status: U64,
    /// What the contracts logged.
    #[serde(default)]
    pub logs: Vec<Log>,
}

/// An entry in a receipt's logs.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// What can be searched for: the event's hash first.
    pub topics: Vec<B256>,
    /// The rest.
    pub data: Bytes,
}

impl EvmRpc {
    /// A node by its URL. Nothing is sent yet.
    pub fn new(url: impl Into<String>) -> Self {
        Self { node: JsonRpc::new(url) }
    }

    /// The code at an address; empty if there is none.
    pub async fn code(&self, address: Address) -> Result<Bytes, RpcError> {
        self.read("eth_getCode", json!([address, "latest"])).await
    }

    /// Calls a contract without keeping what it does. A contract that refuses is an
    /// [`RpcError::Refused`] with its words; an answer that is not the function's is malformed.
    pub async fn call<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, RpcError> {
        let answer = self.call_raw(from, to, &call.abi_encode().into()).await?;
        C::abi_decode_returns(&answer).map_err(|_| RpcError::Malformed(CALL))
    }

    /// [`call`](Self::call) with the data as it goes over the wire, both ways.
    pub async fn call_raw(
        &self,
        from: Address,
        to: Address,
        data: &Bytes,
    ) -> Result<Bytes, RpcError> {
        self.read(CALL, json!([request(from, to, data), "latest"])).await
    }

    /// Gas that suffices for a call. Fails as the call does.
    pub async fn estimate_gas(
        &self,
        from: Address,
        to: Address,
        data: &Bytes,
    ) -> Result<u64, RpcError> {
        let gas: U64 = self.read("eth_estimateGas", json!([request(from, to, data)])).await?;
        Ok(gas.to())
    }

    /// What a transaction should pay now: enough for the base fee to double before it is mined.
    pub async fn fees(&self) -> Result<Fees, RpcError> {
        const METHOD: &str = "eth_getBlockByNumber";
        let block: Value = self.read(METHOD, json!(["latest", false])).await?;
        let base_fee: U128 = parse(METHOD, &block["baseFeePerGas"])?;
        let priority_fee: U128 = self.read("eth_maxPriorityFeePerGas", json!([])).await?;
        let max_fee = base_fee.saturating_add(base_fee).saturating_add(priority_fee);
        Ok(Fees { max_fee: max_fee.to(), priority_fee: priority_fee.to() })
    }

    /// The nonce of an address's next transaction, counting those that wait to be mined.
    pub async fn next_nonce(&self, address: Address) -> Result<u64, RpcError> {
        let count: U64 = self.read("eth_getTransactionCount", json!([address, "pending"])).await?;
        Ok(count.to())
    }

    /// Hands a signed transaction to the chain.
    pub async fn send_raw_transaction(&self, bytes: &Bytes) -> Result<B256, RpcError> {
        self.read("eth_sendRawTransaction", json!([bytes])).await
    }

    /// What a transaction did; `None` while it is not in a block.
    pub async fn receipt(&self, transaction: B256) -> Result<Option<Receipt>, RpcError> {
        self.read("eth_getTransactionReceipt", json!([transaction])).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcError> {
        parse(method, &self.node.call(method, params).await?)
    }
}

const CALL: &str = "eth_call";

fn request(from: Address, to: Address, data: &Bytes) -> Value {
    json!({"from": from, "to": to, "data": data})
}

fn parse<T: DeserializeOwned>(method: &'static str, value: &Value) -> Result<T, RpcError> {
    T::deserialize(value).map_err(|_| RpcError::Malformed(method))
}
