//! The facilitator, as the seller sees it: three requests over HTTP.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tracing::warn;

use crate::x402::{SettleResponse, Supported, VerifyResponse, Version};

/// How long a facilitator may think: settling waits for the chain.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Talks to one facilitator.
pub(super) struct FacilitatorClient {
    url: String,
    http: reqwest::Client,
    supported: OnceCell<Supported>,
}

/// Why the facilitator's word is not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum FacilitatorError {
    /// There was no connection to it, so it did nothing.
    #[error("Facilitator unreachable: {0}")]
    Unreachable(reqwest::Error),
    /// The connection broke before the answer came: it may have done what was asked.
    #[error("Facilitator did not answer: {0}")]
    NoAnswer(reqwest::Error),
    /// There was no answer in time: it may be doing what was asked.
    #[error("Facilitator timed out: {0}")]
    TimedOut(reqwest::Error),
    /// It answered something else than asked.
    #[error("Facilitator returned an invalid {0} response")]
    Malformed(&'static str),
}

impl FacilitatorClient {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            http: reqwest::Client::new(),
            supported: OnceCell::new(),
        }
    }

    /// What the facilitator settles; asked once, at the first request for anything.
    pub(super) async fn supported(&self) -> Result<&Supported, FacilitatorError> {
        self.supported
            .get_or_try_init(|| async {
                let request = self.http.get(format!("{}/supported", self.url));
                answer(request, "supported").await
            })
            .await
    }

    pub(super) async fn verify(
        &self,
        version: Version,
        payment: &Value,
        requirements: &Value,
    ) -> Result<VerifyResponse, FacilitatorError> {
        let request = self.post("verify", version, payment, requirements);
        answer(request, "verify").await
    }

    pub(super) async fn settle(
        &self,
        version: Version,
        payment: &Value,
        requirements: &Value,
    ) -> Result<SettleResponse, FacilitatorError> {
        let request = self.post("settle", version, payment, requirements);
        answer(request, "settle").await
    }

    fn post(
        &self,
        path: &str,
        version: Version,
        payment: &Value,
        requirements: &Value,
    ) -> reqwest::RequestBuilder {
        let body = json!({
            "x402Version": u8::from(version),
            "paymentPayload": payment,
            "paymentRequirements": requirements,
        });
        self.http.post(format!("{}/{path}", self.url)).json(&body)
    }
}

/// A facilitator may put its verdict into an answer of any status, so the status is not looked at.
async fn answer<T: DeserializeOwned>(
    request: reqwest::RequestBuilder,
    what: &'static str,
) -> Result<T, FacilitatorError> {
    let answer = request.timeout(TIMEOUT).send().await;
    let answer = answer.map_err(FacilitatorError::transport)?;
    answer.json().await.map_err(|error| {
        warn!(what, %error, "the facilitator's answer cannot be read");
        FacilitatorError::Malformed(what)
    })
}

impl FacilitatorError {
    fn transport(error: reqwest::Error) -> Self {
        match error {
            error if error.is_timeout() => Self::TimedOut(error),
            error if error.is_connect() => Self::Unreachable(error),
            error => Self::NoAnswer(error),
        }
    }
}
