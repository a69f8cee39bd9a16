//! A seller behind the layer that makes its faults happen.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fastrand::Rng;
use tracing::info;

use super::connection::{Answer, Severed, ask, truncated};
use super::plan::{Faults, Strike};
use super::seller::SellerFault;
use super::status::bare;
use super::{challenge, receipt};
use crate::seller::http::MAXIMUM_BODY;
use crate::x402::header::{PAYMENT_SIGNATURE, X_PAYMENT};

/// A seller with faults.
#[derive(Clone)]
pub struct FaultySeller {
    seller: Router,
    faults: Arc<Faults<SellerFault>>,
}

/// A request, read whole, so that it can be made more than once.
struct Copied {
    head: Parts,
    body: Bytes,
}

impl SellerFault {
    /// Whether it is meant for requests with a payment, or for those without.
    fn is_meant_for(self, is_paid: bool) -> bool {
        match self {
            Self::WrongDate(_) => true,
            Self::DelayChallenge(_) => !is_paid,
            _ => is_paid,
        }
    }
}

impl FaultySeller {
    /// The seller behind `router`, with these faults.
    pub fn new(router: Router, faults: Faults<SellerFault>) -> Self {
        Self { seller: router, faults: Arc::new(faults) }
    }

    /// Serves the request, unless a fault is that it does not.
    async fn served(
        &self,
        request: &Copied,
        strike: &mut Strike<SellerFault>,
    ) -> Result<Response, Severed> {
        let has = |kind| strike.kinds.contains(&kind);
        if has(SellerFault::Reset) {
            return Err(Severed);
        }
        if has(SellerFault::NoSettle) {
            return Ok(receipt::made_up(&request.head.headers, &mut strike.random));
        }
        let settles = !has(SellerFault::Corrective402) && !has(SellerFault::OtherPayTo);
        Ok(ask(&self.seller, if settles { request.again() } else { request.without_payment() })
            .await)
    }

    /// The answer as a fault makes it.
    async fn spoilt(
        &self,
        fault: SellerFault,
        request: &Copied,
        mut response: Response,
        random: &mut Rng,
    ) -> Result<Response, Severed> {
        let headers = response.headers_mut();
        match fault {
            SellerFault::Reset | SellerFault::NoSettle => {}
            SellerFault::LoseResponse => return Err(Severed),
            SellerFault::Truncate => return truncated(response).await,
            SellerFault::Delay(delay) | SellerFault::DelayChallenge(delay) => {
                tokio::time::sleep(delay.draw(random)).await
            }
            SellerFault::WrongDate(seconds) => set_date(headers, seconds),
            SellerFault::Status(status) => return Ok(bare(status)),
            SellerFault::ErrorWithReceipt => {
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR
            }
            SellerFault::NoReceipt => receipt::remove(headers),
            SellerFault::WrongReceipt(field) => receipt::falsify(headers, field, random),
            SellerFault::Stale402 => return Ok(ask(&self.seller, request.without_payment()).await),
            SellerFault::RefuseAndSettle => {
                let answer = ask(&self.seller, request.without_payment()).await;
                return Ok(challenge::changed(answer, challenge::refuse).await);
            }
            SellerFault::Corrective402 => {
                return Ok(challenge::changed(response, challenge::raise_price).await);
            }
            SellerFault::OtherPayTo => {
                return Ok(challenge::changed(response, challenge::divert).await);
            }
        }
        Ok(response)
    }
}

impl Answer for FaultySeller {
    async fn answer(self, request: Request) -> Result<Response, Severed> {
        let is_paid = receipt::version_of_payment(request.headers()).is_some();
        let mut strike = self.faults.next(|fault| fault.is_meant_for(is_paid));
        if strike.kinds.is_empty() {
            return Ok(ask(&self.seller, request).await);
        }
        info!(path = request.uri().path(), faults = ?strike.kinds, "goes wrong");
        let Some(request) = Copied::read(request).await else {
            return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        let mut response = self.served(&request, &mut strike).await?;
        for fault in strike.kinds {
            response = self.spoilt(fault, &request, response, &mut strike.random).await?;
        }
        Ok(response)
    }
}

impl Copied {
    async fn read(request: Request) -> Option<Self> {
        let (head, body) = request.into_parts();
        Some(Self { head, body: to_bytes(body, MAXIMUM_BODY).await.ok()? })
    }

    fn again(&self) -> Request {
        Request::from_parts(self.head.clone(), Body::from(self.body.clone()))
    }

    fn without_payment(&self) -> Request {
        let mut request = self.again();
        for name in [PAYMENT_SIGNATURE, X_PAYMENT] {
            request.headers_mut().remove(name);
        }
        request
    }
}

fn set_date(headers: &mut HeaderMap, seconds: i64) {
    let off = Duration::from_secs(seconds.unsigned_abs());
    let now = SystemTime::now();
    let date = if seconds < 0 { now.checked_sub(off) } else { now.checked_add(off) };
    let value = date.map(httpdate::fmt_http_date);
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        headers.insert(header::DATE, value);
    }
}
