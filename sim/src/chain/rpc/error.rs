//! Errors of the RPC, with the codes and words of an Agave node.

use serde_json::{Value, json};

use crate::json_rpc::NodeError;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    #[error("Parse error")]
    Parse,
    #[error("Invalid request")]
    InvalidRequest,
    #[error("Method not found")]
    MethodNotFound,
    #[error("{0}")]
    InvalidParameters(String),
    /// A well-formed call that asks for what a node does not give, such as a large account in
    /// base58.
    #[error("{0}")]
    Refused(&'static str),
    #[error("Internal error")]
    Internal,
    #[error("{message}")]
    PreflightFailure { message: String, simulation: Value },
    #[error("Transaction signature verification failure")]
    SignatureVerification,
    #[error(
        "Transaction version ({0}) is not supported by the requesting client. \
         Please try the request again with the following configuration parameter: \
         \"maxSupportedTransactionVersion\": {0}"
    )]
    UnsupportedTransactionVersion(u8),
    #[error("Minimum context slot has not been reached")]
    MinimumContextSlot { context_slot: u64 },
}

impl RpcError {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidParameters(message.into())
    }

    fn code(&self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest | Self::Refused(_) => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParameters(_) => -32602,
            Self::Internal => -32603,
            Self::PreflightFailure { .. } => -32002,
            Self::SignatureVerification => -32003,
            Self::UnsupportedTransactionVersion(_) => -32015,
            Self::MinimumContextSlot { .. } => -32016,
        }
    }

    fn data(&self) -> Option<Value> {
        match self {
            Self::PreflightFailure { simulation, .. } => Some(simulation.clone()),
            Self::MinimumContextSlot { context_slot } => {
                Some(json!({ "contextSlot": context_slot }))
            }
            _ => None,
        }
    }
}

impl NodeError for RpcError {
    fn parse() -> Self {
        Self::Parse
    }

    fn invalid_request() -> Self {
        Self::InvalidRequest
    }

    fn empty_batch() -> Self {
        Self::InvalidRequest
    }

    fn not_positional() -> Self {
        Self::invalid("Invalid params: parameters are positional.")
    }

    fn missing_parameter(index: usize) -> Self {
        let least = index.saturating_add(1);
        Self::invalid(format!("`params` should have at least {least} argument(s)"))
    }

    fn malformed_parameter(_: usize, error: &serde_json::Error) -> Self {
        Self::invalid(format!("Invalid params: {error}."))
    }

    fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        if let Some(data) = self.data() {
            error["data"] = data;
        }
        error
    }
}

impl From<serde_json::Error> for RpcError {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(%error, "an answer could not be written as JSON");
        Self::Internal
    }
}
