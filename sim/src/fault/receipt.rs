//! Receipts that say something else than happened, or nothing.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use fastrand::Rng;
use serde_json::{Value, json};

use super::challenge::changed_header;
use super::made_up;
use super::seller::ReceiptField;
use crate::x402::header::{
    PAYMENT_RESPONSE, PAYMENT_SIGNATURE, X_PAYMENT, X_PAYMENT_RESPONSE, decode, encode,
};
use crate::x402::{SettleResponse, Version};

/// An amount, in atomic units, that nobody has paid.
const OTHER_AMOUNT: u64 = 999_999_999_999;

/// Takes the receipt away.
pub(super) fn remove(headers: &mut HeaderMap) {
    headers.remove(PAYMENT_RESPONSE);
    headers.remove(X_PAYMENT_RESPONSE);
}

/// Falsifies the receipt, if there is one.
pub(super) fn falsify(headers: &mut HeaderMap, field: ReceiptField, random: &mut Rng) {
    for name in [PAYMENT_RESPONSE, X_PAYMENT_RESPONSE] {
        let falsified = headers
            .get(name)
            .and_then(|value| changed_header(value, |receipt| set_other(receipt, field, random)));
        if let Some(value) = falsified {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn set_other(receipt: &mut Value, field: ReceiptField, random: &mut Rng) {
    let network = receipt["network"].as_str().unwrap_or_default().to_owned();
    let (key, other) = match field {
        ReceiptField::Network => ("network", made_up::network(&network)),
        ReceiptField::Amount => ("amount", OTHER_AMOUNT.to_string()),
        ReceiptField::Payer => ("payer", made_up::address(&network).to_owned()),
        ReceiptField::Transaction => ("transaction", made_up::transaction(&network, random)),
    };
    receipt[key] = json!(other);
}

/// An answer that says that the payment of a request with these headers has settled. Who has paid is
/// said where the payment says so in words: not on Solana.
pub(super) fn made_up(request: &HeaderMap, random: &mut Rng) -> Response {
    let version = version_of_payment(request).unwrap_or(Version::V2);
    let (carrier, receipt_name) = match version {
        Version::V1 => (X_PAYMENT, X_PAYMENT_RESPONSE),
        Version::V2 => (PAYMENT_SIGNATURE, PAYMENT_RESPONSE),
    };
    let payment = request.get(carrier).and_then(|value| decode(value.as_bytes()));
    let payment = payment.unwrap_or_default();
    let network = match version {
        Version::V1 => &payment["network"],
        Version::V2 => &payment["accepted"]["network"],
    };
    let network = network.as_str().unwrap_or_default();
    let receipt = SettleResponse {
        success: true,
        payer: payment["payload"]["authorization"]["from"].as_str().map(str::to_owned),
        transaction: made_up::transaction(network, random),
        network: network.to_owned(),
        ..SettleResponse::default()
    };
    let mut response = Response::new(Body::from("{}"));
    let value = encode(&receipt).ok().and_then(|value| HeaderValue::from_str(&value).ok());
    if let Some(value) = value {
        response.headers_mut().insert(HeaderName::from_static(receipt_name), value);
    }
    response
}

/// The version that the request's payment comes in, if it has one.
pub(super) fn version_of_payment(request: &HeaderMap) -> Option<Version> {
    if request.contains_key(PAYMENT_SIGNATURE) {
        Some(Version::V2)
    } else {
        request.contains_key(X_PAYMENT).then_some(Version::V1)
    }
}
