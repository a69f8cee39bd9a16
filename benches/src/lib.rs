//! A payment as a device makes it, without a network: from the bytes of a 402 to the bytes of the
//! paid request. What the benches measure, and a test that it pays at all.

pub mod stopwatch;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embassy_futures::block_on;
use embedded_x402::client::{Error, Exchange, Limits, Memory, Method, Payer, Request, Step};
use embedded_x402::evm::Address;
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
use embedded_x402::signer::{Ed25519Signer, Secp256k1Signer};
use embedded_x402::solana::{Pubkey, Signature};
use embedded_x402::wire::Amount;
use serde_json::{Value, json};

const CAP: Amount = Amount(100_000);

/// At most a tenth of a dollar, in USDC on Solana's devnet or Base Sepolia.
pub const POLICY: PaymentPolicy<'static> = PaymentPolicy {
    rules: &[Rule::new(assets::USDC_SOLANA_DEVNET, CAP), Rule::new(assets::USDC_BASE_SEPOLIA, CAP)],
};

/// The payer's secret on either network: a test key.
pub const SEED: [u8; 32] = [7; 32];

const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/weather");

/// When the payment is made, in Unix seconds.
const NOW: u64 = 1_767_225_600;

/// What a seller on Solana's devnet asks for, the blockhash supplied.
pub fn entry_solana() -> Value {
    json!({
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
    })
}

/// What a seller on Base Sepolia asks for.
pub fn entry_evm() -> Value {
    json!({
        "scheme": "exact",
        "network": "eip155:84532",
        "amount": "1000",
        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "payTo": "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6",
        "maxTimeoutSeconds": 60,
        "extra": {"name": "USDC", "version": "2"},
    })
}

/// A 402 of x402 v2 whose `PAYMENT-REQUIRED` header has about `size` bytes: one acceptable entry,
/// and an extension that fills the rest, as discovery extensions do.
pub fn challenge(entry: &Value, size: usize) -> Vec<u8> {
    let empty = head(&challenge_json(entry, "")).len();
    // Four characters of base64 for three of filler.
    let filler = size.saturating_sub(empty) * 3 / 4;
    head(&challenge_json(entry, &"schema ".repeat(filler.div_ceil(7))[..filler]))
}

fn challenge_json(entry: &Value, filler: &str) -> Value {
    json!({
        "x402Version": 2,
        "error": "Payment required",
        "resource": {"url": "http://seller.lan/weather", "description": "", "mimeType": ""},
        "accepts": [entry],
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
    let payer = Payer { solana: Some(Pubkey::new([9; 32])), evm: Some(Address::new([9; 20])) };
    let exchange = ask(memory, payer, challenge)?;
    Ok(matches!(exchange.step()?, Step::Approve(_)))
}

/// Reads the 402, pays it on Solana, and writes the paid request.
pub fn pay_on_solana(
    memory: &mut Memory,
    signer: &mut impl Ed25519Signer,
    challenge: &[u8],
) -> Result<Vec<u8>, Error> {
    let payer = Payer::solana(Pubkey::new(signer.public_key()));
    let mut exchange = ask(memory, payer, challenge)?;
    exchange.approve(true)?;
    exchange.entropy([5; 16])?;
    let Step::Sign { message } = exchange.step()? else { return Err(Error::OutOfOrder) };
    let signature = block_on(signer.sign(message)).map_err(|_| Error::OutOfOrder)?;
    exchange.signature(&Signature::new(signature))?;
    Ok(transmit(&mut exchange))
}

/// Reads the 402, pays it on an EVM chain, and writes the paid request.
pub fn pay_on_evm(
    memory: &mut Memory,
    signer: &mut impl Secp256k1Signer,
    challenge: &[u8],
) -> Result<Vec<u8>, Error> {
    let payer = Payer::evm(Address::from_public_key(&signer.public_key()));
    let mut exchange = ask(memory, payer, challenge)?;
    exchange.approve(true)?;
    exchange.time(Some(NOW))?;
    exchange.nonce([5; 32])?;
    let Step::SignDigest { digest } = exchange.step()? else { return Err(Error::OutOfOrder) };
    let signature = block_on(signer.sign_prehash(&digest)).map_err(|_| Error::OutOfOrder)?;
    exchange.recoverable_signature(&signature)?;
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

fn transmit(exchange: &mut Exchange<'_>) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let mut request = Vec::with_capacity(2 * buffer.len());
    while matches!(exchange.step(), Ok(Step::Transmit)) {
        let length = exchange.transmit(&mut buffer);
        request.extend_from_slice(&buffer[..length]);
    }
    request
}

#[cfg(test)]
mod tests {
    use embedded_x402::signer::{CompactSigner, DalekSigner, K256Signer};

    use super::*;

    /// The challenges of about 600 and 7000 bytes with this entry, decided on.
    fn decided(memory: &mut Memory, entry: &Value) -> [Vec<u8>; 2] {
        [600, 7000].map(|size| {
            let challenge = challenge(entry, size);
            assert!(challenge.len().abs_diff(size) < 200, "{}", challenge.len());
            assert_eq!(decide(memory, &challenge), Ok(true));
            challenge
        })
    }

    #[test]
    fn what_is_measured_is_a_payment_on_solana() {
        let mut memory = Memory::new();
        for challenge in decided(&mut memory, &entry_solana()) {
            let mut compact = CompactSigner::from_seed(&SEED).unwrap();
            let mut dalek = DalekSigner::from_seed(&SEED).unwrap();
            let request = pay_on_solana(&mut memory, &mut compact, &challenge).unwrap();
            assert!(request.len() > 1000, "{}", request.len());
            assert_eq!(pay_on_solana(&mut memory, &mut dalek, &challenge), Ok(request));
        }
    }

    #[test]
    fn what_is_measured_is_a_payment_on_an_evm_chain() {
        let mut memory = Memory::new();
        for challenge in decided(&mut memory, &entry_evm()) {
            let mut signer = K256Signer::from_bytes(&SEED).unwrap();
            let request = pay_on_evm(&mut memory, &mut signer, &challenge).unwrap();
            assert!(request.len() > 900, "{}", request.len());
        }
    }
}
