//! What is sold: a few resources that tests and demonstrations need.

use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::challenge::json_body;
use super::config::Resource;
use super::http::BufferedRequest;

impl Resource {
    /// What a visitor gets whose payment was verified.
    pub(super) async fn answer(&self, rest: &str, request: &BufferedRequest) -> Response {
        match self {
            Self::Weather => weather(),
            Self::Echo => echo(request),
            Self::Status => status(rest),
            Self::Directory(directory) => file(directory, rest).await,
        }
    }
}

fn weather() -> Response {
    let report = json!({"report": {"weather": "sunny", "temperature": 70}});
    json_body(report.to_string())
}

fn echo(request: &BufferedRequest) -> Response {
    let content_type = request.headers.get(header::CONTENT_TYPE).cloned();
    let mut response = request.body.clone().into_response();
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

fn status(rest: &str) -> Response {
    let status = rest.parse().ok().filter(|code| *code >= 200);
    let status = status.and_then(|code: u16| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::NOT_FOUND);
    let mut response = json_body(json!({"status": status.as_u16()}).to_string());
    *response.status_mut() = status;
    response
}

async fn file(directory: &Path, rest: &str) -> Response {
    let Ok(request) = Request::builder().uri(format!("/{rest}")).body(Bytes::new()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let files = ServeDir::new(directory).append_index_html_on_directories(false);
    match files.oneshot(request.map(Body::from)).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    }
}
