//! One request for something that costs: from the first look at the payment to the receipt.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};
use tracing::{debug, warn};

use super::Seller;
use super::challenge::{self, Challenge, json_body};
use super::config::Route;
use super::facilitator_client::FacilitatorError;
use super::http::BufferedRequest;
use super::matching;
use super::requirements::{EntryContext, entries};
use super::v1_payment;
use crate::facilitator::rpc::LatestBlockhash;
use crate::x402::header as wire;
use crate::x402::{SettleResponse, Supported, Version};

/// Serves a request for a route that costs.
pub(super) async fn sell(seller: &Seller, route: &Route, request: &BufferedRequest) -> Response {
    let supported = match seller.shared.facilitator.supported().await {
        Ok(supported) => supported,
        Err(error) => return facilitator_failed(&error),
    };
    let paid_request = PaidRequest::open(seller, route, request, supported);
    match paid_request.serve().await {
        Ok(response) => response,
        Err(refusal) => paid_request.refuse(refusal).await,
    }
}

/// A request for a route that costs, and what it is held against.
struct PaidRequest<'a> {
    seller: &'a Seller,
    route: &'a Route,
    request: &'a BufferedRequest,
    supported: &'a Supported,
    extensions: Map<String, Value>,
    /// What payments are held against. It has no blockhash: a payment answers an earlier
    /// challenge than the one that would be made now.
    entries: Vec<Value>,
}

/// Why the visitor does not get what they came for.
enum Refusal {
    /// The payment is missing or wrong: here is how to pay.
    Challenge { error: String, payer: Option<String> },
    /// The payment was good and did not settle.
    Unsettled(Box<SettleResponse>),
    /// Nobody knows whether the payment is good.
    Facilitator(FacilitatorError),
}

impl<'a> PaidRequest<'a> {
    fn open(
        seller: &'a Seller,
        route: &'a Route,
        request: &'a BufferedRequest,
        supported: &'a Supported,
    ) -> Self {
        let context = context(request, supported, None);
        Self {
            seller,
            route,
            request,
            supported,
            extensions: challenge::extensions(route, request.method.as_str()),
            entries: entries(route, &context),
        }
    }

    /// Nothing is settled before the resource has answered, and nothing if it failed.
    async fn serve(&self) -> Result<Response, Refusal> {
        let payment = self.payment()?;
        let entry = self.advertised(&payment)?;
        self.verified(&payment, entry).await?;
        let rest = self.route.rest_of(&self.request.path).unwrap_or_default();
        let response = self.route.resource.answer(rest, self.request).await;
        if response.status().as_u16() >= 400 {
            debug!(status = %response.status(), "the resource failed; nothing is settled");
            return Ok(response);
        }
        let receipt = self.settled(&payment, entry).await?;
        self.seller.record(&self.request.path, self.route.version, entry, &receipt);
        Ok(self.with_receipt(response, &receipt))
    }

    fn payment(&self) -> Result<Value, Refusal> {
        match self.route.version {
            Version::V1 => self.v1_payment(),
            Version::V2 => self.v2_payment(),
        }
    }

    /// A header that cannot be read counts as none.
    fn v2_payment(&self) -> Result<Value, Refusal> {
        let header = self.request.headers.get(wire::PAYMENT_SIGNATURE);
        let payment = header.and_then(|value| wire::decode(value.as_bytes()));
        let payment = payment.ok_or_else(|| Refusal::challenge("Payment required"))?;
        match payment.get("x402Version") {
            Some(version) if version.as_f64() == Some(2.0) => Ok(payment),
            version => Err(Refusal::challenge(unsupported_version(version))),
        }
    }

    fn v1_payment(&self) -> Result<Value, Refusal> {
        let header = self.request.headers.get(wire::X_PAYMENT);
        let header = header.ok_or_else(|| Refusal::challenge("X-PAYMENT header is required"))?;
        let payment = wire::decode(header.as_bytes())
            .ok_or_else(|| Refusal::challenge("Invalid or malformed payment header"))?;
        match v1_payment::faults(&payment) {
            Some(faults) => Err(Refusal::challenge(faults)),
            None => Ok(payment),
        }
    }

    /// The entry that the payment answers.
    fn advertised(&self, payment: &Value) -> Result<&Value, Refusal> {
        match self.route.version {
            Version::V1 => matching::entry_by_network(&self.entries, payment)
                .ok_or_else(|| Refusal::challenge("Unable to find matching payment requirements")),
            Version::V2 => self.v2_advertised(payment),
        }
    }

    fn v2_advertised(&self, payment: &Value) -> Result<&Value, Refusal> {
        let entry = matching::echoed_entry(&self.entries, &payment["accepted"])
            .ok_or_else(|| Refusal::challenge("No matching payment requirements"))?;
        if !matching::extensions_match(&self.extensions, &payment["extensions"]) {
            return Err(Refusal::challenge("extension_echo_mismatch"));
        }
        Ok(entry)
    }

    async fn verified(&self, payment: &Value, entry: &Value) -> Result<(), Refusal> {
        let facilitator = &self.seller.shared.facilitator;
        let verdict = facilitator.verify(self.route.version, payment, entry).await?;
        if verdict.is_valid {
            return Ok(());
        }
        debug!(?verdict, "the payment is refused");
        Err(Refusal::Challenge {
            error: verdict.invalid_reason.unwrap_or_default(),
            payer: verdict.payer,
        })
    }

    /// A settlement that is pending is asked for once more: it may be through by now.
    async fn settled(&self, payment: &Value, entry: &Value) -> Result<SettleResponse, Refusal> {
        let facilitator = &self.seller.shared.facilitator;
        let version = self.route.version;
        let mut receipt = facilitator.settle(version, payment, entry).await?;
        if version == Version::V2 && is_pending(&receipt) {
            receipt = facilitator.settle(version, payment, entry).await?;
        }
        if receipt.success {
            Ok(receipt)
        } else {
            warn!(?receipt, "the payment did not settle");
            Err(Refusal::Unsettled(receipt.into()))
        }
    }

    fn with_receipt(&self, mut response: Response, receipt: &SettleResponse) -> Response {
        let headers = response.headers_mut();
        let name = match self.route.version {
            Version::V1 => wire::X_PAYMENT_RESPONSE,
            Version::V2 => {
                let private = HeaderValue::from_static("private");
                headers.insert(header::CACHE_CONTROL, private);
                wire::PAYMENT_RESPONSE
            }
        };
        if let Some(value) = receipt_header(receipt) {
            headers.insert(HeaderName::from_static(name), value);
        }
        response
    }

    async fn refuse(&self, refusal: Refusal) -> Response {
        match (self.route.version, refusal) {
            (_, Refusal::Challenge { error, payer }) => {
                self.challenge(json!(error), payer.as_deref()).await
            }
            (Version::V2, Refusal::Unsettled(receipt)) => self.unsettled(&receipt),
            (Version::V2, Refusal::Facilitator(error)) => facilitator_failed(&error),
            // The first generation answers every failure with a challenge.
            (Version::V1, Refusal::Unsettled(receipt)) => {
                let reason = receipt.error_reason.unwrap_or_default();
                self.challenge(json!(reason), receipt.payer.as_deref()).await
            }
            // It writes the exception itself into the answer, which JSON turns into an empty object.
            (Version::V1, Refusal::Facilitator(error)) => {
                warn!(%error, "the facilitator failed");
                self.challenge(json!({}), None).await
            }
        }
    }

    async fn challenge(&self, error: Value, payer: Option<&str>) -> Response {
        let blockhash = self.latest_blockhash().await;
        let context = context(self.request, self.supported, blockhash.as_ref());
        let challenge = Challenge {
            route: self.route,
            error,
            url: &self.request.url,
            accepts: entries(self.route, &context),
            extensions: self.extensions.clone(),
            payer,
        };
        challenge.into_response(&self.seller.shared.config, &self.request.headers)
    }

    /// No challenge: what would be paid now is another payment.
    fn unsettled(&self, receipt: &SettleResponse) -> Response {
        let mut response = json_body("{}".to_owned());
        *response.status_mut() = StatusCode::PAYMENT_REQUIRED;
        self.with_receipt(response, receipt)
    }

    /// Clients that get none ask the chain themselves, so a silent RPC is no reason to fail.
    async fn latest_blockhash(&self) -> Option<LatestBlockhash> {
        let wanted = self.route.version == Version::V2 && self.route.recent_blockhash;
        let rpc = self.seller.shared.rpc.as_ref().filter(|_| wanted)?;
        let latest = rpc.latest_blockhash().await;
        latest.inspect_err(|error| warn!(%error, "a challenge goes out without a blockhash")).ok()
    }
}

impl Refusal {
    fn challenge(error: impl Into<String>) -> Self {
        Self::Challenge { error: error.into(), payer: None }
    }
}

impl From<FacilitatorError> for Refusal {
    fn from(error: FacilitatorError) -> Self {
        Self::Facilitator(error)
    }
}

fn context<'a>(
    request: &'a BufferedRequest,
    supported: &'a Supported,
    blockhash: Option<&'a LatestBlockhash>,
) -> EntryContext<'a> {
    EntryContext { supported, blockhash, url: &request.url, method: request.method.as_str() }
}

fn is_pending(receipt: &SettleResponse) -> bool {
    receipt.error_reason.as_deref() == Some("settlement_pending")
}

fn receipt_header(receipt: &SettleResponse) -> Option<HeaderValue> {
    HeaderValue::from_str(&wire::encode(receipt).ok()?).ok()
}

fn facilitator_failed(error: &FacilitatorError) -> Response {
    warn!(%error, "the facilitator failed");
    let status = match error {
        FacilitatorError::Unreachable(_) | FacilitatorError::NoAnswer(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        FacilitatorError::TimedOut(_) | FacilitatorError::Malformed(_) => StatusCode::BAD_GATEWAY,
    };
    let mut response = json_body(json!({"error": error.to_string()}).to_string());
    *response.status_mut() = status;
    response
}

fn unsupported_version(version: Option<&Value>) -> String {
    let version = match version {
        None => "undefined".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    format!("Unsupported x402 version: {version}")
}
