//! The payment core as an image that links without a board: from the request to the verified receipt.
//!
//! It is never run. All that a firmware learns at run time is out of the compiler's sight, so that
//! the image has the code that a firmware has.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use embassy_futures::block_on;
use embedded_x402::client::{
    Answer, Error, Exchange, Limits, Memory, Method, Payer, Request, Step,
};
use embedded_x402::policy::{PaymentPolicy, Rule};
#[cfg(feature = "solana")]
use embedded_x402::scheme::MintFacts;
use embedded_x402::signer::SignerError;
#[cfg(feature = "ed25519-dalek-comb")]
use embedded_x402::signer::{CombMemory, CombSigner};
#[cfg(feature = "solana")]
use embedded_x402::signer::{Ed25519Signer, KeyError};
#[cfg(feature = "evm")]
use embedded_x402::signer::{K256Signer, Secp256k1Signer};
#[cfg(feature = "solana")]
use embedded_x402::solana::{Blockhash, Pubkey, Signature, TokenProgram};

/// Bytes of a TCP segment.
const SEGMENT: usize = 536;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Where linkers begin.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {
        black_box(buy()).ok();
    }
}

/// What a payment core must not do.
#[cfg(feature = "control")]
mod control {
    use core::fmt::Write;
    use core::hint::black_box;

    pub(super) fn panic_and_format() {
        let index = black_box(5_usize);
        black_box([0_u8; 4][index]);
        black_box(write!(black_box(Nowhere), "{index}")).ok();
    }

    struct Nowhere;

    impl Write for Nowhere {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            black_box(text);
            Ok(())
        }
    }
}

#[cfg(feature = "ed25519-compact")]
type SolanaSigner<'c> = embedded_x402::signer::CompactSigner;
#[cfg(feature = "ed25519-dalek")]
type SolanaSigner<'c> = embedded_x402::signer::DalekSigner;
#[cfg(feature = "ed25519-dalek-comb")]
type SolanaSigner<'c> = CombSigner<'c>;

/// What a signer borrows.
#[cfg(not(feature = "ed25519-dalek-comb"))]
#[derive(Default)]
struct CombMemory;

/// The keys.
struct Wallet<'c> {
    #[cfg(feature = "solana")]
    solana: SolanaSigner<'c>,
    #[cfg(not(feature = "ed25519-dalek-comb"))]
    _comb: &'c CombMemory,
    #[cfg(feature = "evm")]
    evm: K256Signer,
}

fn buy() -> Result<Answer, Failure> {
    #[cfg(feature = "control")]
    control::panic_and_format();
    let (url, rules) = black_box(("", &[] as &[Rule<'_>]));
    let policy = PaymentPolicy { rules };
    let mut comb = CombMemory::default();
    let mut wallet = wallet(&mut comb)?;
    let mut memory: Memory = Memory::new();
    let request = Request::new(Method::Get, url);
    let payer = payer(&wallet);
    let mut exchange = Exchange::new(&request, &policy, payer, Limits::default(), &mut memory)?;
    while advance(&mut exchange, &mut wallet)? {}
    Ok(exchange.finish()?)
}

fn wallet(comb: &mut CombMemory) -> Result<Wallet<'_>, Failure> {
    Ok(Wallet {
        #[cfg(feature = "solana")]
        solana: solana_signer(&black_box([1; 32]), comb).map_err(|_| Failure)?,
        #[cfg(not(feature = "ed25519-dalek-comb"))]
        _comb: comb,
        #[cfg(feature = "evm")]
        evm: K256Signer::from_bytes(&black_box([1; 32])).map_err(|_| Failure)?,
    })
}

#[cfg(feature = "ed25519-dalek-comb")]
fn solana_signer<'c>(seed: &[u8; 32], comb: &'c mut CombMemory) -> Result<SolanaSigner<'c>, KeyError> {
    CombSigner::from_seed(seed, comb.fill())
}

#[cfg(all(feature = "solana", not(feature = "ed25519-dalek-comb")))]
fn solana_signer<'c>(seed: &[u8; 32], _: &CombMemory) -> Result<SolanaSigner<'c>, KeyError> {
    SolanaSigner::from_seed(seed)
}

fn payer(wallet: &Wallet<'_>) -> Payer {
    Payer {
        #[cfg(feature = "solana")]
        solana: Some(Pubkey::new(wallet.solana.public_key())),
        #[cfg(feature = "evm")]
        evm: Some(embedded_x402::evm::Address::from_public_key(&wallet.evm.public_key())),
    }
}

/// Does what the exchange says; answers whether there is more to do.
fn advance(exchange: &mut Exchange<'_>, wallet: &mut Wallet<'_>) -> Result<bool, Failure> {
    match exchange.step()? {
        Step::Transmit => transmit(exchange),
        Step::Receive => receive(exchange)?,
        Step::Approve(offer) => {
            let approved = black_box(offer).amount.0 > 0;
            exchange.approve(approved)?;
        }
        Step::Done => return Ok(false),
        #[cfg(feature = "solana")]
        Step::MintFacts { mint } => exchange.mint_facts(mint_facts(&mint))?,
        #[cfg(feature = "solana")]
        Step::Entropy => exchange.entropy(black_box([0; 16]))?,
        #[cfg(feature = "solana")]
        Step::RecentBlockhash => exchange.recent_blockhash(black_box(Blockhash::new([0; 32])))?,
        #[cfg(feature = "solana")]
        Step::Sign { message } => {
            let signature = block_on(wallet.solana.sign(message))?;
            exchange.signature(&Signature::new(signature))?;
        }
        #[cfg(feature = "solana")]
        Step::VerifyReceipt { fee_payer, message, signature } => {
            let (key, signature) = (fee_payer.as_bytes(), signature.as_bytes());
            let verified = block_on(wallet.solana.verify(key, message, signature))?;
            exchange.verified(verified)?;
        }
        #[cfg(feature = "evm")]
        Step::Time => exchange.time(black_box(None))?,
        #[cfg(feature = "evm")]
        Step::Nonce => exchange.nonce(black_box([0; 32]))?,
        #[cfg(feature = "evm")]
        Step::SignDigest { digest } => {
            let signature = block_on(wallet.evm.sign_prehash(&digest))?;
            exchange.recoverable_signature(&signature)?;
        }
        _ => return Err(Failure),
    }
    Ok(true)
}

#[cfg(feature = "solana")]
fn mint_facts(mint: &Pubkey) -> MintFacts {
    let (_, token_program, decimals) = black_box((mint, TokenProgram::Token, 6));
    MintFacts { token_program, decimals }
}

fn transmit(exchange: &mut Exchange<'_>) {
    let mut segment = [0; SEGMENT];
    let length = exchange.transmit(&mut segment);
    black_box((segment, length));
}

fn receive(exchange: &mut Exchange<'_>) -> Result<(), Failure> {
    let received: &[u8] = black_box(&[]);
    match received.is_empty() {
        true => exchange.closed()?,
        false => drop(exchange.receive(received)?),
    }
    Ok(())
}

/// What went wrong is shown to nobody.
struct Failure;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        black_box(error);
        Failure
    }
}

impl From<SignerError> for Failure {
    fn from(error: SignerError) -> Self {
        black_box(error);
        Failure
    }
}
