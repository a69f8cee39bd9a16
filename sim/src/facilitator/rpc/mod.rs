//! The chains, as facilitators and sellers reach them: JSON-RPC over HTTP.

mod evm;
mod solana;

use std::time::Duration;

use serde_json::{Value, json};

pub use self::evm::{EvmRpc, Fees, Log, Receipt};
pub use self::solana::{LatestBlockhash, SolanaRpc, TransactionStatus};

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

/// A node, reached over HTTP.
#[derive(Clone, Debug)]
struct JsonRpc {
    url: String,
    http: reqwest::Client,
}

impl JsonRpc {
    /// A node by its URL. Nothing is sent yet.
    fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), http: reqwest::Client::new() }
    }

    async fn call(&self, method: &'static str, params: Value) -> Result<Value, RpcError> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let post = self.http.post(&self.url).timeout(TIMEOUT).json(&request);
        let mut answer: Value = post.send().await?.json().await?;
        match answer.get("error") {
            None | Some(Value::Null) => {
                Ok(answer.get_mut("result").map(Value::take).unwrap_or_default())
            }
            Some(error) => Err(RpcError::refused(error)),
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

#[cfg(test)]
mod tests {
    use axum::{Json, Router};

    use super::*;
    use crate::listen::on_loopback;

    #[tokio::test]
    async fn answers_that_are_no_objects_are_malformed() {
        for answer in [json!("oops"), json!(["oops"]), json!(7), json!(null), json!({})] {
            let (listener, url) = on_loopback().await.unwrap();
            let router = Router::new().fallback(async move || Json(answer));
            tokio::spawn(async move { axum::serve(listener, router).await });
            let evm = EvmRpc::new(&url).fees().await;
            assert!(matches!(evm, Err(RpcError::Malformed(_))), "{evm:?}");
            let solana = SolanaRpc::new(&url).latest_blockhash().await;
            assert!(matches!(solana, Err(RpcError::Malformed(_))), "{solana:?}");
        }
    }
}
