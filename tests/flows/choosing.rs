//! Which entry is paid, and why none is.

use embedded_x402::client::{Error, Limits, Outcome, Payer};
use embedded_x402::policy::{Asset, Refusal, Rule, assets};
use embedded_x402::scheme::SchemeError;
use embedded_x402::sizes;
use embedded_x402::solana::MessageError;
use embedded_x402::wire::{Amount, AmountError, Network, RequirementsError};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{Asked, Device, Run, URL, USDC_RULE};
use embedded_x402_tests::keys::DEVICE;
use embedded_x402_tests::response::*;
use embedded_x402_tests::seller::{says, sells};
use serde_json::{Value, json};

const DEVNET_NETWORK: Network = Network::SolanaDevnet;

const PYUSD_ASSET: Asset<'static> = Asset { address: PYUSD, symbol: "PYUSD", ..USDC_2022 };

const USDC_2022: Asset<'static> = assets::USDC_SOLANA_DEVNET
    .with_standard(embedded_x402::policy::TokenStandard::SplToken2022 { decimals: 6 });

fn refusal(accepts: &[Value]) -> Refusal {
    refused_by(&Device::default(), accepts)
}

fn refused_by(device: &Device<'_>, accepts: &[Value]) -> Refusal {
    device.buy(says(payment_required(&challenge(accepts)))).refusal()
}

fn buy(device: &Device<'_>, accepts: &[Value]) -> Run {
    let challenge = payment_required(&challenge(accepts));
    let run = device.buy(sells(challenge, |payment| settled(&receipt(payment))));
    assert!(matches!(run.outcome(), Outcome::Settled(_)), "{run:?}");
    run
}

/// Price and token of what was bought.
fn bought(device: &Device<'_>, accepts: &[Value]) -> (u64, String) {
    let message = buy(device, accepts).payment().transaction.message;
    (message.amount(), message.mint().to_owned())
}

fn in_pyusd(amount: &str) -> Value {
    with(priced(amount), "/asset", json!(PYUSD))
}

#[test]
fn the_cheapest_of_ten_wins() {
    let accepts = [
        entry_evm(),
        with(entry(), "/scheme", json!("upto")),
        with(entry(), "/network", json!("aptos:1")),
        with(entry(), "/network", json!("solana-devnet")),
        with(entry(), "/amount", json!(1)),
        priced("3000"),
        priced("2000"),
        priced("5001"),
        json!({"not": "an entry"}),
        priced("2500"),
    ];
    let run = buy(&Device::default(), &accepts);
    assert_eq!(run.payment().accepted(), accepts[6].to_string());
    assert_eq!(run.payment().transaction.message.amount(), 2000);
    assert_eq!(run.asked[0], Asked::Approval(2000, "USDC".into()));
}

#[test]
fn of_equal_prices_the_first_wins() {
    let other = with(entry(), "/payTo", json!(DEVICE_OF_ANOTHER));
    let run = buy(&Device::default(), &[entry(), other]);
    assert_eq!(run.payment().accepted(), entry().to_string());
}

/// Some valid address.
const DEVICE_OF_ANOTHER: &str = "HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37";

#[test]
fn the_first_rule_goes_before_the_price() {
    let accepts = [priced("1"), in_pyusd("900"), in_pyusd("800"), priced("2")];
    let pyusd = Rule::new(PYUSD_ASSET, Amount(5000));
    let pyusd_first = [pyusd, USDC_RULE];
    assert_eq!(bought(&Device::with_rules(&pyusd_first), &accepts), (800, PYUSD.to_owned()));
    let usdc_first = [USDC_RULE, pyusd];
    assert_eq!(bought(&Device::with_rules(&usdc_first), &accepts), (1, USDC.to_owned()));
}

#[test]
fn a_rule_that_does_not_allow_gives_way_to_the_next() {
    let accepts = [priced("1000"), in_pyusd("4000")];
    let rules =
        [Rule { max_amount: Amount(999), ..USDC_RULE }, Rule::new(PYUSD_ASSET, Amount(4000))];
    assert_eq!(bought(&Device::with_rules(&rules), &accepts), (4000, PYUSD.to_owned()));
}

#[test]
fn an_empty_policy_pays_nothing() {
    let refusal = refused_by(&Device::with_rules(&[]), &[priced("0"), priced("1")]);
    assert_eq!(refusal, Refusal::AssetNotListed { network: DEVNET_NETWORK });
}

#[test]
fn caps_are_inclusive() {
    assert_eq!(bought(&Device::default(), &[priced("5000")]).0, 5000);
    let expected = Refusal::OverCap { rule: 0, asked: Amount(5001), cap: Amount(5000) };
    assert_eq!(refusal(&[priced("5001")]), expected);
}

#[test]
fn every_refusal_of_an_entry() {
    let deep = (0..12).fold(json!(1), |inner, _| json!([inner]));
    let mut missing = entry();
    missing.as_object_mut().unwrap().remove("payTo");
    let mut both = entry();
    both["maxAmountRequired"] = json!("1000");
    for (entry, expected) in [
        (with_extra(entry(), "deep", deep), Refusal::EntryTooDeep { needed: 14 }),
        (missing, Refusal::Malformed(RequirementsError::Missing)),
        (both, Refusal::Malformed(RequirementsError::BothVersions)),
        (with(entry(), "/extra", json!([])), Refusal::Malformed(RequirementsError::Malformed)),
        (entry_v1(), Refusal::Malformed(RequirementsError::BothVersions)),
        (with(entry(), "/network", json!("aptos:1")), Refusal::UnknownNetwork),
        (with(entry(), "/scheme", json!("upto")), Refusal::UnknownScheme),
        (with_extra(entry(), "paymentFlow", json!("batch")), Refusal::UnknownPaymentFlow),
        (in_pyusd("1"), Refusal::AssetNotListed { network: DEVNET_NETWORK }),
        (priced("01000"), Refusal::Amount(AmountError::LeadingZero)),
        (priced("1000.0"), Refusal::Amount(AmountError::NotAnInteger)),
        (priced("8199999.999999999"), Refusal::Amount(AmountError::NotAnInteger)),
        (priced("-1"), Refusal::Amount(AmountError::NotAnInteger)),
        (priced(""), Refusal::Amount(AmountError::NotAnInteger)),
        (priced("18446744073709551616"), Refusal::Amount(AmountError::TooLarge)),
        (with(entry(), "/amount", json!(1000)), Refusal::Amount(AmountError::NotText)),
    ] {
        assert_eq!(refusal(std::slice::from_ref(&entry)), expected, "{entry}");
        assert_eq!(bought(&Device::default(), &[entry, priced("77")]).0, 77, "it is skipped");
    }
    assert_eq!(refusal(&[]), Refusal::NothingAccepted);
}

/// Of a member that stands twice, readers take the first, the last, or neither.
#[test]
fn what_stands_twice_is_refused() {
    let entry = entry().to_string();
    for (member, twice) in [
        (r#""amount":"1000""#, r#""amount":"1","amount":"1000""#),
        (r#""amount":"1000""#, r#""amount":"1000","am\u006funt":"1000""#),
        (r#""extra":{"#, r#""extra":{},"extra":{"#),
        (r#""feePayer":"#, r#""feePayer":null,"feePayer":"#),
    ] {
        let entry = entry.replace(member, twice);
        let text = format!(r#"{{"x402Version":2,"accepts":[{entry}]}}"#);
        let run = Device::default().buy(says(payment_required(&text)));
        let malformed = Refusal::Malformed(RequirementsError::Malformed);
        assert_eq!(run.refusal(), malformed, "{entry}");
    }
}

#[test]
fn every_refusal_of_a_rule() {
    let schemes = [Rule { schemes: &[], ..USDC_RULE }];
    let origins = [USDC_RULE.origins(&["https://seller.lan", "http://seller.lan:8080"])];
    let payees = [USDC_RULE.pay_to(&[DEVICE_OF_ANOTHER])];
    for (rules, expected) in [
        (&schemes, Refusal::SchemeNotAllowed { rule: 0, network: DEVNET_NETWORK }),
        (&origins, Refusal::OriginNotAllowed { rule: 0, network: DEVNET_NETWORK }),
        (&payees, Refusal::PayToNotAllowed { rule: 0, network: DEVNET_NETWORK }),
    ] {
        assert_eq!(refused_by(&Device::with_rules(rules), &[entry()]), expected);
    }
    let all = [USDC_RULE.origins(&["HTTP://Seller.LAN:80"]).pay_to(&[SELLER])];
    assert_eq!(bought(&Device::with_rules(&all), &[entry()]).0, 1000);
    assert!(URL.starts_with("http://seller.lan/"));
}

#[test]
fn a_device_without_a_key_or_network() {
    let network = DEVNET_NETWORK;
    let no_key = Device { payer: Payer::default(), ..Device::default() };
    assert_eq!(refused_by(&no_key, &[entry()]), Refusal::NoKey { network });
    let base = Network::Eip155(84_532);
    let address = "0x036cbd53842c5426634e7929541ec2318f3dcf7e";
    let rules = [Rule::new(Asset::new(base, address), Amount(5000))];
    let device = Device::with_rules(&rules);
    assert_eq!(refused_by(&device, &[entry_evm()]), Refusal::NoKey { network: base });
}

#[test]
fn the_user_has_the_last_word() {
    let device = Device { approves: false, ..Device::default() };
    let run = device.buy(says(payment_required(&challenge(&[priced("4321")]))));
    assert_eq!(run.refusal(), Refusal::NotApproved);
    assert_eq!(run.asked, [Asked::Approval(4321, "USDC".into())]);
}

#[test]
fn what_the_scheme_misses() {
    let scheme = |entry: Value| {
        let run = Device::default().buy(says(payment_required(&challenge(&[entry]))));
        match run.unpaid() {
            Error::Scheme(error) => error,
            other => panic!("{other:?}"),
        }
    };
    let fee_payer = |value: Value| with_extra(entry(), "feePayer", value);
    let missing = SchemeError::FeePayerMissing;
    assert_eq!(scheme(without_extra(entry(), "feePayer")), missing);
    assert_eq!(scheme(fee_payer(json!(null))), missing);
    assert_eq!(scheme(fee_payer(json!(7))), missing);
    assert_eq!(scheme(with(entry(), "/extra", json!(null))), missing);
    assert_eq!(scheme(fee_payer(json!("not base58: 0OIl"))), SchemeError::FeePayer);
    assert_eq!(scheme(fee_payer(json!("1111"))), SchemeError::FeePayer);
    assert_eq!(scheme(with(entry(), "/payTo", json!("merchant"))), SchemeError::PayTo);
    let reused = SchemeError::Message(MessageError::FeePayerReused);
    assert_eq!(scheme(fee_payer(json!(DEVICE))), reused);
    let to_itself = SchemeError::Message(MessageError::SourceIsDestination);
    assert_eq!(scheme(with(entry(), "/payTo", json!(DEVICE))), to_itself);
    let listed = [Rule::new(Asset::new(DEVNET_NETWORK, "usdc"), Amount(5000))];
    let no_mint = with(entry(), "/asset", json!("usdc"));
    let run = Device::with_rules(&listed).buy(says(payment_required(&challenge(&[no_mint]))));
    assert_eq!(run.unpaid(), Error::Scheme(SchemeError::Asset));
}

#[test]
fn an_entry_too_large_says_what_it_needs() {
    let entry = with_extra(entry(), "filler", json!("x".repeat(800)));
    let needed = entry.to_string().len();
    assert_eq!(refusal(std::slice::from_ref(&entry)), Refusal::EntryTooLarge { needed });
    assert_eq!(bought(&Device::default(), &[entry.clone(), priced("5")]).0, 5);
    assert_eq!(bought(&Device::default(), &[priced("5"), entry.clone()]).0, 5);

    let filler = sizes::ENTRY - priced("1").to_string().len() - ",\"filler\":\"\"".len();
    let exact =
        |excess: usize| with_extra(priced("1"), "filler", json!("x".repeat(filler + excess)));
    assert_eq!(exact(0).to_string().len(), sizes::ENTRY);
    assert_eq!(bought(&Device::default(), &[exact(0)]).0, 1);
    assert_eq!(refusal(&[exact(1)]), Refusal::EntryTooLarge { needed: sizes::ENTRY + 1 });

    let challenge = payment_required(&challenge(&[entry]));
    let seller = sells(challenge, |payment| settled(&receipt(payment)));
    let run = Device::default().buy_within::<2048>(seller);
    assert!(matches!(run.outcome(), Outcome::Settled(_)), "more memory is all it takes");
}

#[test]
fn a_deep_entry_is_paid_by_who_allows_it() {
    let deep = (0..12).fold(json!(1), |inner, _| json!([inner]));
    let deep = with_extra(entry(), "deep", deep);
    assert_eq!(refusal(std::slice::from_ref(&deep)), Refusal::EntryTooDeep { needed: 14 });
    let limits = Limits { entry_depth: 14, ..Limits::default() };
    let device = Device { limits, ..Device::default() };
    assert_eq!(bought(&device, &[deep]).0, 1000);
}

#[test]
fn memory_below_a_transaction_is_an_error_with_its_size() {
    let seller = says(payment_required(&challenge(&[entry()])));
    let run = Device::default().buy_within::<450>(seller);
    let too_small = MessageError::BufferTooSmall { needed: 496 };
    assert_eq!(run.unpaid(), Error::Scheme(SchemeError::Message(too_small)));
}
