//! The few calls of Solana's JSON-RPC that facilitators and sellers make.

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_signature::Signature;

use super::{JsonRpc, RpcError};

/// A Solana node, reached over HTTP.
#[derive(Clone, Debug)]
pub struct SolanaRpc {
    node: JsonRpc,
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
        Self { node: JsonRpc::new(url) }
    }

    /// A recent blockhash, as old as the default commitment makes it.
    pub async fn latest_blockhash(&self) -> Result<LatestBlockhash, RpcError> {
        const METHOD: &str = "getLatestBlockhash";
        let result = self.node.call(METHOD, json!([])).await?;
        LatestBlockhash::deserialize(&result["value"]).map_err(|_| RpcError::Malformed(METHOD))
    }

    /// Whether an account is on the chain.
    pub async fn account_exists(&self, address: &Address) -> Result<bool, RpcError> {
        let params = json!([
            address.to_string(),
            {"encoding": "base64", "commitment": "confirmed"}
        ]);
        let result = self.node.call("getAccountInfo", params).await?;
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
        let result = self.node.call(METHOD, json!([wire, options])).await?;
        match result["value"].get("err") {
            None => Err(RpcError::Malformed(METHOD)),
            Some(Value::Null) => Ok(None),
            Some(error) => Ok(Some(error.to_string())),
        }
    }

    /// Hands a signed transaction to the cluster.
    pub async fn send_transaction(&self, wire: String) -> Result<(), RpcError> {
        let options = json!({"encoding": "base64", "skipPreflight": true});
        self.node.call("sendTransaction", json!([wire, options])).await?;
        Ok(())
    }

    /// What became of a transaction.
    pub async fn transaction_status(
        &self,
        signature: &Signature,
    ) -> Result<TransactionStatus, RpcError> {
        let params = json!([[signature.to_string()]]);
        let result = self.node.call("getSignatureStatuses", params).await?;
        Ok(TransactionStatus::read(&result["value"][0]))
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
