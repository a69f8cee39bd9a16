//! A facilitator behind the layer that makes its faults happen.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use fastrand::Rng;
use serde_json::Value;
use tracing::info;

use super::connection::{Answer, Severed, ask, whole};
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

    /// Serves the request, unless a fault is that it does not, or later.
    async fn served(&self, request: Request, strike: &mut Strike<FacilitatorFault>) -> Response {
        let is_made_up = |fault: &&FacilitatorFault| {
            matches!(fault, FacilitatorFault::Refuse | FacilitatorFault::SettleLate(_))
        };
        let Some(fault) = strike.kinds.iter().find(is_made_up).copied() else {
            return ask(&self.facilitator, request).await;
        };
        let (head, body) = request.into_parts();
        let body = whole(body).await;
        let reason = match fault {
            FacilitatorFault::SettleLate(delay) => {
                let request = Request::from_parts(head, body.clone().into());
                self.serve_later(request, delay.draw(&mut strike.random));
                "unexpected_settle_error"
            }
            _ => "insufficient_funds",
        };
        failed(reason, &body)
    }

    fn serve_later(&self, request: Request, delay: Duration) {
        let facilitator = self.facilitator.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            ask(&facilitator, request).await;
        });
    }
}

impl Answer for FaultyFacilitator {
    async fn answer(self, request: Request) -> Result<Response, Severed> {
        let settles = request.uri().path() == "/settle";
        let mut strike = self.faults.next(|_| settles);
        if !strike.kinds.is_empty() {
            info!(path = request.uri().path(), faults = ?strike.kinds, "goes wrong");
        }
        let mut response = self.served(request, &mut strike).await;
        for fault in strike.kinds {
            response = spoilt(fault, response, &mut strike.random).await?;
        }
        Ok(response)
    }
}

/// The answer as a fault makes it.
async fn spoilt(
    fault: FacilitatorFault,
    response: Response,
    random: &mut Rng,
) -> Result<Response, Severed> {
    match fault {
        FacilitatorFault::Refuse | FacilitatorFault::SettleLate(_) => {}
        FacilitatorFault::LoseResponse => return Err(Severed),
        FacilitatorFault::Delay(delay) => tokio::time::sleep(delay.draw(random)).await,
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
        let response = facilitator.answer(request.unwrap()).await.unwrap();
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
            [("refuse", "insufficient_funds"), ("settle-late=1", "unexpected_settle_error")]
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
