//! A facilitator behind the layer that makes its faults happen.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use fastrand::Rng;
use serde_json::Value;
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
        let is_made_up = |fault: &&FacilitatorFault| {
            matches!(fault, FacilitatorFault::Refuse | FacilitatorFault::SettleLate(_))
        };
        let Some(fault) = strike.kinds.iter().find(is_made_up).copied() else {
            return (ask(&self.facilitator, request).await, None);
        };
        let (head, body) = request.into_parts();
        let body = whole(body).await;
        let FacilitatorFault::SettleLate(delay) = fault else {
            return (failed("unsupported_scheme", &body), None);
        };
        let answer = failed("unexpected_settle_error", &body);
        let request = Request::from_parts(head, body.into());
        (answer, Some(self.serve_later(request, delay.draw(&mut strike.random))))
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

/// The answer to a settlement that was not tried, or not yet. Who would have paid is said where the
/// payment says so in words: not on Solana.
fn failed(reason: &str, request: &[u8]) -> Response {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let payer = &request["paymentPayload"]["payload"]["authorization"]["from"];
    let network = request["paymentRequirements"]["network"].as_str().unwrap_or_default();
    let response = SettleResponse {
        error_reason: Some(reason.to_owned()),
        payer: payer.as_str().map(str::to_owned),
        network: network.to_owned(),
        ..SettleResponse::default()
    };
    Json(response).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;

    /// What is answered to a settlement where this goes wrong, and nothing else could answer.
    async fn answer(list: &str, request: &Value) -> SettleResponse {
        let faults = Faults::new([list.parse().unwrap()], 7);
        let facilitator = FaultyFacilitator::new(Router::new(), faults);
        let request = axum::http::Request::post("/settle").body(Body::from(request.to_string()));
        let response = facilitator.answer(request.unwrap()).await.response.unwrap();
        serde_json::from_slice(&whole(response.into_body()).await).unwrap()
    }

    #[tokio::test]
    async fn refusals_name_the_network_and_the_payer_of_the_request() {
        let evm = json!({
            "paymentPayload": {"payload": {"authorization": {"from": "0x9a"}}},
            "paymentRequirements": {"network": "base-sepolia"},
        });
        let solana = json!({
            "paymentPayload": {"payload": {"transaction": "AQID"}},
            "paymentRequirements": {"network": "solana-devnet"},
        });
        for (list, reason) in
            [("refuse", "unsupported_scheme"), ("settle-late=1", "unexpected_settle_error")]
        {
            let refused = answer(list, &evm).await;
            assert_eq!(refused.error_reason.as_deref(), Some(reason));
            assert_eq!((refused.network.as_str(), refused.success), ("base-sepolia", false));
            assert_eq!(refused.payer.as_deref(), Some("0x9a"));
            let refused = answer(list, &solana).await;
            assert_eq!((refused.network.as_str(), refused.payer), ("solana-devnet", None));
        }
    }
}
