//! A facilitator that settles and whose answer gets lost: the money has moved, and all that the
//! seller knows is that something went wrong.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use embedded_x402::client::{Doubt, Outcome};
use embedded_x402::wire::Reason;
use embedded_x402_sim::chain::genesis;
use tokio::net::TcpListener;

use crate::books::Trade;
use crate::shop::{PRICE, Shop, VERSIONS, weather};

/// A shop whose seller hears of every settlement that it failed within.
async fn shop() -> Shop {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    Shop::stocked(|pay_to, seller| {
        let facilitator = std::mem::replace(&mut seller.facilitator_url, proxy_url);
        tokio::spawn(axum::serve(proxy, losing_settlements(facilitator)).into_future());
        seller.routes = VERSIONS
            .map(|version| weather(version, &format!("/v{}", u8::from(version)), pay_to))
            .into();
    })
    .await
}

/// Everything is passed on; what comes back from a settlement is not.
fn losing_settlements(facilitator: String) -> Router {
    Router::new().fallback(pass_on).with_state(facilitator)
}

async fn pass_on(State(facilitator): State<String>, uri: Uri, body: Bytes) -> Response {
    let http = reqwest::Client::new();
    let url = format!("{facilitator}{}", uri.path());
    let request = if body.is_empty() { http.get(url) } else { http.post(url) };
    let request = request.header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap().bytes().await.unwrap();
    match uri.path() {
        "/settle" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => answer.into_response(),
    }
}

#[tokio::test]
async fn version_2_answers_502() {
    let shop = shop().await;
    let trade = shop.get("/v2", genesis::USDC).await;
    let body = trade.purchase.result.as_ref().unwrap();
    assert_eq!(body.outcome, Outcome::Unknown(Doubt::NoReceipt { status: 502 }));
    assert_paid_without_sale(&trade);
}

/// The seller answers as if the payment had been refused, but without a reason.
#[tokio::test]
async fn version_1_asks_for_the_payment_again() {
    let shop = shop().await;
    let trade = shop.get("/v1", genesis::USDC).await;
    assert_eq!(trade.purchase.doubt(), Some(Doubt::Failed(Reason::EMPTY)));
    assert_paid_without_sale(&trade);
}

fn assert_paid_without_sale(trade: &Trade<'_>) {
    let moved = trade.books.moved();
    assert_eq!((moved.spent, moved.earned), (PRICE, PRICE));
    assert_eq!(moved.sales, []);
}
