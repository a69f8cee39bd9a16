//! The facilitator's refusals: the reason reaches the device, and nothing moves.

use embedded_x402::client::{self, Doubt};
use embedded_x402::io::Error;
use embedded_x402::policy::TokenStandard;
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::seller::Route;
use embedded_x402_sim::x402::Version;
use serde_json::Value;
use solana_address::Address;

use crate::books::Trade;
use crate::errand;
use crate::shop::{FUNDS, PRICE, Shop, VERSIONS, accept, usdc, weather};

/// A reason, as each version words it.
struct Reason {
    v1: &'static str,
    v2: &'static str,
}

const SIMULATION_FAILED: Reason = Reason {
    v1: "transaction_simulation_failed",
    v2: "invalid_exact_svm_transaction_simulation_failed",
};

const FEE_PAYER_NOT_MANAGED: Reason = Reason {
    v1: "fee_payer_not_managed_by_facilitator",
    v2: "invalid_exact_svm_fee_payer_not_managed_by_facilitator",
};

/// A payment was made and refused for exactly this reason, and nothing moved.
pub(crate) fn assert_refused(trade: &Trade<'_>, reason: &str, what: &str) {
    assert!(trade.purchase.offer.is_some(), "{what}: nothing was offered");
    assert_reason(trade.purchase.result.as_ref().err(), reason, what);
    trade.books.assert_nothing_moved(what);
}

fn assert_reason(error: Option<&Error>, reason: &str, what: &str) {
    // In version 1 a second settlement says the same of a payment that has settled.
    let may_settle = reason == SIMULATION_FAILED.v1;
    match error {
        Some(Error::Exchange(client::Error::Refused(found))) if !may_settle => {
            assert_eq!(found.as_str(), reason, "{what}");
            assert_eq!(error.and_then(Error::unsettled), None, "{what}");
        }
        Some(Error::Exchange(client::Error::Unknown(Doubt::Failed(found)))) if may_settle => {
            assert_eq!(found.as_str(), reason, "{what}");
        }
        other => panic!("{what}: {other:?}"),
    }
}

/// A shop that sells the weather in both versions, each route changed by `change`.
async fn shop(change: impl Fn(&mut Route)) -> Shop {
    Shop::open(|pay_to| {
        VERSIONS
            .map(|version| {
                let mut route = weather(version, path(version), pay_to);
                change(&mut route);
                route
            })
            .into()
    })
    .await
}

fn path(version: Version) -> &'static str {
    match version {
        Version::V1 => "/v1/weather",
        Version::V2 => "/v2/weather",
    }
}

async fn assert_both_refuse(shop: &Shop, reason: &Reason, what: &str) {
    for (version, reason) in [(Version::V1, reason.v1), (Version::V2, reason.v2)] {
        let trade = shop.get(path(version), genesis::USDC).await;
        assert_refused(&trade, reason, &format!("{what}, {version:?}"));
    }
}

/// The cure for each of the shops below: the same without the fault.
#[tokio::test]
async fn a_shop_without_faults_sells() {
    let shop = shop(|_| {}).await;
    for version in VERSIONS {
        shop.get(path(version), genesis::USDC).await.assert_settled(PRICE, path(version));
    }
}

#[tokio::test]
async fn a_payer_without_enough_tokens() {
    let mut shop = shop(|_| {}).await;
    shop.change_device(vec![usdc(PRICE)]);
    assert_both_refuse(&shop, &SIMULATION_FAILED, "no token account").await;
    shop.market.chain.fund_token(&shop.payer, &genesis::USDC, PRICE - 1).unwrap();
    assert_both_refuse(&shop, &SIMULATION_FAILED, "one unit too little").await;
    shop.market.chain.fund_token(&shop.payer, &genesis::USDC, 1).unwrap();
    shop.get("/v2/weather", genesis::USDC).await.assert_settled(PRICE, "the last unit");
}

#[tokio::test]
async fn a_payee_without_a_token_account() {
    let nobody = Address::new_from_array([9; 32]);
    let shop = shop(|route| route.accepts = vec![accept(genesis::USDC, nobody, PRICE)]).await;
    assert_both_refuse(&shop, &SIMULATION_FAILED, "no payee account").await;
    assert_eq!(shop.market.chain.token_balance(&shop.payer, &genesis::USDC), FUNDS);
}

#[tokio::test]
async fn a_fee_payer_that_the_facilitator_is_not() {
    let stranger = Address::new_from_array([9; 32]).to_string();
    let shop = shop(|route| {
        route.accepts[0].extra.insert("feePayer".into(), Value::from(stranger.clone()));
    })
    .await;
    assert_both_refuse(&shop, &FEE_PAYER_NOT_MANAGED, "another fee payer").await;
}

#[tokio::test]
async fn a_blockhash_of_another_chain() {
    let other = Address::new_from_array([9; 32]).to_string();
    let shop = shop(|route| {
        route.accepts[0].extra.insert("recentBlockhash".into(), Value::from(other.clone()));
    })
    .await;
    assert_both_refuse(&shop, &SIMULATION_FAILED, "another chain's blockhash").await;
}

#[tokio::test]
async fn a_policy_that_is_wrong_about_the_token() {
    let mut shop = shop(|_| {}).await;
    for standard in
        [TokenStandard::SplToken { decimals: 9 }, TokenStandard::SplToken2022 { decimals: 6 }]
    {
        shop.device.policy = vec![usdc(PRICE)];
        shop.device.policy[0].standard = Some(standard);
        assert_both_refuse(&shop, &SIMULATION_FAILED, &format!("{standard:?}")).await;
    }
}

/// The seller's blockhash grows old while a person thinks about the price.
#[tokio::test]
async fn a_blockhash_that_expired_before_it_was_signed() {
    let shop = shop(|_| {}).await;
    let books = shop.open_books(genesis::USDC);
    let errand = errand::run(&shop, "/v2/weather", || {
        shop.market.chain.advance(200);
        true
    })
    .await;
    assert!(errand.payment_header().is_some());
    assert_reason(errand.result.as_ref().err(), SIMULATION_FAILED.v2, "200 slots");
    books.assert_nothing_moved("200 slots");
}

/// A blockhash that is asked for after the approval does not grow old meanwhile.
#[tokio::test]
async fn a_blockhash_from_the_chain_is_fresh_however_long_the_approval_takes() {
    let shop = shop(|route| route.recent_blockhash = false).await;
    for version in VERSIONS {
        let books = shop.open_books(genesis::USDC);
        let errand = errand::run(&shop, path(version), || {
            shop.market.chain.advance(200);
            true
        })
        .await;
        assert!(errand.result.is_ok(), "{version:?}: {:?}", errand.result);
        assert_eq!((books.moved().spent, books.moved().earned), (PRICE, PRICE), "{version:?}");
    }
}
