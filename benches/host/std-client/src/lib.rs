//! The Rust client for hosts, of the project x402-rs, timed on command: see `../../compare.mjs`.

use std::error::Error;

use embassy_futures::block_on;
use embedded_x402_benches::stopwatch::{Challenge, Client};
use x402_types::proto::{OriginalJson, PaymentRequired, v2};
use x402_types::scheme::client::{FirstMatch, PaymentSelector, X402SchemeClient};
use x402_types::util::Base64Bytes;

/// A client that pays by this scheme.
pub fn client(scheme: impl X402SchemeClient + 'static) -> Client<'static> {
    Box::new(move |challenge| pay(&scheme, challenge))
}

/// What the crate `x402-reqwest` does with a response.
fn pay(scheme: &impl X402SchemeClient, challenge: &Challenge) -> Result<Vec<u8>, Box<dyn Error>> {
    let json = Base64Bytes::from(challenge.header.as_bytes()).decode()?;
    let terms: v2::PaymentRequired<OriginalJson> = serde_json::from_slice(&json)?;
    let candidates = scheme.accept(&PaymentRequired::V2(terms));
    let candidate = FirstMatch.select(&candidates).ok_or("nothing that the client can pay")?;
    Ok(block_on(candidate.sign())?.into_bytes())
}
