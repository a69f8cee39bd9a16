//! 100,000 damaged challenges and answers: no panic, and what is paid all the same is within the
//! policy, by the word of an independent JSON reader.

use embedded_x402::client::{Error, Exchange, Limits, Memory, Method, Outcome, Request, Step};
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
use embedded_x402::solana::{Blockhash, Signature};
use embedded_x402::wire::Amount;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{URL, transmitted};
use embedded_x402_tests::keys::{DEVICE_USDC_ACCOUNT, base58, device_payer, fee_payer, settle};
use embedded_x402_tests::mutation::{Dice, mutate};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::Payment;
use serde_json::{Value, json};

const CAP: u64 = 5000;

const POLICY: PaymentPolicy<'static> = PaymentPolicy {
    rules: &[Rule::new(assets::USDC_SOLANA_DEVNET, Amount(CAP)).pay_to(&[SELLER])],
};

const GET: Request<'static> = Request::new(Method::Get, URL);

fn exchange(memory: &mut Memory) -> Exchange<'_> {
    Exchange::new(&GET, &POLICY, device_payer(), Limits::default(), memory).unwrap()
}

/// Feeds a response in pieces of random sizes, and closes.
fn feed(exchange: &mut Exchange<'_>, response: &[u8], dice: &mut Dice) -> Result<(), Error> {
    let mut rest = response;
    while matches!(exchange.step()?, Step::Receive) && !rest.is_empty() {
        let piece = (1 + dice.below(300)).min(rest.len());
        rest = &rest[exchange.receive(&rest[..piece])?..];
    }
    if matches!(exchange.step()?, Step::Receive) { exchange.closed() } else { Ok(()) }
}

/// Goes on to the payment, if the exchange wants to make one.
fn pay(exchange: &mut Exchange<'_>) -> Option<Payment> {
    loop {
        match exchange.step().ok()? {
            Step::Approve(_) => exchange.approve(true).ok()?,
            Step::Entropy => exchange.entropy([1; 16]).ok()?,
            Step::RecentBlockhash => exchange.recent_blockhash(Blockhash::new([2; 32])).ok()?,
            // Signing takes most of the time, and nothing here depends on it.
            Step::Sign { .. } => exchange.signature(&Signature::new([3; 64])).ok()?,
            Step::Transmit => return transmitted(exchange, 5000).payment_unverified(),
            Step::Done => return None,
            other => panic!("{other:?}"),
        }
    }
}

fn assert_within_policy(payment: &Payment) {
    let message = &payment.transaction.message;
    assert!(message.amount() <= CAP);
    assert_eq!(message.mint(), USDC);
    let transfer = &message.instructions[2].accounts;
    assert_eq!(transfer[0], DEVICE_USDC_ACCOUNT);
    assert_eq!(transfer[2], "92st53fjoenyUfMrREPoDPao5ATFfEYZvzBMhHNtPrzf", "the seller's account");
    if payment.header == "PAYMENT-SIGNATURE" {
        assert_is_what_was_accepted(payment);
    }
}

/// What is signed is what another reader reads in the entry that is returned.
fn assert_is_what_was_accepted(payment: &Payment) {
    let message = &payment.transaction.message;
    let accepted: Value = serde_json::from_str(payment.accepted()).unwrap();
    assert_eq!(accepted["amount"], json!(message.amount().to_string()));
    assert_eq!(accepted["asset"], USDC);
    assert_eq!(accepted["payTo"], SELLER);
    assert_eq!(accepted["network"], DEVNET);
    assert_eq!(accepted["scheme"], "exact");
    assert_eq!(accepted["extra"]["feePayer"], json!(message.accounts[0]));
    let memo = accepted["extra"]["memo"].as_str().filter(|memo| !memo.is_empty());
    assert!(memo.is_none_or(|memo| Some(memo) == message.memo()));
}

/// Runs damaged responses; answers how many of them led to a payment.
fn run(times: usize, seed: u64, damaged: impl Fn(usize, &mut Dice) -> Vec<u8>) -> usize {
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    // The same memory for all: what one leaves behind must do the next no harm.
    let mut memory = Memory::new();
    let mut paid = 0;
    for index in 0..times {
        let response = damaged(index, &mut dice);
        let mut exchange = exchange(&mut memory);
        transmitted(&mut exchange, 500);
        if feed(&mut exchange, &response, &mut dice).is_ok()
            && let Some(payment) = pay(&mut exchange)
        {
            assert_within_policy(&payment);
            paid += 1;
        }
    }
    paid
}

fn accepts() -> Vec<Value> {
    let others = [
        entry_evm(),
        priced("5001"),
        with(entry(), "/payTo", json!(fee_payer())),
        with_extra(priced("900"), "memo", json!("caf\u{e9} \"7\" \u{1f326}")),
        with(entry(), "/network", json!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")),
    ];
    [vec![entry()], others.to_vec()].concat()
}

#[test]
fn damage_to_the_json_of_version_2() {
    let texts = [challenge(&[entry()]), challenge(&accepts()), discoverable_challenge(&[entry()])];
    // Mostly the short one, which is hit where it matters.
    let paid = run(45_000, 21, |index, dice| {
        let which = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][index % 10];
        let mut text = texts[which].clone().into_bytes();
        mutate(&mut text, dice);
        let header = encode_bytes(&text);
        response(402, &[("PAYMENT-REQUIRED", &header)], "{}")
    });
    assert!((5_000..40_000).contains(&paid), "{paid} paid: the damage is too weak or too strong");
}

fn encode_bytes(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn damage_to_version_1() {
    let described = json!({"y": [{"payTo": "x"}], "description": "\"}]"});
    let texts = [
        challenge_v1(&[entry_v1()]),
        challenge_v1(&[with(entry_v1(), "/outputSchema", described), entry_v1()]),
    ];
    let paid = run(35_000, 22, |index, dice| {
        let framing = FRAMINGS[index % 3];
        let mut response = framed(402, &[], &texts[index % 2], framing);
        mutate(&mut response, dice);
        response
    });
    assert!((5_000..30_000).contains(&paid), "{paid} paid: the damage is too weak or too strong");
}

#[test]
fn damage_to_the_bytes_of_version_2() {
    let whole = payment_required(&challenge(&accepts()));
    let paid = run(10_000, 23, |_, dice| {
        let mut response = whole.clone();
        mutate(&mut response, dice);
        response
    });
    assert!((200..9_000).contains(&paid), "{paid} paid: the damage is too weak or too strong");
}

/// An exchange that has just sent its payment, and that payment.
fn paid(memory: &mut Memory) -> (Exchange<'_>, Payment) {
    let mut exchange = exchange(memory);
    transmitted(&mut exchange, 500);
    exchange.receive(&payment_required(&challenge(&[entry()]))).unwrap();
    let payment = pay(&mut exchange).unwrap();
    (exchange, payment)
}

#[test]
fn damage_to_the_answer_of_a_payment() {
    println!("seed 24");
    let mut dice = Dice::new(24);
    let mut memory = Memory::new();
    let id = settle(paid(&mut memory).1.transaction.message_bytes());
    let mut settlements = 0;
    for _ in 0..10_000 {
        let (mut exchange, _) = paid(&mut memory);
        let mut text = receipt_with(&id).to_string().into_bytes();
        mutate(&mut text, &mut dice);
        let mut answer = response(200, &[("PAYMENT-RESPONSE", &encode_bytes(&text))], "sunny");
        if dice.below(2) == 0 {
            mutate(&mut answer, &mut dice);
        }
        let fed = feed_answer(&mut exchange, &answer, &id, &mut dice);
        settlements += usize::from(settles(fed, exchange, &id));
    }
    assert!((100..9_000).contains(&settlements), "{settlements} settled");
}

fn receipt_with(id: &str) -> Value {
    json!({"success": true, "transaction": id, "network": DEVNET, "amount": "1000"})
}

/// Feeds the answer; whoever verifies knows the one signature that was made.
fn feed_answer(
    exchange: &mut Exchange<'_>,
    answer: &[u8],
    id: &str,
    dice: &mut Dice,
) -> Result<(), Error> {
    feed(exchange, answer, dice)?;
    if let Step::VerifyReceipt { signature, .. } = exchange.step()? {
        exchange.verified(base58(signature.as_bytes()) == id)?;
    }
    Ok(())
}

/// Whether it counts as settled; then the receipt names the very transaction.
fn settles(fed: Result<(), Error>, exchange: Exchange<'_>, id: &str) -> bool {
    assert!(exchange.payment_sent());
    match fed.and_then(|()| exchange.finish()) {
        Ok(answer) => match answer.outcome {
            Outcome::Settled(receipt) => {
                assert_eq!(receipt.transaction.as_str(), id);
                assert!(receipt.success);
                true
            }
            Outcome::Unknown(_) => false,
            Outcome::NotPaid => panic!("it was paid"),
        },
        Err(Error::Unknown(_) | Error::Refused(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}
