//! What a payment costs on a host: `cargo bench -p embedded-x402-benches`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use embedded_x402::client::{Memory, Payer};
use embedded_x402::evm::Address;
use embedded_x402::io::{Evm, Wallet};
use embedded_x402::signer::{CompactSigner, DalekSigner, K256Signer};
use embedded_x402::solana::Pubkey;
use embedded_x402_benches::{EVM, NETWORKS, SEED, SOLANA, decide, pay};

fn challenge_to_decision(criterion: &mut Criterion) {
    let payer = Payer { solana: Some(Pubkey::new([9; 32])), evm: Some(Address::new([9; 20])) };
    for network in NETWORKS {
        let name = format!("challenge to decision, {}", network.name);
        let mut group = criterion.benchmark_group(name);
        for (size, challenge) in network.challenges {
            group.throughput(Throughput::Bytes(challenge.len() as u64));
            group.bench_function(size, |bencher| {
                let mut memory = Memory::new();
                bencher.iter(|| decide(&mut memory, payer, black_box(challenge)).is_ok());
            });
        }
        group.finish();
    }
}

fn challenge_to_paid_request(criterion: &mut Criterion) {
    let compact = CompactSigner::from_seed(&SEED).expect("a seed that is not zero");
    let dalek = DalekSigner::from_seed(&SEED).expect("a seed that is not zero");
    on_solana(criterion, "ed25519-compact", compact);
    on_solana(criterion, "ed25519-dalek", dalek);
    on_evm(criterion, Evm(K256Signer::from_bytes(&SEED).expect("a key")));
}

fn on_solana(criterion: &mut Criterion, name: &str, mut wallet: impl Wallet) {
    let mut group = criterion.benchmark_group(format!("challenge to paid request, Solana, {name}"));
    for (size, challenge) in SOLANA.challenges {
        group.bench_function(format!("{size}, accounts derived"), |bencher| {
            let pay = |mut memory| pay(&mut memory, &mut wallet, black_box(challenge));
            bencher.iter_batched(Memory::new, pay, BatchSize::SmallInput);
        });
        group.bench_function(format!("{size}, accounts remembered"), |bencher| {
            let mut memory = Memory::new();
            bencher.iter(|| pay(&mut memory, &mut wallet, black_box(challenge)));
        });
    }
    group.finish();
}

fn on_evm(criterion: &mut Criterion, mut wallet: impl Wallet) {
    let mut group = criterion.benchmark_group("challenge to paid request, EVM, k256");
    for (size, challenge) in EVM.challenges {
        group.bench_function(size, |bencher| {
            let mut memory = Memory::new();
            bencher.iter(|| pay(&mut memory, &mut wallet, black_box(challenge)));
        });
    }
    group.finish();
}

criterion_group!(benches, challenge_to_decision, challenge_to_paid_request);
criterion_main!(benches);
