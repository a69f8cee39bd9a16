//! A seller over real sockets, with a facilitator that says what it is told to.

use std::collections::VecDeque;

use axum::extract::{Json, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::Router;
use reqwest::header::HeaderMap;
use serde_json::{Map, json};

use super::*;
use crate::fault::Faults;
use crate::listen::on_loopback;
use crate::x402::SolanaNetwork;
use crate::x402::header::{decode, encode};

pub(super) const FEE_PAYER: &str = "HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37";
pub(super) const PAY_TO: &str = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt";
pub(super) const PAYER: &str = "7HSMRpFpC39Bymkw3B1y86ys41xWC93N9ygSeYKxeuMD";

/// A seller with its facilitator, and a client at its door.
pub(super) struct Shop {
    pub(super) url: String,
    pub(super) seller: Seller,
    pub(super) facilitator: ScriptedFacilitator,
    pub(super) http: reqwest::Client,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Shop {
    pub(super) async fn open(change: impl FnOnce(&mut SellerConfig)) -> Self {
        let facilitator = ScriptedFacilitator::start().await;
        let mut config = SellerConfig {
            routes: vec![
                route("/weather", Resource::Weather),
                route("/echo", Resource::Echo),
                route("/status/*", Resource::Status),
                Route { version: Version::V1, ..route("/v1/weather", Resource::Weather) },
            ],
            ..SellerConfig::new(&facilitator.url)
        };
        change(&mut config);
        let (listener, url) = on_loopback().await.unwrap();
        let seller = Seller::new(config);
        tokio::spawn(serve(listener, seller.clone(), Faults::default()));
        Self { url, seller, facilitator, http: reqwest::Client::new() }
    }

    pub(super) async fn get(&self, path: &str, headers: HeaderMap) -> Answer {
        let request = self.http.get(format!("{}{path}", self.url)).headers(headers);
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(super) async fn challenge(&self, path: &str) -> Value {
        let answer = self.get(path, HeaderMap::new()).await;
        answer.json_header("payment-required").unwrap()
    }

    /// A payment for the entry that only this seller's facilitator settles.
    pub(super) async fn v2_payment(&self, path: &str) -> Value {
        let mut challenge = self.challenge(path).await;
        json!({
            "x402Version": 2,
            "accepted": challenge["accepts"][0].take(),
            "payload": {"transaction": "AQID"},
        })
    }

    pub(super) async fn pay(&self, path: &str) -> Answer {
        let payment = self.v2_payment(path).await;
        self.get(path, header("payment-signature", &payment)).await
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn json_header(&self, name: &str) -> Option<Value> {
        decode(self.headers.get(name)?.as_bytes())
    }
}

pub(super) fn route(path: &str, resource: Resource) -> Route {
    let devnet = SolanaNetwork::Devnet;
    let price = "$0.001".parse().unwrap();
    let accept = Accept {
        max_timeout_seconds: Some(60),
        ..Accept::new(devnet.caip2(), devnet.usdc(), PAY_TO, price)
    };
    Route { description: "The weather here".to_owned(), ..Route::new(path, resource, accept) }
}

pub(super) fn header(name: &'static str, message: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, encode(message).unwrap().parse().unwrap());
    headers
}

pub(super) fn v1_payment() -> Value {
    json!({
        "x402Version": 1, "scheme": "exact", "network": "solana-devnet",
        "payload": {"transaction": "AQID"},
    })
}

pub(super) fn settled() -> Value {
    json!({
        "success": true, "payer": PAYER, "transaction": "transaction",
        "network": SolanaNetwork::Devnet.caip2(),
    })
}

/// A facilitator that finds every payment good, unless told otherwise, and keeps the calls.
#[derive(Clone)]
pub(super) struct ScriptedFacilitator {
    pub(super) url: String,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<(String, u16, Value)>,
    calls: Vec<(String, Value)>,
}

impl ScriptedFacilitator {
    pub(super) async fn start() -> Self {
        let (listener, url) = on_loopback().await.unwrap();
        let facilitator = Self { url, script: Arc::default() };
        let router = Router::new().fallback(facilitate).with_state(facilitator.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        facilitator
    }

    /// What the next call of a path is answered with, behind what was said before.
    pub(super) fn next(&self, path: &str, status: u16, answer: Value) {
        let mut script = self.script.lock().unwrap();
        script.answers.push_back((path.to_owned(), status, answer));
    }

    pub(super) fn calls(&self) -> Vec<(String, Value)> {
        self.script.lock().unwrap().calls.clone()
    }

    pub(super) fn count(&self, path: &str) -> usize {
        let calls = self.calls();
        calls.iter().filter(|(called, _)| called == path).count()
    }
}

async fn facilitate(
    State(facilitator): State<ScriptedFacilitator>,
    uri: Uri,
    body: Option<Json<Value>>,
) -> Response {
    let mut script = facilitator.script.lock().unwrap();
    let path = uri.path().to_owned();
    let body = body.map(|Json(body)| body).unwrap_or_default();
    script.calls.push((path.clone(), body));
    let scripted = script.answers.iter().position(|(wanted, ..)| *wanted == path);
    let (status, answer) = match scripted.and_then(|at| script.answers.remove(at)) {
        Some((_, status, answer)) => (status, answer),
        None => (200, everything_is_fine(&path)),
    };
    (StatusCode::from_u16(status).unwrap(), Json(answer)).into_response()
}

fn everything_is_fine(path: &str) -> Value {
    let kind = |version: u8, network: &str| {
        let extra = Map::from_iter([("feePayer".to_owned(), json!(FEE_PAYER))]);
        json!({"x402Version": version, "scheme": "exact", "network": network, "extra": extra})
    };
    let devnet = SolanaNetwork::Devnet;
    match path {
        "/supported" => json!({"kinds": [kind(2, devnet.caip2()), kind(1, devnet.v1_name())]}),
        "/verify" => json!({"isValid": true, "payer": PAYER}),
        _ => settled(),
    }
}
