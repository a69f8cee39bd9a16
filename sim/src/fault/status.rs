//! Answers that are only a status.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A status that ends a request.
pub(super) fn read_status(text: &str) -> Option<StatusCode> {
    let status = text.parse().ok().filter(|status| (200..600).contains(status))?;
    StatusCode::from_u16(status).ok()
}

/// An answer that says nothing else.
pub(super) fn bare(status: StatusCode) -> Response {
    (status, Json(json!({"error": status.canonical_reason()}))).into_response()
}
