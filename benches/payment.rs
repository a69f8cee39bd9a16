//! What a payment costs on a host: `cargo bench -p embedded-x402-benches`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use embedded_x402::client::Memory;
use embedded_x402::signer::{CompactSigner, DalekSigner, Ed25519Signer, K256Signer};
use embedded_x402_benches::{
    SEED, challenge, decide, entry_evm, entry_solana, pay_on_evm, pay_on_solana,
};
use serde_json::Value;

/// A challenge with one entry, and one with a large extension, in bytes.
const SIZES: [usize; 2] = [600, 7000];

fn challenge_to_decision(criterion: &mut Criterion) {
    decision(criterion, "Solana", &entry_solana());
    decision(criterion, "EVM", &entry_evm());
}

fn decision(criterion: &mut Criterion, chain: &str, entry: &Value) {
    let mut group = criterion.benchmark_group(format!("challenge to decision, {chain}"));
    for size in SIZES {
        let challenge = challenge(entry, size);
        group.throughput(Throughput::Bytes(challenge.len() as u64));
        group.bench_function(format!("{size} B"), |bencher| {
            let mut memory = Memory::new();
            bencher.iter(|| decide(&mut memory, black_box(&challenge)));
        });
    }
    group.finish();
}

fn challenge_to_paid_request(criterion: &mut Criterion) {
    let compact = CompactSigner::from_seed(&SEED).expect("a seed that is not zero");
    let dalek = DalekSigner::from_seed(&SEED).expect("a seed that is not zero");
    on_solana(criterion, "ed25519-compact", compact);
    on_solana(criterion, "ed25519-dalek", dalek);
    on_evm(criterion);
}

fn on_solana(criterion: &mut Criterion, name: &str, mut signer: impl Ed25519Signer) {
    let mut group = criterion.benchmark_group(format!("challenge to paid request, Solana, {name}"));
    for size in SIZES {
        let challenge = challenge(&entry_solana(), size);
        group.bench_function(format!("{size} B, accounts derived"), |bencher| {
            let pay = |mut memory| pay_on_solana(&mut memory, &mut signer, black_box(&challenge));
            bencher.iter_batched(Memory::new, pay, BatchSize::SmallInput);
        });
        group.bench_function(format!("{size} B, accounts remembered"), |bencher| {
            let mut memory = Memory::new();
            bencher.iter(|| pay_on_solana(&mut memory, &mut signer, black_box(&challenge)));
        });
    }
    group.finish();
}

fn on_evm(criterion: &mut Criterion) {
    let mut signer = K256Signer::from_bytes(&SEED).expect("a key");
    let mut group = criterion.benchmark_group("challenge to paid request, EVM, k256");
    for size in SIZES {
        let challenge = challenge(&entry_evm(), size);
        group.bench_function(format!("{size} B"), |bencher| {
            let mut memory = Memory::new();
            bencher.iter(|| pay_on_evm(&mut memory, &mut signer, black_box(&challenge)));
        });
    }
    group.finish();
}

criterion_group!(benches, challenge_to_decision, challenge_to_paid_request);
criterion_main!(benches);
