//! A facilitator behind the layer that makes its faults happen.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use fastrand::Rng;
use tracing::info;

use super::connection::{Afterwards, Answer, Answered, Severed, ask, whole};
use super::facilitator::FacilitatorFault;
use super::plan::{Faults, Strike};
use super::status::bare;
use crate::x402::SettleResponse;

/// A facilitator with faults.
#[derive(Clone)]
pub struct FaultyFacilitator {
    facilitator: Router,
    faults: Arc<Faults<FacilitatorFault>>,
}

impl FaultyFacilitator {
    /// The facilitator behind `router`, with these faults.
    pub fn new(router: Router, faults: Faults<FacilitatorFault>) -> Self {
        Self { facilitator: router, faults: Arc::new(faults) }
    }

    /// How often each fault has struck, in the order of the list.
    pub fn struck(&self) -> Vec<u32> {
        self.faults.struck()
    }

    /// Serves the request, unless a fault is that it does not, or later.
    async fn served(
        &self,
        request: Request,
        strike: &mut Strike<FacilitatorFault>,
    ) -> (Response, Option<Afterwards>) {
        for fault in &strike.kinds {
            match fault {
                FacilitatorFault::Refuse => return (failed("insufficient_funds"), None),
                FacilitatorFault::SettleLate(delay) => {
                    let later = self.serve_later(request, delay.draw(&mut strike.random));
                    return (failed("unexpected_settle_error"), Some(later));
                }
                _ => {}
            }
        }
        (ask(&self.facilitator, request).await, None)
    }

    fn serve_later(&self, request: Request, delay: Duration) -> Afterwards {
        let facilitator = self.facilitator.clone();
        let work = async move {
            ask(&facilitator, request).await;
        };
        Afterwards { delay, work: Box::pin(work) }
    }
}

impl FacilitatorFault {
    /// How much later the answer goes out.
    fn delay(self, random: &mut Rng) -> Duration {
        match self {
            Self::Delay(delay) => delay.draw(random),
            _ => Duration::ZERO,
        }
    }
}

impl Answer for FaultyFacilitator {
    async fn answer(self, request: Request) -> Answered {
        let settles = request.uri().path() == "/settle";
        let mut strike = self.faults.next(|_| settles);
        if !strike.kinds.is_empty() {
            info!(path = request.uri().path(), faults = ?strike.kinds, "goes wrong");
        }
        let (response, afterwards) = self.served(request, &mut strike).await;
        let mut answered = Answered { afterwards, ..Ok(response).into() };
        for fault in strike.kinds {
            let Ok(response) = answered.response else { break };
            answered.delay += fault.delay(&mut strike.random);
            answered.response = spoilt(fault, response).await;
        }
        answered
    }
}

/// The answer as a fault makes it.
async fn spoilt(fault: FacilitatorFault, response: Response) -> Result<Response, Severed> {
    match fault {
        FacilitatorFault::Refuse | FacilitatorFault::SettleLate(_) | FacilitatorFault::Delay(_) => {
        }
        FacilitatorFault::LoseResponse => return Err(Severed),
        FacilitatorFault::Status(status) => return Ok(bare(status)),
        FacilitatorFault::Pending => return Ok(pending(response).await),
    }
    Ok(response)
}

/// What has settled is said to be on its way; a settlement that failed has failed.
async fn pending(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let body = whole(body).await;
    match serde_json::from_slice::<SettleResponse>(&body) {
        Ok(settled) if settled.success => {
            let error_reason = Some("settlement_pending".to_owned());
            Json(SettleResponse { success: false, error_reason, ..settled }).into_response()
        }
        _ => Response::from_parts(head, body.into()),
    }
}

fn failed(reason: &str) -> Response {
    let error_reason = Some(reason.to_owned());
    Json(SettleResponse { error_reason, ..SettleResponse::default() }).into_response()
}
