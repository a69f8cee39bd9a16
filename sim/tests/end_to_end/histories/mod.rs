//! Random histories of a device in a market whose chains are LiteSVM and revm: what has moved is what
//! the device's balance says. See [`embedded_x402_tests::histories`] for what holds.
//!
//! A history that fails prints its seed, every step, and the command that runs it again;
//! `X402_HISTORY_SEEDS=300` runs so many on each chain. Nothing sleeps: hours pass as fast as the
//! chains can follow.

mod chains;
mod conversation;
mod faults;
mod market;
mod office;
mod services;
mod wallet;

use embedded_x402_sim::fault::{FacilitatorFault, FaultKind, SellerFault};
use embedded_x402_tests::histories::{Coin, Tally, run_seeds};

use self::market::Simulated;

/// As many seeds run on each chain if nothing else is said.
const SEEDS: u64 = 30;

/// What happens in so many histories, beside every fault.
const EVENTS: [&str; 17] = [
    "clock set",
    "dropped",
    "expired",
    "fate NotSettled",
    "fate Settled",
    "fate Unknown",
    "journal",
    "node fails",
    "not settled",
    "policy",
    "power cut",
    "refused",
    "resent",
    "reset",
    "settled",
    "settled later",
    "unknown",
];

#[test]
fn on_solana() {
    run(Coin::Solana, "on_solana");
}

#[test]
fn on_an_evm_chain() {
    run(Coin::Evm, "on_an_evm_chain");
}

fn run(coin: Coin, test: &str) {
    let replay = format!("cargo test -p embedded-x402-sim --test end_to_end histories::{test}");
    let (seeds, tally) =
        run_seeds("X402_HISTORY", &replay, SEEDS, |seed| Simulated::open(coin, seed));
    println!("{seeds} histories: {tally:?}");
    let missing = missing(&tally);
    assert!(seeds < SEEDS || missing.is_empty(), "{missing:?} never happened: {tally:?}");
}

fn missing(tally: &Tally) -> Vec<String> {
    let faults = names::<SellerFault>().chain(names::<FacilitatorFault>());
    let events = EVENTS.into_iter().map(str::to_owned).chain(faults);
    events.filter(|event| tally.get(event).is_none_or(|times| *times == 0)).collect()
}

fn names<K: FaultKind + faults::Named>() -> impl Iterator<Item = String> {
    K::EXPLAINED.iter().map(|fault| faults::name::<K>(fault.name))
}
