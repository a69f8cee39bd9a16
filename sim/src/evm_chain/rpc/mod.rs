//! The chain as an Ethereum node shows it: JSON-RPC 2.0 over HTTP, single calls and batches.
//!
//! Shapes and errors are geth's, so that wallets and facilitators written for a real chain work
//! unchanged. Headers and transactions go through the encoders of Ethereum's own clients. There is no
//! WebSocket: who waits for a payment polls `eth_getTransactionReceipt`.

mod accounts;
mod blocks;
mod calls;
mod error;
mod fees;
mod logs;
mod parameters;
mod transactions;

use std::{io, time::Duration};

use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::EvmChain;
use crate::json_rpc::{self, Node};
use error::RpcError;
use parameters::{Parameters, quantity};

/// The server's routes: JSON-RPC at `POST /`, and `GET /health`.
pub fn router(chain: EvmChain) -> Router {
    json_rpc::router(chain)
}

/// Serves the chain and lets its blocks pass, until the listener fails or the future is dropped.
pub async fn serve(listener: TcpListener, chain: EvmChain) -> io::Result<()> {
    json_rpc::serve(listener, chain).await
}

impl Node for EvmChain {
    type Error = RpcError;
    const CONTENT_TYPE: &'static str = "application/json";
    const ID_FIRST: bool = true;

    fn call(&self, method: &str, parameters: &Parameters) -> Result<Value, RpcError> {
        call(self, method, parameters)
    }

    fn block_time(&self) -> Duration {
        self.block_time
    }

    fn add_block(&self) {
        self.mine();
    }
}

fn call(chain: &EvmChain, method: &str, parameters: &Parameters) -> Result<Value, RpcError> {
    match method {
        "eth_blockNumber" => Ok(quantity(chain.block_number())),
        "eth_call" => calls::call(chain, parameters),
        "eth_chainId" => Ok(quantity(chain.chain_id())),
        "eth_estimateGas" => calls::estimate_gas(chain, parameters),
        "eth_feeHistory" => fees::history(chain, parameters),
        "eth_gasPrice" => Ok(fees::gas_price(chain)),
        "eth_getBalance" => accounts::balance(chain, parameters),
        "eth_getBlockByHash" => blocks::by_hash(chain, parameters),
        "eth_getBlockByNumber" => blocks::by_number(chain, parameters),
        "eth_getCode" => accounts::code(chain, parameters),
        "eth_getLogs" => logs::logs(chain, parameters),
        "eth_getStorageAt" => accounts::storage(chain, parameters),
        "eth_getTransactionByHash" => transactions::by_hash(chain, parameters),
        "eth_getTransactionCount" => accounts::transaction_count(chain, parameters),
        "eth_getTransactionReceipt" => transactions::receipt(chain, parameters),
        "eth_maxPriorityFeePerGas" => Ok(fees::priority_fee()),
        "eth_sendRawTransaction" => transactions::send(chain, parameters),
        "net_version" => Ok(json!(chain.chain_id().to_string())),
        "web3_clientVersion" => Ok(json!(concat!("x402-sim/", env!("CARGO_PKG_VERSION")))),
        _ => Err(RpcError::MethodNotFound(method.to_owned())),
    }
}

#[cfg(test)]
mod tests;
