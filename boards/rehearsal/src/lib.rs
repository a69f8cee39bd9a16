#![no_std]
//! A payment without a network: from the bytes of a 402 to the bytes of the paid request, and on to
//! the receipt, the same on every machine.
//!
//! With fixed keys and fixed entropy the signatures are fixed too (RFC 8032, RFC 6979), so that the
//! request of a board and that of the host are compared byte for byte. It shows that a target
//! computes what it should, and what that takes.
//!
//! [`Rehearsal::pay`] does all of it at once. Whoever measures the parts of it calls what it consists
//! of: [`begin`], [`Rehearsal::challenge`], [`prepare`], [`transmit`], [`Rehearsal::settle`].

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod stack;
pub mod test_keys;

use core::fmt;

#[cfg(any(feature = "solana", feature = "evm"))]
use embassy_futures::block_on;
use embedded_x402::client::{
    Error, Exchange, Limits, Memory, Method, Outcome, Payer, Request, Step,
};
use embedded_x402::io::Wallet;
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
#[cfg(feature = "solana")]
use embedded_x402::signer::Ed25519Signer;
#[cfg(feature = "evm")]
use embedded_x402::signer::Secp256k1Signer;
use embedded_x402::signer::SignerError;
#[cfg(feature = "solana")]
use embedded_x402::solana::Signature;
use embedded_x402::wire::Amount;

/// What a TCP segment carries that fits every network.
pub const SEGMENT: usize = 536;

/// Fixed, where a device draws random bytes.
#[cfg(any(feature = "solana", feature = "evm"))]
const ENTROPY: u8 = 5;

/// What is bought.
pub const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/weather");

/// At most a tenth of a dollar, in USDC on the networks for developers.
pub const POLICY: PaymentPolicy<'static> = PaymentPolicy {
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
    /// All bytes of the response to the payment, if the payer has the [test key](test_keys); empty
    /// where none is kept.
    pub receipt: &'static [u8],
}

#[cfg(feature = "solana")]
const SOLANA_RECEIPT: &[u8] = include_bytes!("answers/solana-receipt.http");

/// The one entry of `accepts` in [`SOLANA_V2`].
#[cfg(feature = "solana")]
pub const SOLANA_ENTRY: &str = include_str!("answers/solana-entry.json");

/// Solana, version 2, one entry.
#[cfg(feature = "solana")]
pub const SOLANA_V2: Rehearsal = Rehearsal {
    name: "solana-v2",
    challenge: include_bytes!("answers/solana-v2.http"),
    receipt: SOLANA_RECEIPT,
};

/// The same with an extension that makes it 7 KB.
#[cfg(feature = "solana")]
pub const SOLANA_V2_LARGE: Rehearsal = Rehearsal {
    name: "solana-v2-large",
    challenge: include_bytes!("answers/solana-v2-large.http"),
    receipt: SOLANA_RECEIPT,
};

/// The same as [`SOLANA_V2`] from another seller: after it, the payer's own token account is known,
/// and the payee's is not.
#[cfg(feature = "solana")]
pub const SOLANA_V2_OTHER_PAYEE: Rehearsal = Rehearsal {
    name: "solana-v2-other-payee",
    challenge: include_bytes!("answers/solana-v2-other-payee.http"),
    receipt: &[],
};

/// Solana, version 1.
#[cfg(feature = "solana")]
pub const SOLANA_V1: Rehearsal = Rehearsal {
    name: "solana-v1",
    challenge: include_bytes!("answers/solana-v1.http"),
    receipt: &[],
};

#[cfg(feature = "evm")]
const EVM_RECEIPT: &[u8] = include_bytes!("answers/evm-receipt.http");

/// The one entry of `accepts` in [`EVM_V2`].
#[cfg(feature = "evm")]
pub const EVM_ENTRY: &str = include_str!("answers/evm-entry.json");

/// Base Sepolia, version 2.
#[cfg(feature = "evm")]
pub const EVM_V2: Rehearsal = Rehearsal {
    name: "evm-v2",
    challenge: include_bytes!("answers/evm-v2.http"),
    receipt: EVM_RECEIPT,
};

/// The same with an extension that makes it 7 KB.
#[cfg(feature = "evm")]
pub const EVM_V2_LARGE: Rehearsal = Rehearsal {
    name: "evm-v2-large",
    challenge: include_bytes!("answers/evm-v2-large.http"),
    receipt: EVM_RECEIPT,
};

/// Those that every board rehearses.
#[cfg(all(feature = "solana", feature = "evm"))]
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
    /// The receipt was not believed.
    Receipt,
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
            RehearsalError::Receipt => f.write_str("the receipt was not believed"),
        }
    }
}

impl core::error::Error for RehearsalError {}

impl Rehearsal {
    /// The rehearsal of every board of this name.
    #[cfg(all(feature = "solana", feature = "evm"))]
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
        sink: impl FnMut(&[u8]),
    ) -> Result<(), RehearsalError> {
        self.paid(wallet, memory, sink).map(|_| ())
    }

    /// The same, and reads the receipt.
    ///
    /// # Errors
    /// [`RehearsalError`].
    pub fn pay_and_settle(
        &self,
        wallet: &mut impl Wallet,
        memory: &mut Memory,
        sink: impl FnMut(&[u8]),
    ) -> Result<(), RehearsalError> {
        let exchange = self.paid(wallet, memory, sink)?;
        self.settle(exchange, wallet)
    }

    fn paid<'m>(
        &self,
        wallet: &mut impl Wallet,
        memory: &'m mut Memory,
        sink: impl FnMut(&[u8]),
    ) -> Result<Exchange<'m>, RehearsalError> {
        let mut exchange = begin(wallet.payer(), memory)?;
        self.challenge(&mut exchange)?;
        while prepare(&mut exchange, wallet)? {}
        transmit(&mut exchange, sink)?;
        Ok(exchange)
    }

    /// Reads the 402, up to the decision.
    ///
    /// # Errors
    /// [`RehearsalError::Exchange`].
    pub fn challenge(&self, exchange: &mut Exchange<'_>) -> Result<(), RehearsalError> {
        for segment in self.challenge.chunks(SEGMENT) {
            exchange.receive(segment)?;
        }
        Ok(())
    }

    /// Reads the answer to the payment, up to what is to be verified.
    ///
    /// # Errors
    /// [`RehearsalError::Exchange`].
    pub fn receipt(&self, exchange: &mut Exchange<'_>) -> Result<(), RehearsalError> {
        exchange.receive(self.receipt)?;
        Ok(())
    }

    /// Reads the answer to the payment, and verifies it.
    ///
    /// # Errors
    /// [`RehearsalError`].
    pub fn settle(
        &self,
        mut exchange: Exchange<'_>,
        wallet: &mut impl Wallet,
    ) -> Result<(), RehearsalError> {
        self.receipt(&mut exchange)?;
        verify(&mut exchange, wallet)?;
        match exchange.finish()?.outcome {
            Outcome::Settled(_) => Ok(()),
            _ => Err(RehearsalError::Receipt),
        }
    }
}

/// Asks for the resource, without a payment.
///
/// # Errors
/// [`RehearsalError::Exchange`].
pub fn begin(payer: Payer, memory: &mut Memory) -> Result<Exchange<'_>, RehearsalError> {
    let mut exchange = Exchange::new(&REQUEST, &POLICY, payer, Limits::default(), memory)?;
    transmit(&mut exchange, |_| {})?;
    Ok(exchange)
}

/// Does what the exchange says before it can pay; answers whether there was anything.
///
/// # Errors
/// [`RehearsalError`].
pub fn prepare(
    exchange: &mut Exchange<'_>,
    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(unused_variables))]
    wallet: &mut impl Wallet,
) -> Result<bool, RehearsalError> {
    match exchange.step()? {
        Step::Transmit => return Ok(false),
        Step::Approve(_) => exchange.approve(true)?,
        #[cfg(feature = "solana")]
        Step::Entropy => exchange.entropy([ENTROPY; 16])?,
        #[cfg(feature = "solana")]
        Step::Sign { message } => {
            let signer = wallet.solana().ok_or(SignerError::Unavailable)?;
            let signature = block_on(signer.sign(message))?;
            exchange.signature(&Signature::new(signature))?;
        }
        #[cfg(feature = "evm")]
        Step::Time => exchange.time(None)?,
        #[cfg(feature = "evm")]
        Step::Nonce => exchange.nonce([ENTROPY; 32])?,
        #[cfg(feature = "evm")]
        Step::SignDigest { digest } => {
            let signer = wallet.evm().ok_or(SignerError::Unavailable)?;
            let signature = block_on(signer.sign_prehash(&digest))?;
            exchange.recoverable_signature(&signature)?;
        }
        _ => return Err(RehearsalError::Step),
    }
    Ok(true)
}

/// Writes the request.
///
/// A function of its own, so that its buffer is gone while signing takes the stack: a device's
/// buffer is in a `static`.
///
/// # Errors
/// [`RehearsalError::Exchange`].
#[inline(never)]
pub fn transmit(
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

/// Verifies what the receipt says, where that is possible without the chain.
///
/// # Errors
/// [`RehearsalError`].
pub fn verify(exchange: &mut Exchange<'_>, wallet: &mut impl Wallet) -> Result<(), RehearsalError> {
    match exchange.step()? {
        #[cfg(feature = "solana")]
        Step::VerifyReceipt { fee_payer, message, signature } => {
            let signer = wallet.solana().ok_or(SignerError::Unavailable)?;
            let verified = signer.verify(fee_payer.as_bytes(), message, signature.as_bytes());
            let verified = block_on(verified)?;
            exchange.verified(verified)?;
        }
        Step::Done => {}
        _ => return Err(RehearsalError::Step),
    }
    let _ = wallet;
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;
    use std::vec::Vec;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use embedded_x402::scheme::ExactSolana;
    use embedded_x402::signer::{DalekSigner, K256Signer};
    use embedded_x402::solana::{Pubkey, find_program_address, program_id};
    use embedded_x402::wire::PaymentRequirements;

    use super::*;

    type TestWallet = (DalekSigner, K256Signer);

    fn wallet() -> TestWallet {
        let solana = DalekSigner::from_seed(&test_keys::SOLANA_SEED).unwrap();
        (solana, K256Signer::from_bytes(&test_keys::EVM_KEY).unwrap())
    }

    fn paid_request(rehearsal: &Rehearsal) -> String {
        let mut request = Vec::new();
        let sink = |piece: &[u8]| request.extend_from_slice(piece);
        rehearsal.pay(&mut wallet(), &mut Memory::new(), sink).unwrap();
        String::from_utf8(request).unwrap()
    }

    #[test]
    fn the_challenges_have_the_sizes_that_they_promise() {
        for small in [SOLANA_V2, SOLANA_V2_OTHER_PAYEE, SOLANA_V1, EVM_V2] {
            assert!((500..800).contains(&small.challenge.len()), "{}", small.name);
        }
        for large in [SOLANA_V2_LARGE, EVM_V2_LARGE] {
            assert!((6900..7500).contains(&large.challenge.len()), "{}", large.name);
        }
    }

    #[test]
    fn the_entries_are_those_of_the_challenges() {
        for (rehearsal, entry) in [(SOLANA_V2, SOLANA_ENTRY), (EVM_V2, EVM_ENTRY)] {
            let text = String::from_utf8_lossy(rehearsal.challenge);
            let fields =
                text.split("\r\n").find_map(|line| line.strip_prefix("PAYMENT-REQUIRED: "));
            let challenge = String::from_utf8(STANDARD.decode(fields.unwrap()).unwrap()).unwrap();
            assert!(challenge.contains(&std::format!("\"accepts\":[{entry}]")), "{challenge}");
        }
    }

    /// What is derived is to take what one expects on average, neither more nor less.
    #[test]
    fn each_token_account_takes_two_attempts() {
        let entry = PaymentRequirements::parse(SOLANA_ENTRY.as_bytes()).unwrap();
        let scheme = ExactSolana::new(&entry).unwrap();
        let own = Pubkey::new(wallet().0.public_key());
        for owner in [&own, scheme.pay_to()] {
            let seeds = [owner.as_bytes(), program_id::TOKEN.as_bytes(), scheme.mint().as_bytes()];
            let seeds = seeds.map(|seed| &seed[..]);
            let (_, bump) = find_program_address(&seeds, &program_id::ASSOCIATED_TOKEN).unwrap();
            assert_eq!(255 - bump, 1);
        }
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
    fn receipts_are_believed_if_nothing_in_them_differs() {
        for rehearsal in [SOLANA_V2, SOLANA_V2_LARGE, EVM_V2, EVM_V2_LARGE] {
            let settled = rehearsal.pay_and_settle(&mut wallet(), &mut Memory::new(), |_| {});
            assert_eq!(settled, Ok(()), "{}", rehearsal.name);
        }
        let other = Rehearsal { receipt: SOLANA_RECEIPT, ..SOLANA_V2_OTHER_PAYEE };
        assert_ne!(paid_request(&other), paid_request(&SOLANA_V2));
        let settled = other.pay_and_settle(&mut wallet(), &mut Memory::new(), |_| {});
        assert_eq!(settled, Err(RehearsalError::Receipt));
    }

    /// What the file has to hold is in the message of the failure.
    #[test]
    fn the_receipt_on_solana_names_the_fee_payers_signature() {
        let (mut memory, mut wallet) = (Memory::new(), wallet());
        let mut exchange = begin(wallet.payer(), &mut memory).unwrap();
        SOLANA_V2.challenge(&mut exchange).unwrap();
        while !matches!(exchange.step().unwrap(), Step::Sign { .. }) {
            assert!(prepare(&mut exchange, &mut wallet).unwrap());
        }
        let Step::Sign { message } = exchange.step().unwrap() else { panic!("it is to be signed") };
        let mut fee_payer = DalekSigner::from_seed(&test_keys::FEE_PAYER_SEED).unwrap();
        let signature = Signature::new(block_on(fee_payer.sign(message)).unwrap());
        let payer = Pubkey::new(wallet.0.public_key());
        let receipt = std::format!(
            r#"{{"network":"solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1","payer":"{payer}","success":true,"transaction":"{signature}"}}"#
        );
        let header = STANDARD.encode(receipt);
        let answer = std::format!(
            "HTTP/1.1 200 OK\r\nPAYMENT-RESPONSE: {header}\r\nContent-Length: 5\r\n\r\nsunny"
        );
        assert_eq!(answer, String::from_utf8_lossy(SOLANA_RECEIPT));
    }
}
