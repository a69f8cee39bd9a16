//! The device's client, timed on command: see `compare.mjs`. With an argument it prints a challenge
//! instead: `solana` or `evm`, and about how many bytes.

use std::env;
use std::error::Error;

use embedded_x402::client::Memory;
use embedded_x402::signer::{CompactSigner, DalekSigner, Ed25519Signer, K256Signer};
use embedded_x402_benches::stopwatch::{Client, serve};
use embedded_x402_benches::{SEED, challenge, entry_evm, entry_solana, pay_on_evm, pay_on_solana};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => time(),
        ["solana", size] => print(&challenge(&entry_solana(), size.parse()?)),
        ["evm", size] => print(&challenge(&entry_evm(), size.parse()?)),
        _ => Err("either nothing, or a network and a size".into()),
    }
}

fn print(challenge: &[u8]) -> Result<(), Box<dyn Error>> {
    print!("{}", str::from_utf8(challenge)?);
    Ok(())
}

fn time() -> Result<(), Box<dyn Error>> {
    serve(&mut [
        ("ed25519-compact", on_solana(CompactSigner::from_seed(&SEED)?)),
        ("ed25519-compact, accounts derived", on_solana_deriving(CompactSigner::from_seed(&SEED)?)),
        ("ed25519-dalek", on_solana(DalekSigner::from_seed(&SEED)?)),
        ("ed25519-dalek, accounts derived", on_solana_deriving(DalekSigner::from_seed(&SEED)?)),
        ("k256", on_evm(K256Signer::from_bytes(&SEED)?)),
    ])
}

/// With both token accounts remembered from the payment before, as a device has them.
fn on_solana(mut signer: impl Ed25519Signer + 'static) -> Client<'static> {
    let mut memory = Memory::new();
    Box::new(move |challenge| Ok(pay_on_solana(&mut memory, &mut signer, &challenge.response)?))
}

/// With nothing remembered: both token accounts are derived.
fn on_solana_deriving(mut signer: impl Ed25519Signer + 'static) -> Client<'static> {
    Box::new(move |challenge| {
        Ok(pay_on_solana(&mut Memory::new(), &mut signer, &challenge.response)?)
    })
}

fn on_evm(mut signer: K256Signer) -> Client<'static> {
    let mut memory = Memory::new();
    Box::new(move |challenge| Ok(pay_on_evm(&mut memory, &mut signer, &challenge.response)?))
}
