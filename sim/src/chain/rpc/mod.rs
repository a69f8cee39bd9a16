//! The chain as a Solana node shows it: JSON-RPC 2.0 over HTTP, single calls and batches.
//!
//! Shapes, encodings and errors are those of an Agave node, so that wallets and facilitators written
//! for a cluster work unchanged. Accounts and transactions go through the node's own encoders. There
//! is no WebSocket: who waits for a payment polls `getSignatureStatuses`.

mod accounts;
mod cluster;
mod error;
mod history;
mod parameters;
mod protocol;
mod transactions;
mod wire;

use std::{convert::Infallible, io};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{net::TcpListener, time};

use super::Chain;
use error::RpcError;
use parameters::Parameters;

/// The server's routes: JSON-RPC at `POST /`, and `GET /health`.
pub fn router(chain: Chain) -> Router {
    Router::new().route("/", post(json_rpc)).route("/health", get(async || "ok")).with_state(chain)
}

/// Serves the chain and lets its slots pass, until the listener fails or the future is dropped.
pub async fn serve(listener: TcpListener, chain: Chain) -> io::Result<()> {
    let server = axum::serve(listener, router(chain.clone()));
    tokio::select! {
        result = server => result,
        never = pass_slots(chain) => match never {},
    }
}

async fn pass_slots(chain: Chain) -> Infallible {
    if chain.slot_duration.is_zero() {
        return std::future::pending().await;
    }
    let mut ticks = time::interval(chain.slot_duration);
    ticks.tick().await; // the first one is immediate
    loop {
        ticks.tick().await;
        chain.advance(1);
    }
}

async fn json_rpc(State(chain): State<Chain>, body: Bytes) -> Response {
    let answer = protocol::answer(&body, |method, parameters| {
        let result = call(&chain, method, parameters);
        tracing::debug!(method, error = ?result.as_ref().err(), "rpc");
        result
    });
    match answer {
        Some(answer) => {
            let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
            (kind, answer.to_string()).into_response()
        }
        // Notifications only: nothing is to be said.
        None => StatusCode::OK.into_response(),
    }
}

fn call(chain: &Chain, method: &str, parameters: &Parameters) -> Result<Value, RpcError> {
    match method {
        "getAccountInfo" => accounts::account_info(chain, parameters),
        "getBalance" => accounts::balance(chain, parameters),
        "getMinimumBalanceForRentExemption" => accounts::rent_exemption(chain, parameters),
        "getMultipleAccounts" => accounts::multiple_accounts(chain, parameters),
        "getTokenAccountBalance" => accounts::token_account_balance(chain, parameters),
        "getTokenAccountsByOwner" => accounts::token_accounts_by_owner(chain, parameters),
        "getTokenSupply" => accounts::token_supply(chain, parameters),
        "getBlockHeight" | "getSlot" => cluster::slot(chain, parameters),
        "getEpochInfo" => cluster::epoch_info(chain, parameters),
        "getFirstAvailableBlock" => history::first_available_block(chain),
        "getGenesisHash" => cluster::genesis_hash(chain),
        "getHealth" => cluster::health(),
        "getLatestBlockhash" => cluster::latest_blockhash(chain, parameters),
        "getRecentPrioritizationFees" => cluster::recent_prioritization_fees(chain),
        "getVersion" => cluster::version(),
        "isBlockhashValid" => cluster::is_blockhash_valid(chain, parameters),
        "getSignatureStatuses" => history::signature_statuses(chain, parameters),
        "getSignaturesForAddress" => history::signatures_for_address(chain, parameters),
        "getTransaction" => history::transaction(chain, parameters),
        "getFeeForMessage" => transactions::fee_for_message(chain, parameters),
        "requestAirdrop" => transactions::airdrop(chain, parameters),
        "sendTransaction" => transactions::send(chain, parameters),
        "simulateTransaction" => transactions::simulate(chain, parameters),
        _ => Err(RpcError::MethodNotFound),
    }
}

#[cfg(test)]
mod tests;
