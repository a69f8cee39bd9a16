//! The checks of the `exact` scheme on EVM chains that need no chain, one function a reason.
//!
//! Their order is the reference's: a payment with two faults is refused for the earlier one. The
//! signature is looked at between [`read`] and [`check`].

use alloy_primitives::U256;

use super::super::SCHEME;
use super::super::reason::Condition;
use super::super::request::Payment;
use super::authorization::{Authorization, Token, address, whole_number};
use super::reason::Reason;
use crate::x402::Version;

/// Seconds that an authorization must still be valid, for the transaction to be mined in.
const SETTLING_TIME: u64 = 6;

/// The authorization in a payment for this chain.
pub(super) fn read(payment: &Payment, chain_id: u64) -> Result<Authorization, Reason> {
    scheme(payment)?;
    let (name, version) = missing_domain(payment)?;
    network_mismatch(payment)?;
    let address = malformed_asset(payment)?;
    unsupported_payload(payment)?;
    malformed_payload(payment)?;
    let token = Token { address, name: name.to_owned(), version: version.to_owned(), chain_id };
    Authorization::read(&payment.payload, token).ok_or(Reason::Signature)
}

/// Holds an authorization against the requirements, at a Unix time in seconds.
pub(super) fn check(
    authorization: &Authorization,
    payment: &Payment,
    now: u64,
) -> Result<(), Reason> {
    recipient_mismatch(authorization, payment)?;
    valid_before(authorization, now)?;
    valid_after(authorization, now)?;
    value_mismatch(authorization, payment)
}

/// Whose tokens a payment would move, as the payment writes it.
pub(super) fn payer(payment: &Payment) -> Option<String> {
    payment.payload["authorization"]["from"].as_str().map(str::to_owned)
}

fn scheme(payment: &Payment) -> Result<(), Reason> {
    (payment.scheme == SCHEME && payment.requirements.scheme == SCHEME).or(Reason::Scheme)
}

fn missing_domain(payment: &Payment) -> Result<(&str, &str), Reason> {
    let text = |key| payment.requirements.extra_text(key).filter(|text| !text.is_empty());
    text("name").zip(text("version")).ok_or(Reason::MissingDomain)
}

fn network_mismatch(payment: &Payment) -> Result<(), Reason> {
    (payment.network == payment.requirements.network).or(Reason::NetworkMismatch)
}

fn malformed_asset(payment: &Payment) -> Result<alloy_primitives::Address, Reason> {
    address(&payment.requirements.asset).ok_or(Reason::MalformedRequirements)
}

/// Version 1 is older than payments by Permit2, and passes over what belongs to them.
fn unsupported_payload(payment: &Payment) -> Result<(), Reason> {
    let is_permit2 = !payment.payload["permit2Authorization"].is_null();
    (payment.version == Version::V1 || !is_permit2).or(Reason::UnsupportedPayload)
}

fn malformed_payload(payment: &Payment) -> Result<(), Reason> {
    let authorization = payment.payload["authorization"].is_object();
    (authorization && payment.payload["signature"].is_string()).or(Reason::MalformedPayload)
}

fn recipient_mismatch(authorization: &Authorization, payment: &Payment) -> Result<(), Reason> {
    let pay_to = address(&payment.requirements.pay_to).ok_or(Reason::MalformedRequirements)?;
    (authorization.transfer.to == pay_to).or(Reason::RecipientMismatch)
}

fn valid_before(authorization: &Authorization, now: u64) -> Result<(), Reason> {
    let least = U256::from(now.saturating_add(SETTLING_TIME));
    (authorization.transfer.validBefore >= least).or(Reason::ValidBefore)
}

fn valid_after(authorization: &Authorization, now: u64) -> Result<(), Reason> {
    (authorization.transfer.validAfter <= U256::from(now)).or(Reason::ValidAfter)
}

fn value_mismatch(authorization: &Authorization, payment: &Payment) -> Result<(), Reason> {
    let required = whole_number(&payment.requirements.amount);
    (required == Some(authorization.transfer.value)).or(Reason::ValueMismatch)
}
