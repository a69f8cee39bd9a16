//! What the policy refuses is never signed, and the error says why.

use embedded_x402::client;
use embedded_x402::io::Error;
use embedded_x402::policy::Refusal;
use embedded_x402::wire::{Amount, AmountError, Network};
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::device::PolicyRule;
use embedded_x402_sim::seller::{Price, Route};
use embedded_x402_sim::x402::Version;
use serde_json::Value;
use solana_address::Address;

use crate::books::Trade;
use crate::errand;
use crate::shop::{CAP, PRICE, Shop, VERSIONS, accept, path, sells, usdc, weather};

const DEVNET: Network = Network::SolanaDevnet;

/// A shop with one route for each version, `/v1` and `/v2`, changed by `change`.
async fn shop(change: impl Fn(&mut Route)) -> Shop {
    Shop::open(|pay_to| {
        VERSIONS
            .map(|version| {
                let mut route = weather(version, &path(version), pay_to);
                change(&mut route);
                route
            })
            .into()
    })
    .await
}

async fn assert_both_refused(shop: &Shop, refusal: Refusal, words: &str) {
    for version in VERSIONS {
        let trade = shop.get(&path(version), genesis::USDC).await;
        assert_refused(&trade, refusal, words, &path(version));
    }
}

/// The policy refused, so that nobody was asked to approve and nothing was signed.
fn assert_refused(trade: &Trade<'_>, refusal: Refusal, words: &str, what: &str) {
    let error = trade.purchase.result.as_ref().expect_err(what);
    assert_eq!(*error, Error::Exchange(client::Error::Policy(refusal)), "{what}");
    assert!(error.to_string().contains(words), "{what}: {error}");
    assert_not_signed(trade, what);
}

fn assert_not_signed(trade: &Trade<'_>, what: &str) {
    assert!(trade.purchase.offer.is_none(), "{what}");
    assert_eq!(trade.purchase.doubt(), None, "{what}");
    assert_eq!(trade.purchase.traffic.connections, 1, "{what}");
    trade.books.assert_nothing_moved(what);
}

#[tokio::test]
async fn a_price_above_the_cap() {
    let mut shop = shop(|_| {}).await;
    shop.device.policy = vec![usdc(PRICE - 1)];
    let refusal = Refusal::OverCap { rule: 0, asked: Amount(PRICE), cap: Amount(PRICE - 1) };
    assert_both_refused(&shop, refusal, "1234 is above the policy's cap of 1233").await;
    shop.device.policy = vec![usdc(PRICE)];
    for version in VERSIONS {
        let trade = shop.get(&path(version), genesis::USDC).await;
        trade.assert_settled(PRICE, "the cap itself");
    }
}

#[tokio::test]
async fn an_asset_that_no_rule_names() {
    let mut shop = shop(|route| {
        let pay_to = route.accepts[0].pay_to.parse().unwrap();
        route.accepts = vec![accept(genesis::USDG, pay_to, PRICE)];
    })
    .await;
    shop.device.policy = vec![usdc(CAP)];
    let refusal = Refusal::AssetNotListed { network: DEVNET };
    assert_both_refused(&shop, refusal, "allows this asset on solana-devnet").await;
}

#[tokio::test]
async fn an_empty_policy() {
    let mut shop = shop(|_| {}).await;
    shop.device.policy = Vec::new();
    let refusal = Refusal::AssetNotListed { network: DEVNET };
    assert_both_refused(&shop, refusal, "no rule of the policy allows this asset").await;
}

#[tokio::test]
async fn a_payee_that_is_not_allowed() {
    let mut shop = shop(|_| {}).await;
    let others = vec![shop.payer.to_string(), shop.market.pay_to.to_string().to_lowercase()];
    shop.device.policy = vec![PolicyRule { pay_to: Some(others), ..usdc(CAP) }];
    let refusal = Refusal::PayToNotAllowed { rule: 0, network: DEVNET };
    assert_both_refused(&shop, refusal, "does not allow this payTo on solana-devnet").await;
    let payee = Some(vec![shop.market.pay_to.to_string()]);
    shop.device.policy = vec![PolicyRule { pay_to: payee, ..usdc(CAP) }];
    shop.get("/v2", genesis::USDC).await.assert_settled(PRICE, "the payee itself");
}

#[tokio::test]
async fn an_origin_that_is_not_allowed() {
    let mut shop = shop(|_| {}).await;
    let own = shop.market.seller_url.clone();
    let others = vec![own.replace("http:", "https:"), "http://127.0.0.1".to_owned()];
    shop.device.policy = vec![PolicyRule { origins: Some(others), ..usdc(CAP) }];
    let refusal = Refusal::OriginNotAllowed { rule: 0, network: DEVNET };
    assert_both_refused(&shop, refusal, "does not allow this seller on solana-devnet").await;
    shop.device.policy = vec![PolicyRule { origins: Some(vec![own]), ..usdc(CAP) }];
    shop.get("/v2", genesis::USDC).await.assert_settled(PRICE, "the origin itself");
}

/// The second rule is the one that would have to change.
#[tokio::test]
async fn of_several_rules_the_nearest_is_named() {
    let mut shop = shop(|_| {}).await;
    let elsewhere = PolicyRule { origins: Some(Vec::new()), ..usdc(CAP) };
    shop.device.policy = vec![elsewhere, usdc(1)];
    let refusal = Refusal::OverCap { rule: 1, asked: Amount(PRICE), cap: Amount(1) };
    assert_both_refused(&shop, refusal, "1234 is above the policy's cap of 1").await;
}

/// Sellers of the first version multiply in floating point.
#[tokio::test]
async fn a_price_in_floating_point() {
    let mut shop = shop(|route| route.accepts[0].price = "$8.20".parse().unwrap()).await;
    shop.device.policy = vec![usdc(10_000_000)];
    let refusal = Refusal::Amount(AmountError::NotAnInteger);
    let words = "the amount is not a whole number of atomic units";
    let v1 = shop.get("/v1", genesis::USDC).await;
    assert_refused(&v1, refusal, words, "8199999.999999999");
    shop.get("/v2", genesis::USDC).await.assert_settled(8_200_000, "8200000");
}

#[tokio::test]
async fn amounts_that_are_none() {
    for (text, error) in [
        ("", AmountError::NotAnInteger),
        ("-1", AmountError::NotAnInteger),
        ("+1", AmountError::NotAnInteger),
        ("1.0", AmountError::NotAnInteger),
        ("1e3", AmountError::NotAnInteger),
        ("0x10", AmountError::NotAnInteger),
        (" 10", AmountError::NotAnInteger),
        ("\u{664}", AmountError::NotAnInteger),
        ("01", AmountError::LeadingZero),
        ("18446744073709551616", AmountError::TooLarge),
    ] {
        let shop = shop(|route| route.accepts[0].price = Price::Atomic(text.to_owned())).await;
        assert_both_refused(&shop, Refusal::Amount(error), "amount").await;
    }
}

#[tokio::test]
async fn only_entries_that_are_for_somebody_else() {
    let decoys = shop(|route| {
        route.accepts.clear();
        route.decoys = true;
    })
    .await;
    assert_both_refused(&decoys, Refusal::UnknownScheme, "no scheme known here").await;
    let padding = shop(|route| {
        route.accepts.clear();
        route.pad_accepts_to = 10;
    })
    .await;
    let refusal = Refusal::AssetNotListed { network: Network::Eip155(84_532) };
    assert_both_refused(&padding, refusal, "allows this asset on base-sepolia").await;
    let nothing = shop(|route| route.accepts.clear()).await;
    assert_both_refused(&nothing, Refusal::NothingAccepted, "accepts no payment at all").await;
}

/// Makes a route unsafe for a payer.
type Change = fn(&mut Route, Address);

/// What the policy allows and yet can't be paid safely.
#[tokio::test]
async fn entries_that_make_no_safe_payment() {
    let unsafe_changes: [(&str, Change); 5] = [
        ("no feePayer", |route, _| {
            route.accepts[0].extra.insert("feePayer".to_owned(), Value::Null);
        }),
        ("feePayer is no Solana address", |route, _| {
            route.accepts[0].extra.insert("feePayer".to_owned(), Value::from("nobody"));
        }),
        ("payTo is no address", |route, _| route.accepts[0].pay_to = "nobody".to_owned()),
        ("longer than 256 bytes", |route, _| route.memo = Some("m".repeat(257))),
        ("fee payer", |route, payer| {
            route.accepts[0].extra.insert("feePayer".to_owned(), Value::from(payer.to_string()));
        }),
    ];
    let device = crate::shop::device(vec![usdc(CAP)]);
    let payer = crate::shop::address_of(&device);
    for (words, change) in unsafe_changes {
        let mut shop = shop(|route| change(route, payer)).await;
        (shop.device, shop.payer) = (device.clone(), payer);
        for version in VERSIONS {
            let trade = shop.get(&path(version), genesis::USDC).await;
            let error = trade.purchase.result.as_ref().unwrap_err();
            let of_scheme = matches!(error, Error::Exchange(client::Error::Scheme(_)));
            assert!(of_scheme && error.to_string().contains(words), "{words}: {error}");
            assert_not_signed(&trade, words);
        }
    }
}

#[tokio::test]
async fn a_user_who_says_no() {
    let shop = shop(|_| {}).await;
    for version in VERSIONS {
        let books = shop.open_books(genesis::USDC);
        let errand = errand::run(&shop, &path(version), || false).await;
        let refused = Error::Exchange(client::Error::Policy(Refusal::NotApproved));
        assert_eq!(errand.result.as_ref().err(), Some(&refused));
        assert_eq!(errand.payment_header(), None);
        books.assert_nothing_moved("not approved");
    }
}

/// The order of the rules is the device's preference, whatever the seller's is.
#[tokio::test]
async fn of_several_acceptable_entries_the_preferred_and_cheapest_is_paid() {
    let mut shop = Shop::open(|pay_to| {
        let entries = [(genesis::PYUSD, 10), (genesis::USDC, 30), (genesis::USDC, 20)];
        let mut route =
            sells(Version::V2, "/v2", embedded_x402_sim::seller::Resource::Weather, pay_to);
        route.accepts = entries.map(|(mint, price)| accept(mint, pay_to, price)).into();
        vec![route]
    })
    .await;
    let policy = crate::shop::dollars(CAP);
    shop.device.policy = policy.into_iter().rev().collect();
    shop.device.policy.retain(|rule| rule.network == DEVNET);
    shop.device.policy.sort_by_key(|rule| rule.symbol != "USDC");
    shop.get("/v2", genesis::USDC).await.assert_settled(20, "USDC first");
    shop.device.policy.sort_by_key(|rule| rule.symbol != "PYUSD");
    shop.get("/v2", genesis::PYUSD).await.assert_settled(10, "PYUSD first");
}
