//! A whole device on a network in memory: what it buys, tells and shows, when it buys again, and what a reset
//! leaves of it.

mod clock;
mod surroundings;

use embedded_storage::nor_flash::NorFlash;
use embedded_x402::journal::{JournalError, StorageError};
use embedded_x402::policy::{Always, Budget, Never, PaymentPolicy, Rule, assets};
use embedded_x402::wire::Amount;
use embedded_x402_app::emulated::RamFlash;
use embedded_x402_app::{OpenJournalError, Plan, Summary};
use embedded_x402_tests::challenge::{challenge, entry, priced};
use embedded_x402_tests::network::{After, Network, Reply};
use embedded_x402_tests::response::{payment_required, receipt, response, settled};
use embedded_x402_tests::sent::SentRequest;

use surroundings::{Ran, device};

const RULES: [Rule<'static>; 1] = [Rule::new(assets::USDC_SOLANA_DEVNET, Amount(5000))];

fn plan(purchases: u32) -> Plan<'static> {
    let policy = PaymentPolicy { rules: &RULES };
    Plan { purchases: Some(purchases), ..Plan::new("http://seller.lan/weather", policy) }
}

/// A seller that is honest.
fn sells(_: &str, request: &SentRequest) -> Reply {
    match request.payment() {
        None => payment_required(&challenge(&[entry()])).into(),
        Some(payment) => settled(&receipt(&payment)).into(),
    }
}

#[test]
fn it_buys_every_so_often() {
    let network = Network::new(sells);
    let ran = device(&network).run(&plan(3));
    let Ran { console, elapsed, .. } = &ran;
    let well = Summary { attempts: 3, bought: 3, settled: 3, spent: 3000, ..Summary::default() };
    assert_eq!(ran.summary(), well);
    assert!(ran.summary().all_is_well());
    assert_eq!(*elapsed / 1000, 120);
    let first: Vec<_> = console.lines().take(8).collect();
    let bought = format!(
        "bought status 200, 5 bytes, paid 1000 units, transaction {}",
        first[7].rsplit(' ').next().unwrap()
    );
    assert_eq!(
        first,
        [
            "journal opened, open payments: 0",
            "waiting for the network",
            "network up, address 192.0.2.7",
            "asking http://seller.lan/weather",
            "offer 1000 units of USDC (4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU) on \
             solana-devnet to 4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt",
            "approved",
            "data sunny",
            &bought,
        ]
    );
    assert_eq!(console.matches("network up").count(), 1);
    assert_eq!(console.matches("waiting 60 s until the next purchase is due").count(), 2);
    assert!(console.ends_with(
        "finished 3 attempts, 3 bought, 3 settled, 3000 units spent, 0 failed, 0 unknown\n"
    ));
}

/// A seller that says nothing to so many requests with a payment, and is honest then.
fn silent(mut times: u32) -> impl FnMut(&str, &SentRequest) -> Reply {
    move |host, request| {
        if request.carries_payment() && times > 0 {
            times -= 1;
            return Reply::then(Vec::new(), After::Silence);
        }
        sells(host, request)
    }
}

fn paid_texts(network: &Network<'_>) -> Vec<String> {
    network.paid_requests().into_iter().map(|request| request.text).collect()
}

#[test]
fn a_payment_without_an_answer_is_sent_again() {
    let network = Network::new(silent(1));
    let ran = device(&network).run(&plan(1));
    let well = Summary { attempts: 1, bought: 1, settled: 1, spent: 1000, ..Summary::default() };
    assert_eq!(ran.summary(), well);
    assert!(ran.console.contains("payment 0 of 1000 units is sent again"), "{}", ran.console);
    let paid = paid_texts(&network);
    assert_eq!(paid.len(), 2);
    assert_eq!(paid[0], paid[1]);
    // It has waited 90 seconds for the answer, and one more.
    assert_eq!(ran.elapsed, 91_000);
}

#[test]
fn a_payment_without_an_answer_is_sent_again_after_a_reset() {
    let network = Network::new(silent(1));
    let reset = device(&network).reset_after(10).run(&plan(1));
    assert!(reset.console.ends_with("approved\n"), "{}", reset.console);

    let ran = device(&network).after(reset.flash).run(&plan(1));
    assert!(ran.console.starts_with("journal opened, open payments: 1\n"), "{}", ran.console);
    assert!(ran.console.contains("payment 0 of 1000 units is sent again"), "{}", ran.console);
    assert!(!ran.console.contains("offer"), "{}", ran.console);
    assert!(ran.console.contains("bought status 200, 5 bytes, paid 1000 units"));
    assert_eq!((ran.summary().settled, ran.summary().spent), (1, 1000));

    // The next one is another one.
    let next = device(&network).after(ran.flash).run(&plan(1));
    assert!(next.console.starts_with("journal opened, open payments: 0\n"), "{}", next.console);
    let paid = paid_texts(&network);
    assert_eq!(paid.len(), 3);
    assert_eq!(paid[0], paid[1]);
    assert_ne!(paid[1], paid[2]);
}

#[test]
fn it_pays_anew_when_a_payment_has_expired() {
    let network = Network::new(silent(2));
    let ran = device(&network).run(&plan(2));
    assert_eq!((ran.summary().failed, ran.summary().bought, ran.summary().unknown), (1, 1, 0));
    let expired = "payment 0 of 1000 units has expired: it is booked as spent\n\
                   failed without an answer: the payment expired without an answer: it is booked \
                   as spent (to act: nobody, it takes time)\n";
    assert!(ran.console.contains(expired), "{}", ran.console);
    let paid = paid_texts(&network);
    assert_eq!(paid.len(), 3);
    assert_eq!(paid[0], paid[1]);
    assert_ne!(paid[1], paid[2]);
}

#[test]
fn a_budget_outlives_a_reset() {
    let budget = Budget::new(Amount(2500), 3600);
    let rules = [RULES[0].budget(budget)];
    let plan = |purchases| Plan { policy: PaymentPolicy { rules: &rules }, ..plan(purchases) };
    let network = Network::new(sells);
    let ran = device(&network).run(&plan(2));
    assert_eq!(ran.summary().bought, 2);
    let ran = device(&network).after(ran.flash).run(&plan(1));
    assert_eq!(ran.summary().failed, 1);
    assert!(ran.console.contains("(to act: who makes the policy)"), "{}", ran.console);
    assert_eq!(network.paid_requests().len(), 2);
}

#[test]
fn nothing_is_paid_without_a_journal() {
    let network = Network::new(sells);
    let mut flash = RamFlash::new();
    flash.write(0, &[0x42; 8192]).unwrap();
    let ran = device(&network).after(flash.clone()).run(&plan(1));
    let corrupt = OpenJournalError::Journal(JournalError::Storage(StorageError::Corrupt));
    assert_eq!(ran.error(), corrupt);
    let told = "no journal, nothing is paid: the journal's storage is corrupt \
                (to act: who owns the wallet)\n";
    assert_eq!(ran.console, told);

    let ran = device(&network).with_pages(0..4096).run(&plan(1));
    assert_eq!(ran.error(), OpenJournalError::Pages);
    assert!(ran.console.contains("(to act: who builds the firmware)"), "{}", ran.console);

    // One that is to buy for ever shows it: four flashes every two seconds.
    let for_ever = Plan { purchases: None, ..plan(1) };
    let ran = device(&network).after(flash).reset_after(60).run(&for_ever);
    let failed = [(true, 100), (false, 200)].repeat(3);
    assert!(ran.led.windows(6).filter(|window| *window == failed).count() > 25, "{:?}", ran.led);
    assert_eq!(ran.console, told);
    assert!(network.sent().is_empty());
}

#[test]
fn a_resource_without_a_receipt_is_bought_and_in_doubt() {
    let network = Network::new(|_: &str, request: &SentRequest| match request.payment() {
        None => payment_required(&challenge(&[entry()])).into(),
        Some(_) => response(200, &[], "sunny").into(),
    });
    let ran = device(&network).run(&plan(1));
    assert_eq!((ran.summary().bought, ran.summary().unknown, ran.summary().settled), (1, 1, 0));
    assert!(ran.console.contains("paid or not: status 200 without a receipt"), "{}", ran.console);
}

#[test]
fn it_refuses_what_the_policy_does_not_allow_and_grows_patient() {
    let ask = payment_required(&challenge(&[priced("5001")]));
    let network = Network::new(move |_: &str, _: &SentRequest| ask.clone().into());
    let ran = device(&network).run(&plan(3));
    assert_eq!((ran.summary().failed, ran.summary().spent), (3, 0));
    let refusal = "failed without an answer: not paid: the price of 5001 is above the policy's cap \
                   of 5000 (to act: who makes the policy)";
    assert_eq!(ran.console.matches(refusal).count(), 3, "{}", ran.console);
    assert!(ran.console.contains("waiting 60 s after a failure"));
    assert!(ran.console.contains("waiting 120 s after a failure"));
    assert!(network.paid_requests().is_empty());
}

#[test]
fn a_person_can_refuse() {
    let network = Network::new(sells);
    let ran = device(&network).approved_by(Never).run(&plan(1));
    assert_eq!(ran.summary().failed, 1);
    assert!(ran.console.contains("refused\nfailed"), "{}", ran.console);
    assert!(ran.console.contains("(to act: who presses the button)"));
    assert!(network.paid_requests().is_empty());
}

#[test]
fn what_is_free_costs_nothing_and_errors_are_failures() {
    let network = Network::new(|_: &str, _: &SentRequest| response(200, &[], "free").into());
    let ran = device(&network).run(&plan(1));
    assert_eq!((ran.summary().bought, ran.summary().settled), (1, 0));
    assert!(ran.console.contains("bought status 200, 4 bytes, nothing paid"));

    let reply = response(503, &[("Retry-After", "300")], "");
    let network = Network::new(move |_: &str, _: &SentRequest| reply.clone().into());
    let ran = device(&network).run(&plan(2));
    assert_eq!((ran.summary().bought, ran.summary().failed), (0, 2));
    assert!(ran.console.contains("failed status 503, 0 bytes, nothing paid"));
    assert!(ran.console.contains("waiting 300 s after a failure"));
}

#[test]
fn a_resource_that_has_no_end_is_not_read_to_it() {
    let long = "x".repeat(1000);
    let network = Network::new(move |_: &str, _: &SentRequest| response(200, &[], &long).into());
    let ran = device(&network).run(&Plan { resource_limit: 999, ..plan(1) });
    assert_eq!(ran.summary().failed, 1);
    assert!(ran.console.contains("does not fit the buffer of 999 bytes"), "{}", ran.console);
    let ran = device(&network).run(&Plan { resource_limit: 1000, ..plan(1) });
    assert_eq!(ran.summary().bought, 1);
}

#[test]
fn a_peer_cannot_write_to_the_terminal() {
    let network = Network::new(|_: &str, _: &SentRequest| {
        response(200, &[], "\u{1b}[2J{\"a\": 1}\r\n").into()
    });
    let ran = device(&network).run(&plan(1));
    assert!(ran.console.contains("data \\x1b[2J{\"a\": 1}\\r\\n\n"), "{}", ran.console);
}

#[test]
fn the_led_tells_the_state() {
    // Lit while it buys; then two flashes every two seconds, for a minute.
    let network = Network::new(sells);
    let ran = device(&network).approved_by(Always).run(&plan(2));
    let paid = [(true, 100), (false, 200), (true, 100), (false, 1600)];
    assert!(ran.led.windows(4).filter(|window| *window == paid).count() > 25, "{:?}", ran.led);
    // Delivered without a receipt: long on, short off.
    let network = Network::new(|_: &str, request: &SentRequest| match request.payment() {
        None => payment_required(&challenge(&[entry()])).into(),
        Some(_) => response(200, &[], "sunny").into(),
    });
    let ran = device(&network).run(&plan(2));
    assert!(
        ran.led.windows(2).filter(|window| *window == [(true, 1500), (false, 150)]).count() > 30
    );
}

#[test]
fn a_source_of_randomness_that_fails_pays_nothing() {
    let network = Network::new(sells);
    let ran = device(&network).with_broken_entropy().run(&plan(1));
    assert_eq!(ran.summary().failed, 1);
    assert!(ran.console.contains("(to act: who replaces the hardware)"), "{}", ran.console);
    assert!(network.paid_requests().is_empty());
}
