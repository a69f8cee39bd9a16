//! Random histories.

use embedded_x402_tests::histories::run_seeds;

use crate::market::InMemory;

/// As many seeds run if nothing else is said.
const SEEDS: u64 = 1500;

/// What a thousand histories are full of.
const ENDS: [&str; 10] = [
    "dropped",
    "expired",
    "journal",
    "not opened",
    "not settled",
    "policy",
    "power cut",
    "refused",
    "settled",
    "unknown",
];

#[test]
fn random_histories() {
    let replay = "cargo test -p embedded-x402-tests --test model random_histories";
    let (seeds, tally) = run_seeds("X402_MODEL", replay, SEEDS, |_| InMemory::honest());
    println!("{seeds} histories: {tally:?}");
    let is_rare = |end: &&str| tally.get(*end).is_none_or(|number| *number < seeds / 200);
    let rare: Vec<&str> = ENDS.into_iter().filter(is_rare).collect();
    assert!(seeds < 1000 || rare.is_empty(), "{rare:?} hardly happened: {tally:?}");
}
