//! The facilitator on a socket.

use std::convert::Infallible;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, post};
use serde_json::json;
use tokio::net::TcpListener;
use tracing::debug;

use super::Facilitator;
use crate::fault::{self, FacilitatorFault, Faults, FaultyFacilitator};
use crate::x402::{FacilitatorRequest, Supported};

/// Serves a facilitator, with these faults, for as long as the program runs.
pub async fn serve(
    listener: TcpListener,
    facilitator: Facilitator,
    faults: Faults<FacilitatorFault>,
) -> Infallible {
    fault::serve(listener, FaultyFacilitator::new(router(facilitator), faults)).await
}

/// The facilitator's three paths.
pub fn router(facilitator: Facilitator) -> Router {
    Router::new()
        .route("/verify", post(verify))
        .route("/settle", post(settle))
        .route("/supported", get(supported))
        .with_state(facilitator)
}

type Body = Result<Json<FacilitatorRequest>, JsonRejection>;

async fn verify(State(facilitator): State<Facilitator>, body: Body) -> Response {
    match body {
        Ok(Json(request)) => {
            let answer = facilitator.verify(&request).await;
            debug!(?answer, "verify");
            Json(answer).into_response()
        }
        Err(rejection) => malformed(&rejection),
    }
}

async fn settle(State(facilitator): State<Facilitator>, body: Body) -> Response {
    match body {
        Ok(Json(request)) => {
            // A caller that hangs up must not leave a payment half settled.
            let settling = tokio::spawn(async move { facilitator.settle(&request).await });
            match settling.await {
                Ok(answer) => Json(answer).into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
        Err(rejection) => malformed(&rejection),
    }
}

async fn supported(State(facilitator): State<Facilitator>) -> Json<Supported> {
    Json(facilitator.supported())
}

fn malformed(rejection: &JsonRejection) -> Response {
    let error = json!({"error": rejection.body_text()});
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}
