//! A payment without a network: from the bytes of a 402 to the bytes of the paid request, the same on
//! every machine.
//!
//! With fixed keys and fixed entropy the signatures are fixed too (RFC 8032, RFC 6979), so that the
//! request of a board and that of the host are compared byte for byte. It shows that a target
//! computes what it should, and what that takes.

use core::fmt;

use embassy_futures::block_on;
use embedded_x402::client::{Error, Exchange, Limits, Memory, Method, Request, Step};
use embedded_x402::io::Wallet;
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
use embedded_x402::signer::{Ed25519Signer, Secp256k1Signer, SignerError};
use embedded_x402::solana::Signature;
use embedded_x402::wire::Amount;

/// What a TCP segment carries that fits every network.
const SEGMENT: usize = 536;

/// Fixed, where a device draws random bytes.
const ENTROPY: u8 = 5;

const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/weather");

/// At most a tenth of a dollar, in USDC on the networks for developers.
const POLICY: PaymentPolicy<'static> = PaymentPolicy {
    rules: &[
        Rule::new(assets::USDC_SOLANA_DEVNET, Amount(100_000)),
        Rule::new(assets::USDC_BASE_SEPOLIA, Amount(100_000)),
    ],
};

/// A challenge to pay.
#[derive(Debug, Clone, Copy)]
pub struct Rehearsal {
    /// What it is called.
    pub name: &'static str,
    /// All bytes of the response with status 402.
    pub challenge: &'static [u8],
}

/// Solana, version 2, one entry.
pub const SOLANA_V2: Rehearsal =
    Rehearsal { name: "solana-v2", challenge: include_bytes!("rehearsal/solana-v2.http") };

/// The same with an extension that makes it 7 KB.
pub const SOLANA_V2_LARGE: Rehearsal = Rehearsal {
    name: "solana-v2-large",
    challenge: include_bytes!("rehearsal/solana-v2-large.http"),
};

/// Solana, version 1.
pub const SOLANA_V1: Rehearsal =
    Rehearsal { name: "solana-v1", challenge: include_bytes!("rehearsal/solana-v1.http") };

/// Base Sepolia, version 2.
pub const EVM_V2: Rehearsal =
    Rehearsal { name: "evm-v2", challenge: include_bytes!("rehearsal/evm-v2.http") };

/// All of them.
pub const ALL: [Rehearsal; 4] = [SOLANA_V2, SOLANA_V2_LARGE, SOLANA_V1, EVM_V2];

/// Why a rehearsal failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RehearsalError {
    /// The exchange failed.
    Exchange(Error),
    /// The signer failed, or there is none for the network.
    Signer(SignerError),
    /// The exchange wants something that a rehearsal has not.
    Step,
}

impl From<Error> for RehearsalError {
    fn from(error: Error) -> Self {
        RehearsalError::Exchange(error)
    }
}

impl From<SignerError> for RehearsalError {
    fn from(error: SignerError) -> Self {
        RehearsalError::Signer(error)
    }
}

impl fmt::Display for RehearsalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RehearsalError::Exchange(error) => error.fmt(f),
            RehearsalError::Signer(error) => error.fmt(f),
            RehearsalError::Step => f.write_str("the exchange wants what a rehearsal has not"),
        }
    }
}

impl core::error::Error for RehearsalError {}

impl Rehearsal {
    /// The rehearsal of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|rehearsal| rehearsal.name == name)
    }

    /// Pays the challenge, and gives the bytes of the paid request to `sink`.
    ///
    /// # Errors
    /// [`RehearsalError`].
    pub fn pay(
        &self,
        wallet: &mut impl Wallet,
        memory: &mut Memory,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), RehearsalError> {
        let payer = wallet.payer();
        let mut exchange = Exchange::new(&REQUEST, &POLICY, payer, Limits::default(), memory)?;
        transmit(&mut exchange, |_| {})?;
        for segment in self.challenge.chunks(SEGMENT) {
            exchange.receive(segment)?;
        }
        while prepare(&mut exchange, wallet)? {}
        transmit(&mut exchange, &mut sink)
    }
}

/// Does what the exchange says before it can pay; answers whether there was anything.
fn prepare(exchange: &mut Exchange<'_>, wallet: &mut impl Wallet) -> Result<bool, RehearsalError> {
    match exchange.step()? {
        Step::Transmit => return Ok(false),
        Step::Approve(_) => exchange.approve(true)?,
        Step::Entropy => exchange.entropy([ENTROPY; 16])?,
        Step::Sign { message } => {
            let signer = wallet.solana().ok_or(SignerError::Unavailable)?;
            let signature = block_on(signer.sign(message))?;
            exchange.signature(&Signature::new(signature))?;
        }
        Step::Time => exchange.time(None)?,
        Step::Nonce => exchange.nonce([ENTROPY; 32])?,
        Step::SignDigest { digest } => {
            let signer = wallet.evm().ok_or(SignerError::Unavailable)?;
            let signature = block_on(signer.sign_prehash(&digest))?;
            exchange.recoverable_signature(&signature)?;
        }
        _ => return Err(RehearsalError::Step),
    }
    Ok(true)
}

/// A function of its own, so that its buffer is gone while signing takes the stack: a device's
/// buffer is in a `static`.
#[inline(never)]
fn transmit(
    exchange: &mut Exchange<'_>,
    mut sink: impl FnMut(&[u8]),
) -> Result<(), RehearsalError> {
    let mut buffer = [0; SEGMENT];
    while matches!(exchange.step()?, Step::Transmit) {
        let length = exchange.transmit(&mut buffer);
        sink(buffer.get(..length).unwrap_or_default());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use crate::test_keys;

    fn paid_request(rehearsal: &Rehearsal) -> String {
        let mut request = Vec::new();
        let mut memory = Memory::new();
        let sink = |piece: &[u8]| request.extend_from_slice(piece);
        rehearsal.pay(&mut test_keys::keys(), &mut memory, sink).unwrap();
        String::from_utf8(request).unwrap()
    }

    #[test]
    fn the_challenges_have_the_sizes_that_they_promise() {
        let sizes = ALL.map(|rehearsal| rehearsal.challenge.len());
        assert!(sizes[0] < 800 && (7000..7500).contains(&sizes[1]), "{sizes:?}");
        assert!(sizes[2] < 800 && sizes[3] < 800, "{sizes:?}");
    }

    #[test]
    fn each_is_paid_and_always_the_same() {
        for rehearsal in &ALL {
            let request = paid_request(rehearsal);
            let header = match rehearsal.name {
                "solana-v1" => "\r\nX-PAYMENT: ",
                _ => "\r\nPAYMENT-SIGNATURE: ",
            };
            assert!(request.starts_with("GET /weather HTTP/1.1\r\n"), "{request}");
            assert!(request.contains(header) && request.ends_with("\r\n\r\n"), "{request}");
            assert_eq!(request, paid_request(rehearsal));
            assert!(Rehearsal::named(rehearsal.name).is_some());
        }
        assert!(Rehearsal::named("other").is_none());
    }

    #[test]
    fn without_a_key_nothing_is_paid() {
        let mut wallet = crate::Keys::default();
        for rehearsal in &ALL {
            let paid = rehearsal.pay(&mut wallet, &mut Memory::new(), |_| panic!("paid"));
            assert!(matches!(paid, Err(RehearsalError::Exchange(Error::Policy(_)))), "{paid:?}");
        }
    }
}
