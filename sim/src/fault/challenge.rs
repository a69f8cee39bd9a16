//! Challenges that say something else than the seller meant.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::connection::whole;
use super::made_up;
use crate::x402::header::{PAYMENT_REQUIRED, decode, encode};

/// What a payer without funds is told, in either version.
const NO_FUNDS: &str = "insufficient_funds";

/// The challenge as `change` leaves it: the one in the header, else the one in the body.
pub(super) async fn changed(mut response: Response, change: impl FnOnce(&mut Value)) -> Response {
    let header = HeaderName::from_static(PAYMENT_REQUIRED);
    if let Some(value) = response.headers().get(&header) {
        if let Some(value) = changed_header(value, change) {
            response.headers_mut().insert(header, value);
        }
        return response;
    }
    let (mut head, body) = response.into_parts();
    let body = whole(body).await;
    let Ok(mut message) = serde_json::from_slice(&body) else {
        return Response::from_parts(head, body.into());
    };
    change(&mut message);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(message.to_string()))
}

/// A message in a header as `change` leaves it; `None` if it is no message.
pub(super) fn changed_header(
    value: &HeaderValue,
    change: impl FnOnce(&mut Value),
) -> Option<HeaderValue> {
    let mut message = decode(value.as_bytes())?;
    change(&mut message);
    HeaderValue::from_str(&encode(&message).ok()?).ok()
}

/// Refuses the payment as one without funds.
pub(super) fn refuse(message: &mut Value) {
    message["error"] = json!(NO_FUNDS);
}

/// Doubles the price.
pub(super) fn raise_price(message: &mut Value) {
    for entry in entries(message) {
        for key in ["amount", "maxAmountRequired"] {
            let price = entry[key].as_str().and_then(|text| text.parse::<u64>().ok());
            if let Some(price) = price {
                entry[key] = json!(price.saturating_mul(2).to_string());
            }
        }
    }
}

/// Names another payee.
pub(super) fn divert(message: &mut Value) {
    for entry in entries(message) {
        let network = entry["network"].as_str().unwrap_or_default();
        entry["payTo"] = json!(made_up::address(network));
    }
}

fn entries(message: &mut Value) -> impl Iterator<Item = &mut Value> {
    message["accepts"].as_array_mut().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge() -> Value {
        json!({"error": "", "accepts": [
            {"network": "solana-devnet", "maxAmountRequired": "1234", "payTo": "payee"},
            {"network": "eip155:84532", "amount": "18446744073709551615", "payTo": "payee"},
        ]})
    }

    #[test]
    fn the_price_is_doubled_in_every_entry() {
        let mut message = challenge();
        raise_price(&mut message);
        assert_eq!(message["accepts"][0]["maxAmountRequired"], "2468");
        assert_eq!(message["accepts"][0]["amount"], Value::Null);
        assert_eq!(message["accepts"][1]["amount"], u64::MAX.to_string());
    }

    #[test]
    fn the_payee_is_another_one_in_every_entry() {
        let mut message = challenge();
        divert(&mut message);
        for entry in entries(&mut message) {
            let network = entry["network"].as_str().unwrap();
            assert_eq!(entry["payTo"], made_up::address(network));
        }
    }

    #[tokio::test]
    async fn a_challenge_is_changed_where_it_stands() {
        let in_header = HeaderValue::from_str(&encode(&challenge()).unwrap()).unwrap();
        let mut response = Response::new(Body::from("{}"));
        response.headers_mut().insert(PAYMENT_REQUIRED, in_header);
        let response = changed(response, refuse).await;
        let message = decode(response.headers()[PAYMENT_REQUIRED].as_bytes()).unwrap();
        assert_eq!(message["error"], NO_FUNDS);
        assert_eq!(whole(response.into_body()).await, "{}");

        let response = changed(Response::new(challenge().to_string().into()), refuse).await;
        let message: Value = serde_json::from_slice(&whole(response.into_body()).await).unwrap();
        assert_eq!(message["error"], NO_FUNDS);
        assert_eq!(message["accepts"], challenge()["accepts"]);
    }
}
