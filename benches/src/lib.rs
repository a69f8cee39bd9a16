//! A payment as a device makes it, without a network: from the bytes of a 402 to the bytes of the
//! paid request. What the benches measure, and a test that it pays at all.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embassy_futures::block_on;
use embedded_x402::client::{Error, Exchange, Limits, Memory, Method, Payer, Request, Step};
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
use embedded_x402::signer::Ed25519Signer;
use embedded_x402::solana::{Pubkey, Signature};
use embedded_x402::wire::Amount;
use serde_json::{Value, json};

/// At most a tenth of a dollar, in USDC on devnet.
pub const POLICY: PaymentPolicy<'static> =
    PaymentPolicy { rules: &[Rule::new(assets::USDC_SOLANA_DEVNET, Amount(100_000))] };

/// The seed of the payer's key: a test key.
pub const SEED: [u8; 32] = [7; 32];

const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/weather");

/// A 402 of x402 v2 whose `PAYMENT-REQUIRED` header has about `size` bytes: one acceptable entry,
/// and an extension that fills the rest, as discovery extensions do.
pub fn challenge(size: usize) -> Vec<u8> {
    let empty = head(&challenge_json("")).len();
    // Four characters of base64 for three of filler.
    let filler = size.saturating_sub(empty) * 3 / 4;
    head(&challenge_json(&"schema ".repeat(filler.div_ceil(7))[..filler]))
}

fn challenge_json(filler: &str) -> Value {
    json!({
        "x402Version": 2,
        "error": "Payment required",
        "resource": {"url": "http://seller.lan/weather", "description": "", "mimeType": ""},
        "accepts": [{
            "scheme": "exact",
            "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
            "amount": "1000",
            "asset": "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
            "payTo": "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt",
            "maxTimeoutSeconds": 60,
            "extra": {
                "feePayer": "HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37",
                "recentBlockhash": "EZ3rST5dvHmbanh75jc4PuLfV96vp9fEYBVeNk4FfM1k",
            },
        }],
        "extensions": {"bazaar": {"schema": filler}},
    })
}

fn head(challenge: &Value) -> Vec<u8> {
    let header = STANDARD.encode(challenge.to_string());
    format!(
        "HTTP/1.1 402 Payment Required\r\nPAYMENT-REQUIRED: {header}\r\nContent-Length: 2\r\n\r\n{{}}"
    )
    .into_bytes()
}

/// Reads the 402 up to the decision; answers whether it came to one.
pub fn decide(memory: &mut Memory, challenge: &[u8]) -> Result<bool, Error> {
    let exchange = ask(memory, Payer::solana(Pubkey::new([9; 32])), challenge)?;
    Ok(matches!(exchange.step()?, Step::Approve(_)))
}

/// Reads the 402, pays it, and writes the paid request; answers its length.
pub fn pay(
    memory: &mut Memory,
    signer: &mut impl Ed25519Signer,
    challenge: &[u8],
) -> Result<usize, Error> {
    let payer = Payer::solana(Pubkey::new(signer.public_key()));
    let mut exchange = ask(memory, payer, challenge)?;
    exchange.approve(true)?;
    exchange.entropy([5; 16])?;
    let Step::Sign { message } = exchange.step()? else { return Err(Error::OutOfOrder) };
    let signature = block_on(signer.sign(message)).map_err(|_| Error::OutOfOrder)?;
    exchange.signature(&Signature::new(signature))?;
    Ok(transmit(&mut exchange))
}

fn ask<'r>(memory: &'r mut Memory, payer: Payer, challenge: &[u8]) -> Result<Exchange<'r>, Error> {
    let mut exchange = Exchange::new(&REQUEST, &POLICY, payer, Limits::default(), memory)?;
    transmit(&mut exchange);
    // As much as a TCP segment carries.
    for segment in challenge.chunks(536) {
        exchange.receive(segment)?;
    }
    Ok(exchange)
}

fn transmit(exchange: &mut Exchange<'_>) -> usize {
    let mut buffer = [0; 1024];
    let mut length = 0;
    while matches!(exchange.step(), Ok(Step::Transmit)) {
        length += exchange.transmit(&mut buffer);
    }
    length
}

#[cfg(test)]
mod tests {
    use embedded_x402::signer::{CompactSigner, DalekSigner};

    use super::*;

    #[test]
    fn what_is_measured_is_a_payment() {
        let mut memory = Memory::new();
        for size in [600, 7000] {
            let challenge = challenge(size);
            assert!(challenge.len().abs_diff(size) < 200, "{}", challenge.len());
            assert_eq!(decide(&mut memory, &challenge), Ok(true));
            let mut compact = CompactSigner::from_seed(&SEED).unwrap();
            let mut dalek = DalekSigner::from_seed(&SEED).unwrap();
            let length = pay(&mut memory, &mut compact, &challenge).unwrap();
            assert!(length > 1000, "{length}");
            assert_eq!(pay(&mut memory, &mut dalek, &challenge), Ok(length));
        }
    }
}
