//! The 402 that asks for payment.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use serde_json::{Map, Value, json};

use super::bazaar;
use super::config::{ChallengeBody, Connection, Route, SellerConfig};
use crate::x402::Version;
use crate::x402::header::{PAYMENT_REQUIRED, encode};

/// Everything that a challenge says.
pub(super) struct Challenge<'a> {
    pub(super) route: &'a Route,
    /// Why the request was not served: a text, or an empty object for what surprised the seller.
    pub(super) error: Value,
    /// The URL that was asked for.
    pub(super) url: &'a str,
    pub(super) accepts: Vec<Value>,
    pub(super) extensions: Map<String, Value>,
    /// Whose payment was refused, which only v1 says.
    pub(super) payer: Option<&'a str>,
}

impl Challenge<'_> {
    /// The response, to a client with these request headers.
    pub(super) fn into_response(self, config: &SellerConfig, client: &HeaderMap) -> Response {
        let mut response = match self.route.version {
            Version::V1 => self.v1_response(config.challenge_body, client),
            Version::V2 => self.v2_response(client),
        };
        *response.status_mut() = StatusCode::PAYMENT_REQUIRED;
        if config.connection == Connection::Close {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }

    /// Everything in the header; the body is an empty object.
    fn v2_response(self, client: &HeaderMap) -> Response {
        let Some(value) = self.v2_header() else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let body = if is_browser(client) { paywall() } else { json_body("{}".to_owned()) };
        ([(PAYMENT_REQUIRED, value)], body).into_response()
    }

    fn v2_header(self) -> Option<HeaderValue> {
        let value = encode(&self.v2_message()).ok()?;
        HeaderValue::from_str(&value).ok()
    }

    fn v2_message(self) -> Value {
        let mut message = json!({
            "x402Version": 2,
            "error": self.error,
            "resource": {
                "url": self.url,
                "description": self.route.description,
                "mimeType": self.route.mime_type,
            },
            "accepts": self.accepts,
        });
        if !self.extensions.is_empty() {
            message["extensions"] = Value::Object(self.extensions);
        }
        message
    }

    fn v1_response(self, framing: ChallengeBody, client: &HeaderMap) -> Response {
        if is_browser(client) {
            return paywall();
        }
        let text = self.v1_message().to_string();
        match framing {
            ChallengeBody::ContentLength => json_body(text),
            ChallengeBody::Chunked => json_body(chunks(text)),
        }
    }

    fn v1_message(self) -> Value {
        let mut message = json!({
            "x402Version": 1,
            "error": self.error,
            "accepts": self.accepts,
        });
        if let Some(payer) = self.payer {
            message["payer"] = json!(payer);
        }
        message
    }
}

/// The extensions that a route advertises.
pub(super) fn extensions(route: &Route, method: &str) -> Map<String, Value> {
    let mut extensions = route.extensions.clone();
    if route.bazaar {
        extensions.insert(bazaar::NAME.to_owned(), bazaar::extension(method));
    }
    extensions
}

/// A JSON response as express writes it.
pub(super) fn json_body(body: impl Into<Body>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (content_type, body.into()).into_response()
}

/// The body in pieces whose ends fall anywhere, even into a character.
fn chunks(text: String) -> Body {
    let pieces: Vec<_> = text
        .as_bytes()
        .chunks(CHUNK)
        .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
        .collect();
    Body::from_stream(stream::iter(pieces))
}

/// Both generations show people a page instead of JSON.
fn is_browser(client: &HeaderMap) -> bool {
    let says = |name, word| {
        let text = client.get(name).and_then(|value| value.to_str().ok());
        text.is_some_and(|text| text.contains(word))
    };
    says(header::ACCEPT, "text/html") && says(header::USER_AGENT, "Mozilla")
}

fn paywall() -> Response {
    Html("<!doctype html><title>Payment Required</title><p>This page is for sale.").into_response()
}

const CHUNK: usize = 101;
