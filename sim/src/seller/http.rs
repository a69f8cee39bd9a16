//! The seller on a socket.

use std::convert::Infallible;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Router;
use tokio::net::TcpListener;

use super::{Seller, sale};
use crate::fault::{self, Faults, FaultySeller, SellerFault};

/// The most bytes of a request's body that are read.
pub(crate) const MAXIMUM_BODY: usize = 1 << 20;

/// A request, read whole.
pub(super) struct BufferedRequest {
    pub(super) method: Method,
    pub(super) path: String,
    /// Scheme, host and path as the client named them.
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Serves a seller, with these faults, for as long as the program runs.
pub async fn serve(
    listener: TcpListener,
    seller: Seller,
    faults: Faults<SellerFault>,
) -> Infallible {
    fault::serve(listener, FaultySeller::new(router(seller), faults)).await
}

/// Everything that a seller answers.
pub fn router(seller: Seller) -> Router {
    Router::new().fallback(answer).with_state(seller)
}

/// A client that hangs up does not stop a sale: whoever asked for a settlement gets one.
async fn answer(State(seller): State<Seller>, request: Request<Body>) -> Response {
    let Ok(request) = BufferedRequest::read(request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let serving = tokio::spawn(async move { serve_route(&seller, &request).await });
    match serving.await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn serve_route(seller: &Seller, request: &BufferedRequest) -> Response {
    let config = &seller.shared.config;
    match config.route(request.method.as_str(), &request.path) {
        Some(route) => sale::sell(seller, route, request).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl BufferedRequest {
    async fn read(request: Request<Body>) -> Result<Self, axum::Error> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        Ok(Self {
            url: format!("http://{}{path}", host(&head.headers)),
            body: to_bytes(body, MAXIMUM_BODY).await?,
            method: head.method,
            headers: head.headers,
            path,
        })
    }
}

fn host(headers: &HeaderMap) -> &str {
    let host = headers.get(header::HOST);
    host.and_then(|value| value.to_str().ok()).unwrap_or_default()
}
