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
mod protocol;
mod transactions;

use std::{convert::Infallible, io};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time};

use super::EvmChain;
use error::RpcError;
use parameters::{Parameters, quantity};

/// The server's routes: JSON-RPC at `POST /`, and `GET /health`.
pub fn router(chain: EvmChain) -> Router {
    Router::new().route("/", post(json_rpc)).route("/health", get(async || "ok")).with_state(chain)
}

/// Serves the chain and lets its blocks pass, until the listener fails or the future is dropped.
pub async fn serve(listener: TcpListener, chain: EvmChain) -> io::Result<()> {
    let server = axum::serve(listener, router(chain.clone()));
    tokio::select! {
        result = server => result,
        never = pass_blocks(chain) => match never {},
    }
}

async fn pass_blocks(chain: EvmChain) -> Infallible {
    if chain.block_time.is_zero() {
        return std::future::pending().await;
    }
    let mut ticks = time::interval(chain.block_time);
    ticks.tick().await; // the first one is immediate
    loop {
        ticks.tick().await;
        chain.mine();
    }
}

async fn json_rpc(State(chain): State<EvmChain>, body: Bytes) -> Response {
    let answer = protocol::answer(&body, |method, parameters| {
        let result = call(&chain, method, parameters);
        tracing::debug!(method, error = ?result.as_ref().err(), "rpc");
        result
    });
    match answer {
        Some(answer) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, answer.to_string()).into_response()
        }
        // Notifications only: nothing is to be said.
        None => StatusCode::OK.into_response(),
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
