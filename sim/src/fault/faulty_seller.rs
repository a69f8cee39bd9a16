//! A seller behind the layer that makes its faults happen.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fastrand::Rng;
use tracing::info;

use super::connection::{Answer, Answered, Severed, ask, truncated};
use super::plan::{Faults, Strike};
use super::seller::SellerFault;
use super::status::bare;
use super::{challenge, receipt};
use crate::clock::Clock;
use crate::seller::http::MAXIMUM_BODY;
use crate::x402::header::{PAYMENT_SIGNATURE, X_PAYMENT};

/// A seller with faults.
#[derive(Clone)]
pub struct FaultySeller {
    seller: Router,
    faults: Arc<Faults<SellerFault>>,
    clock: Clock,
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

    /// How much later the answer goes out.
    fn delay(self, random: &mut Rng) -> Duration {
        match self {
            Self::Delay(delay) | Self::DelayChallenge(delay) => delay.draw(random),
            _ => Duration::ZERO,
        }
    }
}

impl FaultySeller {
    /// The seller behind `router`, with these faults.
    pub fn new(router: Router, faults: Faults<SellerFault>) -> Self {
        Self { seller: router, faults: Arc::new(faults), clock: Clock::host() }
    }

    /// Dates its answers by this clock where the date is to be wrong.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// How often each fault has struck, in the order of the list.
    pub fn struck(&self) -> Vec<u32> {
        self.faults.struck()
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
            SellerFault::Reset
            | SellerFault::NoSettle
            | SellerFault::Delay(_)
            | SellerFault::DelayChallenge(_) => {}
            SellerFault::LoseResponse => return Err(Severed),
            SellerFault::Truncate => return truncated(response).await,
            SellerFault::WrongDate(seconds) => set_date(headers, self.clock.now(), seconds),
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
    async fn answer(self, request: Request) -> Answered {
        let is_paid = receipt::version_of_payment(request.headers()).is_some();
        let mut strike = self.faults.next(|fault| fault.is_meant_for(is_paid));
        if strike.kinds.is_empty() {
            return Ok(ask(&self.seller, request).await).into();
        }
        info!(path = request.uri().path(), faults = ?strike.kinds, "goes wrong");
        let Some(request) = Copied::read(request).await else {
            return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response()).into();
        };
        let mut answered = Answered::from(self.served(&request, &mut strike).await);
        for fault in strike.kinds {
            let Ok(response) = answered.response else { break };
            answered.delay += fault.delay(&mut strike.random);
            answered.response = self.spoilt(fault, &request, response, &mut strike.random).await;
        }
        answered
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

fn set_date(headers: &mut HeaderMap, now: Duration, seconds: i64) {
    let off = Duration::from_secs(seconds.unsigned_abs());
    let date = if seconds < 0 { now.checked_sub(off) } else { now.checked_add(off) };
    let date = date.and_then(|date| UNIX_EPOCH.checked_add(date));
    let value = date.map(httpdate::fmt_http_date);
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        headers.insert(header::DATE, value);
    }
}
