//! The steps of a payment, one by one.
#![no_std]
#![no_main]

use core::hint::black_box;

use embassy_futures::block_on;
use embedded_x402::client::{Exchange, Memory, Step};
use embedded_x402::io::Wallet as _;
use embedded_x402::policy::NotCounted;
use embedded_x402::wire::PaymentRequirements;
use embedded_x402_rehearsal::{
    POLICY, Rehearsal, RehearsalError, begin, prepare, transmit, verify,
};
use mcu_bench::wallet::{self, Wallet};
use mcu_bench::{Meter, program};
use static_cell::ConstStaticCell;

const ORIGIN: &str = "http://seller.lan";

fn main(meter: &mut Meter) -> bool {
    static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
    let memory = MEMORY.take();
    let Some(mut wallet) = meter.measure("key", "key-pair", wallet::open) else { return false };
    measure(meter, &mut wallet, memory).and_then(|()| secrets(meter, &mut wallet)).is_ok()
}

/// Signatures with as many nonces: none of them may be told from what it takes.
const NONCES: u8 = 32;

/// Of messages whose lengths are equal.
#[cfg(feature = "solana")]
fn secrets(meter: &mut Meter, wallet: &mut Wallet) -> Result<(), RehearsalError> {
    use embedded_x402::signer::Ed25519Signer;
    for message in (0..NONCES).map(|byte| [byte; 300]) {
        meter.measure("secrets", "sign", || block_on(wallet.sign(black_box(&message))))?;
    }
    Ok(())
}

#[cfg(feature = "evm")]
fn secrets(meter: &mut Meter, wallet: &mut Wallet) -> Result<(), RehearsalError> {
    use embedded_x402::signer::Secp256k1Signer;
    for digest in (0..NONCES).map(|byte| [byte; 32]) {
        meter.measure("secrets", "sign", || block_on(wallet.0.sign_prehash(black_box(&digest))))?;
    }
    Ok(())
}

/// The steps of each payment, and what can be called by itself.
#[cfg(feature = "solana")]
fn measure(
    meter: &mut Meter,
    wallet: &mut Wallet,
    memory: &mut Memory,
) -> Result<(), RehearsalError> {
    use embedded_x402_rehearsal::{SOLANA_ENTRY, SOLANA_V2, SOLANA_V2_LARGE};
    for rehearsal in [&SOLANA_V2, &SOLANA_V2_LARGE] {
        *memory = Memory::new();
        rehearsal.pay(wallet, memory, |_| {})?;
        steps(meter, rehearsal, wallet, memory)?;
    }
    judge(meter, SOLANA_ENTRY)?;
    token_accounts(meter, wallet, SOLANA_ENTRY)
}

/// The steps of each payment, and what can be called by itself.
#[cfg(feature = "evm")]
fn measure(
    meter: &mut Meter,
    wallet: &mut Wallet,
    memory: &mut Memory,
) -> Result<(), RehearsalError> {
    use embedded_x402_rehearsal::{EVM_ENTRY, EVM_V2, EVM_V2_LARGE};
    for rehearsal in [&EVM_V2, &EVM_V2_LARGE] {
        steps(meter, rehearsal, wallet, memory)?;
    }
    judge(meter, EVM_ENTRY)
}

fn steps(
    meter: &mut Meter,
    rehearsal: &Rehearsal,
    wallet: &mut Wallet,
    memory: &mut Memory,
) -> Result<(), RehearsalError> {
    let name = rehearsal.name;
    let payer = wallet.payer();
    let mut exchange = meter.measure(name, "request", || begin(payer, memory))?;
    meter.measure(name, "challenge", || rehearsal.challenge(&mut exchange))?;
    meter.measure(name, "approve", || prepare(&mut exchange, wallet))?;
    meter.measure(name, "build", || build(&mut exchange, wallet))?;
    sign(meter, name, &mut exchange, wallet)?;
    meter.measure(name, "encode", || transmit(&mut exchange, |_| {}))?;
    meter.measure(name, "receipt", || rehearsal.receipt(&mut exchange))?;
    meter.measure(name, "verify", || verify(&mut exchange, wallet))
}

/// On Solana the message, with token accounts that are known.
#[cfg(feature = "solana")]
fn build(exchange: &mut Exchange<'_>, wallet: &mut Wallet) -> Result<(), RehearsalError> {
    prepare(exchange, wallet).map(|_| ())
}

/// On EVM chains the time, and the authorization with its nonce.
#[cfg(feature = "evm")]
fn build(exchange: &mut Exchange<'_>, wallet: &mut Wallet) -> Result<(), RehearsalError> {
    prepare(exchange, wallet)?;
    prepare(exchange, wallet).map(|_| ())
}

#[cfg(feature = "solana")]
fn sign(
    meter: &mut Meter,
    name: &str,
    exchange: &mut Exchange<'_>,
    wallet: &mut Wallet,
) -> Result<(), RehearsalError> {
    use embedded_x402::signer::Ed25519Signer;
    let Step::Sign { message } = exchange.step()? else { return Err(RehearsalError::Step) };
    let signature = meter.measure(name, "sign", || block_on(wallet.sign(message)))?;
    exchange.signature(&embedded_x402::solana::Signature::new(signature))?;
    Ok(())
}

#[cfg(feature = "evm")]
fn sign(
    meter: &mut Meter,
    name: &str,
    exchange: &mut Exchange<'_>,
    wallet: &mut Wallet,
) -> Result<(), RehearsalError> {
    use embedded_x402::signer::Secp256k1Signer;
    let step = meter.measure(name, "digest", || exchange.step())?;
    let Step::SignDigest { digest } = step else { return Err(RehearsalError::Step) };
    let sign = || block_on(wallet.0.sign_prehash(&digest));
    let signature = meter.measure(name, "sign", sign)?;
    exchange.recoverable_signature(&signature)?;
    Ok(())
}

/// The policy's part in the challenge.
fn judge(meter: &mut Meter, entry: &str) -> Result<(), RehearsalError> {
    let parse = || PaymentRequirements::parse(black_box(entry).as_bytes());
    let entry = meter.measure("alone", "entry", parse).map_err(|_| RehearsalError::Step)?;
    let judge = || POLICY.judge(black_box(&entry), ORIGIN, &NotCounted);
    meter.measure("alone", "policy", judge).map_err(|_| RehearsalError::Step)?;
    Ok(())
}

/// Both take two attempts to derive.
#[cfg(feature = "solana")]
fn token_accounts(
    meter: &mut Meter,
    wallet: &mut Wallet,
    entry: &str,
) -> Result<(), RehearsalError> {
    use embedded_x402::scheme::{ExactSolana, TokenAccounts};
    use embedded_x402::solana::TokenProgram::Token;
    let entry = PaymentRequirements::parse(entry.as_bytes()).map_err(|_| RehearsalError::Step)?;
    let scheme = ExactSolana::new(&entry).map_err(|_| RehearsalError::Step)?;
    let payer = wallet.payer().solana.ok_or(RehearsalError::Step)?;
    let mut accounts = TokenAccounts::new();
    for part in ["own-account-derived", "own-account-known"] {
        let own = || black_box(accounts.own(&payer, Token, scheme.mint()));
        meter.measure("alone", part, own).map_err(|_| RehearsalError::Step)?;
    }
    for part in ["payee-account-derived", "payee-account-known"] {
        let payee = || black_box(accounts.payee(scheme.pay_to(), Token, scheme.mint()));
        meter.measure("alone", part, payee).map_err(|_| RehearsalError::Step)?;
    }
    Ok(())
}

program!(main);
