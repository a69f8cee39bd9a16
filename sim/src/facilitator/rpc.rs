//! The few calls of Solana's JSON-RPC that facilitators and sellers make.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_signature::Signature;

/// A Solana node, reached over HTTP.
#[derive(Clone, Debug)]
pub struct SolanaRpc {
    url: String,
    http: reqwest::Client,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The node was not reached, or its answer was no JSON.
    #[error("the RPC did not answer: {0}")]
    Transport(#[from] reqwest::Error),
    /// The node refused the call.
    #[error("the RPC refused ({code}): {message}")]
    Refused {
        /// JSON-RPC's error code.
        code: i64,
        /// The node's explanation.
        message: String,
    },
    /// The answer is JSON of another shape than the method's.
    #[error("the RPC's answer to {0} is malformed")]
    Malformed(&'static str),
}

/// A blockhash and how long it lives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LatestBlockhash {
    /// The hash in base58.
    pub blockhash: String,
    /// The last block that may contain a transaction with this hash.
    pub last_valid_block_height: u64,
}

/// What a node knows about a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Nothing, or nothing that is sure.
    Unknown,
    /// The cluster has voted on the block that executed it.
    Confirmed,
    /// It is in a block, and failed.
    Failed(String),
}

impl SolanaRpc {
    /// A node by its URL. Nothing is sent yet.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), http: reqwest::Client::new() }
    }

    /// A recent blockhash, as old as the default commitment makes it.
    pub async fn latest_blockhash(&self) -> Result<LatestBlockhash, RpcError> {
        const METHOD: &str = "getLatestBlockhash";
        let result = self.call(METHOD, json!([])).await?;
        LatestBlockhash::deserialize(&result["value"]).map_err(|_| RpcError::Malformed(METHOD))
    }

    /// Whether an account is on the chain.
    pub async fn account_exists(&self, address: &Address) -> Result<bool, RpcError> {
        let params = json!([
            address.to_string(),
            {"encoding": "base64", "commitment": "confirmed"}
        ]);
        let result = self.call("getAccountInfo", params).await?;
        Ok(!result["value"].is_null())
    }

    /// Runs a transaction without keeping what it does; the answer is what went wrong.
    pub async fn simulate_transaction(&self, wire: String) -> Result<Option<String>, RpcError> {
        const METHOD: &str = "simulateTransaction";
        let options = json!({
            "encoding": "base64",
            "sigVerify": false,
            "replaceRecentBlockhash": false,
            "commitment": "confirmed",
        });
        let result = self.call(METHOD, json!([wire, options])).await?;
        match result["value"].get("err") {
            None => Err(RpcError::Malformed(METHOD)),
            Some(Value::Null) => Ok(None),
            Some(error) => Ok(Some(error.to_string())),
        }
    }

    /// Hands a signed transaction to the cluster.
    pub async fn send_transaction(&self, wire: String) -> Result<(), RpcError> {
        let options = json!({"encoding": "base64", "skipPreflight": true});
        self.call("sendTransaction", json!([wire, options])).await?;
        Ok(())
    }

    /// What became of a transaction.
    pub async fn transaction_status(
        &self,
        signature: &Signature,
    ) -> Result<TransactionStatus, RpcError> {
        let params = json!([[signature.to_string()]]);
        let result = self.call("getSignatureStatuses", params).await?;
        Ok(TransactionStatus::read(&result["value"][0]))
    }

    async fn call(&self, method: &'static str, params: Value) -> Result<Value, RpcError> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let post = self.http.post(&self.url).timeout(TIMEOUT).json(&request);
        let mut answer: Value = post.send().await?.json().await?;
        match answer.get("error") {
            None | Some(Value::Null) => Ok(answer["result"].take()),
            Some(error) => Err(RpcError::refused(error)),
        }
    }
}

impl TransactionStatus {
    fn read(status: &Value) -> Self {
        if status.is_null() {
            return Self::Unknown;
        }
        if !status["err"].is_null() {
            return Self::Failed(status["err"].to_string());
        }
        match status["confirmationStatus"].as_str() {
            Some("confirmed" | "finalized") => Self::Confirmed,
            _ => Self::Unknown,
        }
    }
}

impl RpcError {
    fn refused(error: &Value) -> Self {
        Self::Refused {
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);
