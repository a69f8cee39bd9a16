//! Every check on payments that break it and only it, built from a good one; and the payments
//! that the reference client made.

use serde_json::{Value, json};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage, v0};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::super::super::testing::{Bench, REQUIRED_AMOUNT, base64, serialized};
use super::*;
use crate::x402::{FacilitatorRequest, SolanaNetwork};

const TOKEN: Address = TOKEN_PROGRAMS[0];
const TOKEN_2022: Address = TOKEN_PROGRAMS[1];

fn verdict(request: &FacilitatorRequest, bench: &Bench) -> Result<(), Reason> {
    verdict_under(request, &rules(bench))
}

fn verdict_under(request: &FacilitatorRequest, rules: &Rules) -> Result<(), Reason> {
    check(&Payment::read(request).unwrap(), rules).map(drop)
}

fn rules(bench: &Bench) -> Rules {
    Rules { fee_payer: bench.fee_payer.pubkey(), legacy: false, maximum_signers: None }
}

/// The verdict on a payment with these instructions.
fn on_instructions(
    bench: &Bench,
    change: impl FnOnce(&mut Vec<Instruction>),
) -> Result<(), Reason> {
    let mut instructions = bench.instructions(TOKEN);
    change(&mut instructions);
    let transaction = bench.transaction(&instructions);
    verdict(&bench.request(transaction), bench)
}

/// The verdict on a good payment in a request that was changed.
fn on_request(
    bench: &Bench,
    version: Version,
    change: impl FnOnce(&mut FacilitatorRequest),
) -> Result<(), Reason> {
    let transaction = bench.transaction(&bench.instructions(TOKEN));
    let mut request = bench.request_of(version, transaction);
    change(&mut request);
    verdict(&request, bench)
}

/// The verdict on a transaction whose bytes were changed.
fn on_bytes(bench: &Bench, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), Reason> {
    let mut bytes = serialized(&bench.signed(&bench.instructions(TOKEN)));
    change(&mut bytes);
    verdict(&bench.request(base64(&bytes)), bench)
}

fn memo_instruction(text: &str) -> Instruction {
    Instruction::new_with_bytes(MEMO_PROGRAM, text.as_bytes(), vec![])
}

fn lighthouse_instruction() -> Instruction {
    Instruction::new_with_bytes(LIGHTHOUSE_PROGRAM, &[6], vec![])
}

fn transfer_of(bench: &Bench, change: impl FnOnce(&mut Instruction)) -> Result<(), Reason> {
    on_instructions(bench, |instructions| change(&mut instructions[2]))
}

#[test]
fn good_payments_pass_in_both_versions_and_both_token_programs() {
    let bench = Bench::new();
    for version in [Version::V1, Version::V2] {
        assert_eq!(on_request(&bench, version, |_| {}), Ok(()));
    }
    let transaction = bench.transaction(&bench.instructions(TOKEN_2022));
    assert_eq!(verdict(&bench.request(transaction), &bench), Ok(()));
}

#[test]
fn legacy_messages_pass() {
    let bench = Bench::new();
    let message = Message::new_with_blockhash(
        &bench.instructions(TOKEN),
        Some(&bench.fee_payer.pubkey()),
        &bench.blockhash,
    );
    let signers: [&dyn Signer; 2] = [&bench.fee_payer, &bench.client];
    let transaction =
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), &signers).unwrap();
    let request = bench.request(base64(&serialized(&transaction)));
    assert_eq!(verdict(&request, &bench), Ok(()));
}

#[test]
fn the_payments_of_the_reference_client_pass() {
    let file: Value = serde_json::from_str(include_str!("reference_payments.json")).unwrap();
    for vector in file["payments"].as_array().unwrap() {
        let payload = &vector["paymentPayload"];
        let fee_payer = payload["accepted"]["extra"]["feePayer"].as_str().unwrap();
        let rules = Rules {
            fee_payer: fee_payer.parse().unwrap(),
            legacy: false,
            maximum_signers: Some(2),
        };
        let request = FacilitatorRequest {
            x402_version: 2,
            payment_payload: payload.clone(),
            payment_requirements: payload["accepted"].clone(),
        };
        let payment = Payment::read(&request).unwrap();
        let verified = check(&payment, &rules).ok().unwrap();
        assert_eq!(verified.transfer.amount, 1000);
        assert_eq!(payer(&payment), Some(verified.transfer.authority.to_string()));
    }
}

#[test]
fn unsupported_scheme_in_payment_or_requirements() {
    let bench = Bench::new();
    let refused = Err(Reason::UnsupportedScheme);
    let on = |change: fn(&mut FacilitatorRequest)| on_request(&bench, Version::V2, change);
    assert_eq!(on(|r| r.payment_requirements["scheme"] = json!("upto")), refused);
    assert_eq!(on(|r| r.payment_payload["accepted"]["scheme"] = json!("upto")), refused);
    assert_eq!(on(|r| r.payment_payload = json!("nonsense")), refused);
    let v1 = on_request(&bench, Version::V1, |r| r.payment_payload["scheme"] = json!("upto"));
    assert_eq!(v1, refused);
}

#[test]
fn network_mismatch() {
    let bench = Bench::new();
    let mainnet = SolanaNetwork::Mainnet.caip2();
    let mismatch = on_request(&bench, Version::V2, |r| {
        r.payment_payload["accepted"]["network"] = json!(mainnet);
    });
    assert_eq!(mismatch, Err(Reason::NetworkMismatch));
}

#[test]
fn fee_payer_missing_or_of_somebody_else() {
    let bench = Bench::new();
    let on = |extra| on_request(&bench, Version::V2, |r| r.payment_requirements["extra"] = extra);
    assert_eq!(on(json!({})), Err(Reason::MissingFeePayer));
    assert_eq!(on(Value::Null), Err(Reason::MissingFeePayer));
    let other = json!({"feePayer": Address::new_unique().to_string()});
    assert_eq!(on(other), Err(Reason::FeePayerNotManaged));
}

#[test]
fn transactions_that_cannot_be_decoded() {
    let bench = Bench::new();
    let refused = Err(Reason::NotDecoded);
    let on = |payload| on_request(&bench, Version::V2, |r| r.payment_payload["payload"] = payload);
    assert_eq!(on(json!({})), refused);
    assert_eq!(on(json!({"transaction": 5})), refused);
    assert_eq!(on(json!({"transaction": "no base64!"})), refused);
    assert_eq!(on(json!({"transaction": "AAAA"})), refused);
    assert_eq!(on_bytes(&bench, |bytes| bytes.truncate(400)), refused);
    // One signature announced where the message asks for two.
    assert_eq!(on_bytes(&bench, |bytes| drop(bytes.drain(1..65))), refused);
    assert_eq!(on_bytes(&bench, |bytes| bytes[0] = 1), refused);
}

#[test]
fn excessive_signers_only_where_a_limit_is_set() {
    let bench = Bench::new();
    let request = bench.request(bench.transaction(&bench.instructions(TOKEN)));
    let limited = |maximum_signers| Rules { maximum_signers, ..rules(&bench) };
    let refused = Err(Reason::ExcessiveSigners);
    assert_eq!(verdict_under(&request, &limited(Some(1))), refused);
    assert_eq!(verdict_under(&request, &limited(Some(2))), Ok(()));
}

#[test]
fn fee_payer_mismatch() {
    let mut bench = Bench::new();
    let managed = rules(&bench);
    let request = bench.request(bench.transaction(&bench.instructions(TOKEN)));
    bench.fee_payer = Keypair::new();
    let mut other = bench.request(bench.transaction(&bench.instructions(TOKEN)));
    other.payment_requirements = request.payment_requirements;
    assert_eq!(verdict_under(&other, &managed), Err(Reason::FeePayerMismatch));
}

#[test]
fn signatures_cover_everything_behind_them() {
    let bench = Bench::new();
    let refused = Err(Reason::SignatureInvalid);
    assert_eq!(on_bytes(&bench, |bytes| bytes[65] ^= 1), refused);
    assert_eq!(on_bytes(&bench, |bytes| bytes.push(0)), refused);
    assert_eq!(on_bytes(&bench, |bytes| bytes[1] ^= 1), Ok(()), "the fee payer's slot is free");
}

#[test]
fn lookup_tables_are_not_resolved() {
    let bench = Bench::new();
    let table = solana_message::AddressLookupTableAccount {
        key: Address::new_unique(),
        addresses: vec![bench.mint],
    };
    let message = v0::Message::try_compile(
        &bench.fee_payer.pubkey(),
        &bench.instructions(TOKEN),
        &[table],
        bench.blockhash,
    );
    let transaction = bench.sign(VersionedMessage::V0(message.unwrap()));
    let request = bench.request(base64(&serialized(&transaction)));
    assert_eq!(verdict(&request, &bench), Err(Reason::LookupTables));
}

#[test]
fn instructions_are_three_to_seven_or_six_in_v1_or_three_for_legacy() {
    let bench = Bench::new();
    let legacy = Rules { legacy: true, ..rules(&bench) };
    let on = |count: usize, version, rules: &Rules| {
        let mut instructions = bench.instructions(TOKEN);
        instructions.resize(count, memo_instruction("again"));
        let request = bench.request_of(version, bench.transaction(&instructions));
        verdict_under(&request, rules)
    };
    let refused = Err(Reason::InstructionsLength);
    let normal = rules(&bench);
    assert_eq!(on(2, Version::V2, &normal), refused);
    assert_eq!(on(7, Version::V2, &normal), Ok(()));
    assert_eq!(on(8, Version::V2, &normal), refused);
    assert_eq!(on(6, Version::V1, &normal), Ok(()));
    assert_eq!(on(7, Version::V1, &normal), refused);
    assert_eq!(on(3, Version::V1, &legacy), Ok(()));
    assert_eq!(on(4, Version::V1, &legacy), refused);
}

#[test]
fn compute_budget_comes_first_limit_before_price() {
    let bench = Bench::new();
    let swapped = on_instructions(&bench, |i| i.swap(0, 1));
    assert_eq!(swapped, Err(Reason::ComputeLimitInstruction));
    let other_program = on_instructions(&bench, |i| i[0].program_id = MEMO_PROGRAM);
    assert_eq!(other_program, Err(Reason::ComputeLimitInstruction));
    let short = on_instructions(&bench, |i| i[0].data.truncate(4));
    assert_eq!(short, Err(Reason::ComputeLimitInstruction));
    let other_data = on_instructions(&bench, |i| i[1].data[0] = 2);
    assert_eq!(other_data, Err(Reason::ComputePriceInstruction));
    let high_limit = on_instructions(&bench, |i| i[0].data = vec![2, 0xc0, 0x5c, 0x15, 0]);
    assert_eq!(high_limit, Ok(()), "1.4 million units");
}

#[test]
fn compute_price_ends_at_five_million() {
    let bench = Bench::new();
    let at = |price: u64| {
        on_instructions(&bench, |instructions| {
            instructions[1].data.splice(1.., price.to_le_bytes());
        })
    };
    assert_eq!(at(5_000_000), Ok(()));
    assert_eq!(at(5_000_001), Err(Reason::ComputePriceTooHigh));
}

#[test]
fn no_transfer_instruction() {
    let bench = Bench::new();
    let refused = Err(Reason::NoTransferInstruction);
    assert_eq!(transfer_of(&bench, |i| i.data[0] = 3), refused);
    assert_eq!(transfer_of(&bench, |i| i.data.truncate(9)), refused);
    assert_eq!(transfer_of(&bench, |i| i.program_id = Address::new_unique()), refused);
    assert_eq!(transfer_of(&bench, |i| i.accounts.truncate(3)), refused);
}

#[test]
fn fee_payer_transferring_funds() {
    let bench = Bench::new();
    let fee_payer = bench.fee_payer.pubkey();
    let verdict = transfer_of(&bench, |i| i.accounts[3].pubkey = fee_payer);
    assert_eq!(verdict, Err(Reason::FeePayerTransferringFunds));
}

#[test]
fn only_legacy_minds_the_fee_payer_among_the_accounts() {
    let bench = Bench::new();
    let mut instructions = bench.instructions(TOKEN);
    instructions.truncate(3);
    let mention = AccountMeta::new_readonly(bench.fee_payer.pubkey(), false);
    instructions[2].accounts.push(mention);
    let request = bench.request_of(Version::V1, bench.transaction(&instructions));
    let legacy = Rules { legacy: true, ..rules(&bench) };
    let refused = Err(Reason::FeePayerInInstructionAccounts);
    assert_eq!(verdict(&request, &bench), Ok(()));
    assert_eq!(verdict_under(&request, &legacy), refused);
}

#[test]
fn mint_recipient_and_amount_are_exact() {
    let bench = Bench::new();
    let elsewhere = Address::new_unique();
    let mint = transfer_of(&bench, |i| i.accounts[1].pubkey = elsewhere);
    assert_eq!(mint, Err(Reason::MintMismatch));
    let recipient = transfer_of(&bench, |i| i.accounts[2].pubkey = elsewhere);
    assert_eq!(recipient, Err(Reason::RecipientMismatch));
    for amount in [REQUIRED_AMOUNT - 1, REQUIRED_AMOUNT + 1] {
        let verdict = transfer_of(&bench, |i| {
            i.data.splice(1..9, amount.to_le_bytes());
        });
        assert_eq!(verdict, Err(Reason::AmountMismatch));
    }
}

#[test]
fn the_account_of_the_other_token_program_is_another_recipient() {
    let bench = Bench::new();
    let verdict = transfer_of(&bench, |i| i.program_id = TOKEN_2022);
    assert_eq!(verdict, Err(Reason::RecipientMismatch));
}

#[test]
fn amounts_that_are_no_integers_never_match() {
    let bench = Bench::new();
    let verdict = on_request(&bench, Version::V1, |r| {
        r.payment_requirements["maxAmountRequired"] = json!("8199999.999999999");
    });
    assert_eq!(verdict, Err(Reason::AmountMismatch));
}

#[test]
fn unknown_instructions_are_named_by_their_position() {
    let bench = Bench::new();
    for position in 3..7 {
        let verdict = on_instructions(&bench, |instructions| {
            instructions.resize(position, lighthouse_instruction());
            instructions.push(Instruction::new_with_bytes(TOKEN, &[9], vec![]));
        });
        assert_eq!(verdict, Err(Reason::UnknownInstruction { position }));
    }
}

#[test]
fn a_required_memo_occurs_once_and_is_equal() {
    let bench = Bench::new();
    let on = |memos: &[&str]| {
        let mut instructions = bench.instructions(TOKEN);
        instructions.truncate(3);
        instructions.extend(memos.iter().map(|memo| memo_instruction(memo)));
        let mut request = bench.request(bench.transaction(&instructions));
        request.payment_requirements["extra"]["memo"] = json!("order ✓");
        verdict(&request, &bench)
    };
    assert_eq!(on(&["order ✓"]), Ok(()));
    assert_eq!(on(&[]), Err(Reason::MemoCount));
    assert_eq!(on(&["order ✓", "order ✓"]), Err(Reason::MemoCount));
    assert_eq!(on(&["order"]), Err(Reason::MemoMismatch));
}

#[test]
fn the_earlier_fault_is_the_reason() {
    let bench = Bench::new();
    let verdict = on_instructions(&bench, |instructions| {
        instructions[1].data = vec![3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        instructions[2].data[1] ^= 1;
        instructions.push(Instruction::new_with_bytes(TOKEN, &[9], vec![]));
    });
    assert_eq!(verdict, Err(Reason::ComputePriceTooHigh));
}
