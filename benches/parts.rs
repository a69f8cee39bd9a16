//! What the parts of a payment cost on a host: `cargo bench -p embedded-x402-benches --bench parts`.
//!
//! The parts are the crate's layers, called one by one. Together they are a payment, but for the
//! head of the response and the state machine around them.

use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use embassy_futures::block_on;
use embedded_x402::codec::base64::{BLOCK, Decoder};
use embedded_x402::evm::Address;
use embedded_x402::policy::NotCounted;
use embedded_x402::scheme::{ExactEvm, ExactSolana, MintFacts, TokenAccounts, TransferFacts};
use embedded_x402::signer::{
    CompactSigner, DalekSigner, Ed25519Signer, K256Signer, Secp256k1Signer,
};
use embedded_x402::sizes;
use embedded_x402::solana::{Pubkey, Signature, TokenProgram, sizes::MESSAGE_OFFSET};
use embedded_x402::wire::{
    Accepted, Authorization, PaymentPayload, PaymentRequiredReader, PaymentRequirements,
    SchemePayload, SettlementReader, Source,
};
use embedded_x402_benches::stopwatch::Challenge;
use embedded_x402_benches::{EVM, NETWORKS, POLICY, SEED, SOLANA};
use serde_json::{Value, json};

const PAYER: [u8; 32] = [9; 32];

/// The value of the header, to the entries in it: base64 and JSON.
fn challenge_parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("challenge parse");
    for network in NETWORKS {
        for (size, challenge) in network.challenges {
            let header = header(challenge);
            group.throughput(Throughput::Bytes(header.len() as u64));
            group.bench_function(format!("{}, {size}", network.name), |bencher| {
                bencher.iter(|| parse(black_box(&header)));
            });
        }
    }
    group.finish();
}

fn header(challenge: &[u8]) -> String {
    let response = str::from_utf8(challenge).expect("text");
    Challenge::new(response).expect("a challenge").header
}

fn parse(header: &str) -> [u8; sizes::ENTRY] {
    let mut reader = PaymentRequiredReader::new(Source::Header);
    let mut entry = [0; sizes::ENTRY];
    decode(header, |json| reader.push_all(json, &mut entry).expect("a challenge"));
    reader.finish().expect("a whole challenge");
    entry
}

fn decode(header: &str, mut sink: impl FnMut(&[u8])) {
    let (mut decoder, mut block) = (Decoder::default(), [0; BLOCK]);
    let mut text = header.as_bytes();
    while !text.is_empty() {
        let (taken, bytes) = decoder.decode(text, &mut block).expect("base64");
        sink(bytes);
        text = &text[taken..];
    }
}

/// An entry's members, and what the rules say to them.
fn policy(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policy");
    for network in NETWORKS {
        let judge = |entry| POLICY.judge(&read(entry), "http://seller.lan", &NotCounted);
        assert!(judge(network.entry).is_ok());
        group.bench_function(network.name, |bencher| {
            bencher.iter(|| judge(black_box(network.entry)));
        });
    }
    group.finish();
}

fn read(entry: &str) -> PaymentRequirements<'_> {
    PaymentRequirements::parse(entry.as_bytes()).expect("an entry")
}

/// The payer's and the payee's.
fn token_accounts(criterion: &mut Criterion) {
    let scheme = ExactSolana::new(&read(SOLANA.entry)).expect("a payable entry");
    let both = |accounts: &mut TokenAccounts| {
        let own = accounts.own(&Pubkey::new(PAYER), TokenProgram::Token, scheme.mint());
        (own, accounts.payee(black_box(scheme.pay_to()), TokenProgram::Token, scheme.mint()))
    };
    let mut group = criterion.benchmark_group("token accounts");
    group.bench_function("derived", |bencher| bencher.iter(|| both(&mut TokenAccounts::new())));
    let mut accounts = TokenAccounts::new();
    group.bench_function("remembered", |bencher| bencher.iter(|| both(&mut accounts)));
    group.finish();
}

/// From an entry to what is signed: a transaction, or the digest of an authorization.
fn message_build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message build");
    group.bench_function("Solana", |bencher| {
        let mut buffer = [0; sizes::ENTRY];
        bencher.iter(|| build(black_box(SOLANA.entry), &mut buffer).len());
    });
    group.bench_function("EVM", |bencher| bencher.iter(|| digest(black_box(EVM.entry))));
    group.finish();
}

fn build<'b>(entry: &str, buffer: &'b mut [u8]) -> &'b [u8] {
    let scheme = ExactSolana::new(&read(entry)).expect("a payable entry");
    let facts = TransferFacts {
        payer: Pubkey::new(PAYER),
        source: Pubkey::new([1; 32]),
        destination: Pubkey::new([2; 32]),
        mint: MintFacts { token_program: TokenProgram::Token, decimals: 6 },
        recent_blockhash: scheme.recent_blockhash().expect("a blockhash"),
        entropy: [5; 16],
        sequence: 0,
    };
    let length = scheme.build(&facts, buffer).expect("a transaction").as_bytes().len();
    &buffer[..length]
}

fn digest(entry: &str) -> [u8; 32] {
    let scheme = ExactEvm::new(&read(entry)).expect("a payable entry");
    let payer = Address::new([9; 20]);
    let authorization = scheme.authorization(payer, 1_767_225_600, 600, [5; 32]);
    scheme.digest(&authorization.expect("time to pay"))
}

fn sign(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sign");
    let mut buffer = [0; sizes::ENTRY];
    let message = &build(SOLANA.entry, &mut buffer)[MESSAGE_OFFSET..];
    let mut compact = compact();
    group.bench_function("ed25519-compact", |bencher| {
        bencher.iter(|| block_on(compact.sign(black_box(message))));
    });
    let mut dalek = dalek();
    group.bench_function("ed25519-dalek", |bencher| {
        bencher.iter(|| block_on(dalek.sign(black_box(message))));
    });
    let digest = digest(EVM.entry);
    let mut k256 = K256Signer::from_bytes(&SEED).expect("a key");
    group.bench_function("k256", |bencher| {
        bencher.iter(|| block_on(k256.sign_prehash(black_box(&digest))));
    });
    group.finish();
}

fn compact() -> CompactSigner {
    CompactSigner::from_seed(&SEED).expect("a seed that is not zero")
}

fn dalek() -> DalekSigner {
    DalekSigner::from_seed(&SEED).expect("a seed that is not zero")
}

/// The text of the payment's header.
fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    let mut buffer = [0; sizes::ENTRY];
    let transaction = build(SOLANA.entry, &mut buffer);
    let payload = SchemePayload::SolanaTransaction(transaction);
    group.bench_function("Solana", |bencher| bencher.iter(|| written(SOLANA.entry, payload)));
    let payload = SchemePayload::Authorization(Authorization {
        from: &[9; 20],
        to: &[1; 20],
        value: 1000,
        valid_after: 0,
        valid_before: 1_767_225_660,
        nonce: &[5; 32],
        signature: &[7; 65],
    });
    group.bench_function("EVM", |bencher| bencher.iter(|| written(EVM.entry, payload)));
    group.finish();
}

fn written(entry: &str, payload: SchemePayload<'_>) -> usize {
    let accepted = Accepted::Verbatim(entry.as_bytes());
    let payload = PaymentPayload { accepted, payload: black_box(payload), identifier: None };
    let mut header = [0; 2048];
    let length = payload.read_header(0, &mut header);
    black_box(&header[..length]).len()
}

/// The receipt, and on Solana the fee payer's signature in it.
fn receipt_check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receipt check");
    let mut buffer = [0; sizes::ENTRY];
    let message = &build(SOLANA.entry, &mut buffer)[MESSAGE_OFFSET..];
    let signature = Signature::new(block_on(dalek().sign(message)).expect("a signature"));
    let header = receipt(SOLANA.entry, signature.to_base58().as_str());
    let (mut compact, mut dalek) = (compact(), dalek());
    assert!(is_genuine(&header, message, &mut compact) && is_genuine(&header, message, &mut dalek));
    group.bench_function("Solana, ed25519-compact", |bencher| {
        bencher.iter(|| is_genuine(black_box(&header), message, &mut compact));
    });
    group.bench_function("Solana, ed25519-dalek", |bencher| {
        bencher.iter(|| is_genuine(black_box(&header), message, &mut dalek));
    });
    let header = receipt(EVM.entry, &format!("0x{}", "5a".repeat(32)));
    group.bench_function("EVM", |bencher| bencher.iter(|| settled(black_box(&header))));
    group.finish();
}

fn receipt(entry: &str, transaction: &str) -> String {
    let entry: Value = serde_json::from_str(entry).expect("an entry");
    let network = &entry["network"];
    let receipt = json!({"success": true, "transaction": transaction, "network": network});
    STANDARD.encode(receipt.to_string())
}

/// Whether the fee payer, here the payer's own key, signed this message.
fn is_genuine(header: &str, message: &[u8], signer: &mut impl Ed25519Signer) -> bool {
    let Ok(signature) = Signature::from_base58(&settled(header)) else { return false };
    let fee_payer = signer.public_key();
    block_on(signer.verify(&fee_payer, message, signature.as_bytes())) == Ok(true)
}

/// The transaction that settled.
fn settled(header: &str) -> String {
    let (mut reader, mut buffer) = (SettlementReader::new(), [0; sizes::RECEIPT]);
    decode(header, |json| reader.push_all(json, &mut buffer).expect("a receipt"));
    let receipt = reader.finish(&buffer).expect("a whole receipt");
    assert!(receipt.success);
    receipt.transaction.as_str().into()
}

criterion_group!(
    benches,
    challenge_parse,
    policy,
    token_accounts,
    message_build,
    sign,
    encode,
    receipt_check
);
criterion_main!(benches);
