//! Errors of the RPC, with geth's codes and words.

use alloy_primitives::Bytes;
use serde_json::{Value, json};

use crate::{
    evm_chain::{CallError, TransactionError},
    json_rpc::NodeError,
};

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    #[error("parse error")]
    Parse,
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("the method {0} does not exist/is not available")]
    MethodNotFound(String),
    #[error("{0}")]
    InvalidParameters(String),
    /// The contract refused.
    #[error("{message}")]
    Reverted { message: String, data: Bytes },
    /// A well-formed call that a node does not serve.
    #[error("{0}")]
    Refused(String),
    #[error("internal error")]
    Internal,
}

impl RpcError {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidParameters(message.into())
    }

    fn code(&self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest(_) => -32600,
            Self::MethodNotFound(_) => -32601,
            Self::InvalidParameters(_) => -32602,
            Self::Internal => -32603,
            Self::Refused(_) => -32000,
            Self::Reverted { .. } => 3,
        }
    }
}

impl NodeError for RpcError {
    fn parse() -> Self {
        Self::Parse
    }

    fn invalid_request() -> Self {
        Self::InvalidRequest("invalid request")
    }

    fn empty_batch() -> Self {
        Self::InvalidRequest("empty batch")
    }

    fn not_positional() -> Self {
        Self::invalid("non-array args")
    }

    fn missing_parameter(index: usize) -> Self {
        Self::invalid(format!("missing value for required argument {index}"))
    }

    fn malformed_parameter(index: usize, error: &serde_json::Error) -> Self {
        Self::invalid(format!("invalid argument {index}: {error}"))
    }

    fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        if let Self::Reverted { data, .. } = self {
            error["data"] = json!(data);
        }
        error
    }
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        let message = error.to_string();
        match error {
            CallError::Reverted(data) => Self::Reverted { message, data },
            _ => Self::Refused(message),
        }
    }
}

impl From<TransactionError> for RpcError {
    fn from(error: TransactionError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<serde_json::Error> for RpcError {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(%error, "an answer could not be written as JSON");
        Self::Internal
    }
}
