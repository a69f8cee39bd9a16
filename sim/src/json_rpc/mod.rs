//! JSON-RPC 2.0 over HTTP, single calls and batches, for nodes of any chain.
//!
//! A chain says what it answers ([`Node`]) and with which words it complains ([`NodeError`]); the
//! envelope (`envelope`) and the reading of parameters ([`Parameters`]) are the same for all.

mod envelope;
mod parameters;
#[cfg(test)]
pub(crate) mod testing;

use std::{convert::Infallible, io, time::Duration};

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

pub(crate) use parameters::Parameters;

/// A chain, as its nodes show it.
pub(crate) trait Node: Clone + Send + Sync + 'static {
    /// Why a call has no result.
    type Error: NodeError;

    /// The type of the answers.
    const CONTENT_TYPE: &'static str;

    /// Whether an answer's id stands before its result.
    const ID_FIRST: bool;

    /// Answers one call.
    fn call(
        &self,
        method: &str,
        parameters: &Parameters<Self::Error>,
    ) -> Result<Value, Self::Error>;

    /// The time between two blocks; zero if none appears by itself.
    fn block_time(&self) -> Duration;

    /// Adds a block.
    fn add_block(&self);
}

/// The errors of one kind of node, in its words.
pub(crate) trait NodeError: std::fmt::Debug + Sized {
    /// The body is no JSON.
    fn parse() -> Self;

    /// The JSON is no request.
    fn invalid_request() -> Self;

    /// The batch holds no request.
    fn empty_batch() -> Self;

    /// The parameters are no list.
    fn not_positional() -> Self;

    /// There is no parameter at a position, counted from zero.
    fn missing_parameter(index: usize) -> Self;

    /// The parameter at a position is something else than the method takes.
    fn malformed_parameter(index: usize, error: &serde_json::Error) -> Self;

    /// Code and words, as the answer carries them.
    fn to_json(&self) -> Value;
}

/// The server's routes: JSON-RPC at `POST /`, and `GET /health`.
pub(crate) fn router<N: Node>(node: N) -> Router {
    Router::new()
        .route("/", post(answer::<N>))
        .route("/health", get(async || "ok"))
        .with_state(node)
}

/// Serves the node and lets its blocks pass, until the listener fails or the future is dropped.
pub(crate) async fn serve<N: Node>(listener: TcpListener, node: N) -> io::Result<()> {
    let server = axum::serve(listener, router(node.clone()));
    tokio::select! {
        result = server => result,
        never = pass_blocks(node) => match never {},
    }
}

/// Lets blocks pass, if they do so by themselves.
pub(crate) async fn pass_blocks<N: Node>(node: N) -> Infallible {
    if node.block_time().is_zero() {
        return std::future::pending().await;
    }
    let mut ticks = time::interval(node.block_time());
    ticks.tick().await; // the first one is immediate
    loop {
        ticks.tick().await;
        node.add_block();
    }
}

async fn answer<N: Node>(State(node): State<N>, body: Bytes) -> Response {
    match envelope::answer(&node, &body) {
        Some(answer) => {
            let kind = [(header::CONTENT_TYPE, N::CONTENT_TYPE)];
            (kind, answer.to_string()).into_response()
        }
        // Notifications only: nothing is to be said.
        None => StatusCode::OK.into_response(),
    }
}
