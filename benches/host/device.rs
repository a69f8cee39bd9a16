//! The device's client, timed on command: see `compare.mjs`. With arguments it prints a challenge
//! instead: of a network, and of a size, in the words of the tables.

use std::env;
use std::error::Error;

use embedded_x402::client::Memory;
use embedded_x402::io::{Evm, Wallet};
use embedded_x402::signer::{CompactSigner, DalekSigner, K256Signer};
use embedded_x402_benches::stopwatch::{Client, serve};
use embedded_x402_benches::{NETWORKS, SEED, pay};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => time(),
        [network, size] => print(network, size),
        _ => Err("either nothing, or a network and a size".into()),
    }
}

fn print(network: &str, size: &str) -> Result<(), Box<dyn Error>> {
    let network = NETWORKS.into_iter().find(|known| known.name == network);
    let mut challenges = network.into_iter().flat_map(|network| network.challenges);
    let (_, challenge) = challenges.find(|(known, _)| *known == size).ok_or("no such challenge")?;
    print!("{}", str::from_utf8(challenge)?);
    Ok(())
}

fn time() -> Result<(), Box<dyn Error>> {
    serve(&mut [
        ("ed25519-compact", remembering(CompactSigner::from_seed(&SEED)?)),
        ("ed25519-compact, accounts derived", forgetting(CompactSigner::from_seed(&SEED)?)),
        ("ed25519-dalek", remembering(DalekSigner::from_seed(&SEED)?)),
        ("ed25519-dalek, accounts derived", forgetting(DalekSigner::from_seed(&SEED)?)),
        ("k256", remembering(Evm(K256Signer::from_bytes(&SEED)?))),
    ])
}

/// On Solana with both token accounts from the payment before, as a device has them.
fn remembering(mut wallet: impl Wallet + 'static) -> Client<'static> {
    let mut memory = Memory::new();
    Box::new(move |challenge| Ok(pay(&mut memory, &mut wallet, &challenge.response)?))
}

/// On Solana both token accounts are derived.
fn forgetting(mut wallet: impl Wallet + 'static) -> Client<'static> {
    Box::new(move |challenge| Ok(pay(&mut Memory::new(), &mut wallet, &challenge.response)?))
}
