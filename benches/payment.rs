//! What a payment costs on a host: `cargo bench -p embedded-x402-benches`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use embedded_x402::client::Memory;
use embedded_x402::signer::{CompactSigner, DalekSigner, Ed25519Signer};
use embedded_x402_benches::{SEED, challenge, decide, pay};

/// A challenge with one entry, and one with a large extension, in bytes.
const SIZES: [usize; 2] = [600, 7000];

fn challenge_to_decision(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("challenge to decision");
    for size in SIZES {
        let challenge = challenge(size);
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
    with_signer(criterion, "ed25519-compact", compact);
    with_signer(criterion, "ed25519-dalek", dalek);
}

fn with_signer(criterion: &mut Criterion, name: &str, mut signer: impl Ed25519Signer) {
    let mut group = criterion.benchmark_group(format!("challenge to paid request, {name}"));
    for size in SIZES {
        let challenge = challenge(size);
        group.bench_function(format!("{size} B, accounts derived"), |bencher| {
            let pay = |mut memory| pay(&mut memory, &mut signer, black_box(&challenge));
            bencher.iter_batched(Memory::new, pay, BatchSize::SmallInput);
        });
        group.bench_function(format!("{size} B, accounts remembered"), |bencher| {
            let mut memory = Memory::new();
            bencher.iter(|| pay(&mut memory, &mut signer, black_box(&challenge)));
        });
    }
    group.finish();
}

criterion_group!(benches, challenge_to_decision, challenge_to_paid_request);
criterion_main!(benches);
