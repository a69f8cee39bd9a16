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
mod transactions;
mod wire;

use std::{io, time::Duration};

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

use super::Chain;
use crate::json_rpc::{self, Node};
use error::RpcError;
use parameters::Parameters;

/// The server's routes: JSON-RPC at `POST /`, and `GET /health`.
pub fn router(chain: Chain) -> Router {
    json_rpc::router(chain)
}

/// Serves the chain and lets its slots pass, until the listener fails or the future is dropped.
pub async fn serve(listener: TcpListener, chain: Chain) -> io::Result<()> {
    json_rpc::serve(listener, chain).await
}

impl Node for Chain {
    type Error = RpcError;
    const CONTENT_TYPE: &'static str = "application/json; charset=utf-8";
    const ID_FIRST: bool = false;

    fn call(&self, method: &str, parameters: &Parameters) -> Result<Value, RpcError> {
        call(self, method, parameters)
    }

    fn block_time(&self) -> Duration {
        self.slot_duration
    }

    fn add_block(&self) {
        self.advance(1);
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
