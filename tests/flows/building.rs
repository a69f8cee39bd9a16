//! What is asked on the way to a payment, and the transaction that comes of it.

use embedded_x402::client::{Error, Memory, Outcome};
use embedded_x402::policy::{Asset, PaymentPolicy, Rule};
use embedded_x402::scheme::{MintFacts, SchemeError};
use embedded_x402::solana::{MessageError, TokenProgram};
use embedded_x402::wire::{Amount, Network};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{Asked, Device, NODE_BLOCKHASH, Run};
use embedded_x402_tests::keys::{DEVICE_USDC_ACCOUNT, base58};
use embedded_x402_tests::message::Message;
use embedded_x402_tests::response::*;
use embedded_x402_tests::seller::{Seller, sells};
use serde_json::{Value, json};

const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

fn seller(challenge: Vec<u8>) -> impl Seller + Clone {
    sells(challenge, |payment| settled(&receipt(payment)))
}

fn buy(device: &Device<'_>, entry: Value) -> Run {
    device.buy(seller(payment_required(&challenge(&[entry]))))
}

fn message(entry: Value) -> Message {
    let run = buy(&Device::default(), entry);
    assert!(matches!(run.outcome(), Outcome::Settled(_)), "{run:?}");
    run.payment().transaction.message
}

fn message_v1(entry: Value) -> Message {
    let run = Device::default().buy(seller(payment_required_v1(&challenge_v1(&[entry]))));
    run.payment().transaction.message
}

/// USDC by its address alone: nothing is known of it.
const BARE: [Rule<'static>; 1] = [Rule::new(Asset::new(Network::SolanaDevnet, USDC), Amount(5000))];

#[test]
fn everything_is_asked_once_and_in_order() {
    let device = Device::with_rules(&BARE);
    let run = buy(&device, without_extra(entry(), "recentBlockhash"));
    let asked = [
        Asked::Approval(1000, String::new()),
        Asked::MintFacts(USDC.into()),
        Asked::Entropy,
        Asked::RecentBlockhash,
        Asked::Signature,
        Asked::Verification,
    ];
    assert_eq!(run.asked, asked);
    assert_eq!(run.payment().transaction.message.recent_blockhash, base58(&NODE_BLOCKHASH));
}

#[test]
fn mint_facts_go_into_the_transaction() {
    let mint_facts = MintFacts { token_program: TokenProgram::Token2022, decimals: 9 };
    let device = Device { mint_facts, ..Device::with_rules(&BARE) };
    let message = buy(&device, entry()).payment().transaction.message;
    let transfer = &message.instructions[2];
    assert_eq!(transfer.program, TOKEN_2022);
    assert_eq!(transfer.data.last(), Some(&9));
    assert_ne!(transfer.accounts[0], DEVICE_USDC_ACCOUNT, "derived for the other program");
}

#[test]
fn a_malformed_blockhash_counts_as_none() {
    for blockhash in [json!("0OIl"), json!(BLOCKHASH[2..]), json!(""), json!(7), json!(null)] {
        let entry = with_extra(entry(), "recentBlockhash", blockhash.clone());
        let run = buy(&Device::default(), entry);
        assert!(run.asked.contains(&Asked::RecentBlockhash), "{blockhash}");
        assert_eq!(run.payment().transaction.message.recent_blockhash, base58(&NODE_BLOCKHASH));
    }
    let run = buy(&Device::default(), entry());
    assert!(!run.asked.contains(&Asked::RecentBlockhash));
    assert_eq!(run.payment().transaction.message.recent_blockhash, BLOCKHASH);
}

#[test]
fn a_fee_payer_in_another_role_is_refused_before_signing() {
    let mut seller_account = message(entry()).instructions[2].accounts[2].clone();
    for account in
        [DEVICE_USDC_ACCOUNT.to_owned(), std::mem::take(&mut seller_account), USDC.into()]
    {
        let run = buy(&Device::default(), with_extra(entry(), "feePayer", json!(account)));
        let reused = SchemeError::Message(MessageError::FeePayerReused);
        assert_eq!(run.unpaid(), Error::Scheme(reused), "{account}");
    }
}

#[test]
fn version_1_sends_three_instructions_unless_a_memo_is_asked_for() {
    let message = message_v1(entry_v1());
    assert_eq!(message.instructions.len(), 3);
    assert_eq!(message.accounts.len(), 7);
    let message = message_v1(with_extra(entry_v1(), "memo", json!("order 7")));
    assert_eq!(message.memo(), Some("order 7"));
    assert_eq!(message.instructions.len(), 4);
}

#[test]
fn version_2_always_has_a_memo() {
    assert_eq!(message(entry()).memo(), Some("abababababababababababababababab"));
    for no_memo in [json!(""), json!(null), json!(7), json!({})] {
        let memo = message(with_extra(entry(), "memo", no_memo));
        assert_eq!(memo.memo(), Some("abababababababababababababababab"));
    }
}

#[test]
fn memos_up_to_256_bytes() {
    let longest = "m".repeat(256);
    assert_eq!(message(with_memo(&longest)).memo(), Some(longest.as_str()));
    let two_bytes_each = "é".repeat(128);
    assert_eq!(message(with_memo(&two_bytes_each)).memo(), Some(two_bytes_each.as_str()));
    for too_long in ["m".repeat(257), "é".repeat(128) + "m"] {
        let run = buy(&Device::default(), with_memo(&too_long));
        assert_eq!(run.unpaid(), Error::Scheme(SchemeError::MemoTooLong));
    }
}

#[test]
fn memos_are_what_their_escapes_mean() {
    let entry = with_memo("MEMO").to_string();
    for (escaped, memo) in [
        (r"caf\u00e9 \u2713", "café ✓"),
        (r"sun \ud83c\udf26!", "sun 🌦!"),
        (r"sun 🌦", "sun 🌦"),
        (r#"a\"b\\c\/d\n\t"#, "a\"b\\c/d\n\t"),
    ] {
        let entry = entry.replace("MEMO", escaped);
        let text = format!(r#"{{"x402Version":2,"accepts":[{entry}]}}"#);
        let payment = Device::default().buy(seller(payment_required(&text))).payment();
        assert_eq!(payment.transaction.message.memo(), Some(memo));
        assert_eq!(payment.accepted(), entry, "but returned as they came");
    }
}

#[test]
fn a_full_length_escaped_memo_fits() {
    let memo = r"\u00e9".repeat(128);
    let entry = with_memo("MEMO").to_string().replace("MEMO", &memo);
    let text = format!(r#"{{"x402Version":2,"accepts":[{entry}]}}"#);
    let payment = Device::default().buy_within::<1536>(seller(payment_required(&text))).payment();
    assert_eq!(payment.transaction.message.memo(), Some("é".repeat(128).as_str()));
}

/// The messages of three purchases in a row, with the same entropy and blockhash.
fn in_a_row(challenge: Vec<u8>) -> [Vec<u8>; 3] {
    let mut memory: Memory = Memory::new();
    std::array::from_fn(|_| {
        let mut seller = seller(challenge.clone());
        let run = Device::default().buy_once(&mut memory, 64, &mut seller);
        assert!(matches!(run.outcome(), Outcome::Settled(_)));
        run.payment().transaction.message_bytes().to_vec()
    })
}

#[test]
fn equal_payments_on_one_blockhash_are_different_transactions() {
    for challenge in [
        payment_required(&challenge(&[with_memo("order 7")])),
        payment_required_v1(&challenge_v1(&[entry_v1()])),
        payment_required_v1(&challenge_v1(&[with_extra(entry_v1(), "memo", json!("x"))])),
    ] {
        let [first, second, third] = in_a_row(challenge);
        assert!(first != second && second != third && first != third);
    }
}

#[test]
fn the_compute_unit_limit_is_the_reference_clients_where_it_can_be() {
    assert_eq!(message(entry()).compute_unit_limit(), 20_000);
    assert_eq!(message_v1(entry_v1()).compute_unit_limit(), 20_000);
    assert_eq!(message(with_memo("order 7")).compute_unit_limit(), 20_000);
    let longest = message(with_memo(&"m".repeat(256))).compute_unit_limit();
    assert!((90_000..200_000).contains(&longest), "enough for 256 bytes of memo: {longest}");
}

#[test]
fn what_an_earlier_purchase_left_behind_does_no_harm() {
    let mut memory: Memory = Memory::new();
    let device = Device::default();
    let long = payment_required(&challenge(&[with_memo(&"m".repeat(250))]));
    let short = payment_required(&challenge(&[priced("7")]));
    let over = payment_required(&challenge(&[priced("9999")]));
    for (challenge, amount) in [(long, Some(1000)), (over, None), (short, Some(7))] {
        let run = device.buy_once(&mut memory, 7, &mut seller(challenge));
        match amount {
            Some(amount) => assert_eq!(run.payment().transaction.message.amount(), amount),
            None => assert!(matches!(run.unpaid(), Error::Policy(_))),
        }
    }
}

#[test]
fn the_accounts_belong_to_the_payee_of_the_entry() {
    let mut memory: Memory = Memory::new();
    let other = "HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37";
    let mut destination = |pay_to: &str| {
        let entry = with(entry(), "/payTo", json!(pay_to));
        let mut seller = seller(payment_required(&challenge(&[entry])));
        let run = Device::default().buy_once(&mut memory, 64, &mut seller);
        run.payment().transaction.message.instructions[2].accounts[2].clone()
    };
    let first = destination(SELLER);
    assert_eq!(first, "92st53fjoenyUfMrREPoDPao5ATFfEYZvzBMhHNtPrzf");
    assert_ne!(destination(other), first);
    assert_eq!(destination(SELLER), first);
}

#[test]
fn nothing_is_signed_for_an_empty_policy() {
    let device = Device { policy: PaymentPolicy::EMPTY, ..Device::default() };
    assert!(matches!(buy(&device, priced("0")).unpaid(), Error::Policy(_)));
}
