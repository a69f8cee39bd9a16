//! Payments on an EVM chain that settle, and the choice between two chains.

use std::sync::Arc;

use embedded_x402::client::Outcome;
use embedded_x402::policy::assets::{USDC_BASE_SEPOLIA, USDC_SOLANA_DEVNET};
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::device::{Clock, Keys, PolicyRule};
use embedded_x402_sim::market::Payees;
use embedded_x402_sim::seller::{Accept, Resource, Route};

use crate::books::Token::EvmUsdc;
use crate::errand;
use crate::shop::{CAP, PRICE, Shop, VERSIONS, accept, evm_accept};

/// A shop that sells the weather in both versions, for what `accepts` makes of the payees.
async fn shop(accepts: fn(&Payees) -> Vec<Accept>) -> Shop {
    Shop::of_both_chains(|payees| {
        VERSIONS
            .map(|version| {
                let path = format!("/v{}", u8::from(version));
                Route { version, ..Route::accepting(path, Resource::Weather, accepts(payees)) }
            })
            .into()
    })
    .await
}

async fn evm_shop() -> Shop {
    shop(|payees| vec![evm_accept(payees.evm, PRICE)]).await
}

const PATHS: [&str; 2] = ["/v1", "/v2"];

#[tokio::test]
async fn payments_settle_in_both_versions_whatever_the_fragments() {
    let mut shop = evm_shop().await;
    for fragment in [0, 7, 1] {
        shop.device.fragment = fragment;
        for path in PATHS {
            let trade = shop.get(path, EvmUsdc).await;
            let what = format!("{path}, fragment {fragment}");
            let body = trade.assert_settled(PRICE, &what);
            assert!(body.bytes.starts_with(b"{\"report\""), "{what}");
            assert_eq!(trade.purchase.traffic.connections, 1, "{what}: no RPC node is asked");
        }
    }
}

/// The seller's `Date` is a clock.
#[tokio::test]
async fn a_device_without_a_clock_pays_too() {
    let mut shop = evm_shop().await;
    shop.device.clock = Arc::new(|| None) as Clock;
    for path in PATHS {
        shop.get(path, EvmUsdc).await.assert_settled(PRICE, path);
    }
}

/// On Solana those would be one transaction.
#[tokio::test]
async fn equal_payments_are_different_ones() {
    let shop = evm_shop().await;
    let books = shop.open_books(EvmUsdc);
    for _ in 0..3 {
        let errand = errand::run(&shop, "/v2", || true).await;
        assert!(matches!(errand.result, Ok((200, Outcome::Settled(_)))), "{:?}", errand.result);
    }
    let moved = books.moved();
    assert_eq!((moved.spent, moved.authorizations), (3 * PRICE, 3));
}

#[tokio::test]
async fn the_last_unit_can_be_spent() {
    let mut shop = evm_shop().await;
    shop.change_device(vec![PolicyRule::new(&USDC_BASE_SEPOLIA, PRICE)]);
    shop.fund_evm_payer(PRICE);
    shop.get("/v2", EvmUsdc).await.assert_settled(PRICE, "all of it");
}

/// Dollars become atomic units by six decimals; in version 1 as a floating-point product.
#[tokio::test]
async fn prices_in_dollars() {
    let shop = shop(|payees| {
        let price = "$0.0025".parse().unwrap();
        vec![Accept { price, ..evm_accept(payees.evm, 0) }]
    })
    .await;
    for path in PATHS {
        shop.get(path, EvmUsdc).await.assert_settled(2500, path);
    }
}

/// A token that is configured by hand, in other spellings than the table's.
#[tokio::test]
async fn a_token_with_its_domain_in_the_configuration() {
    let shop = shop(|payees| {
        let mut accept = evm_accept(payees.evm, PRICE);
        accept.network = "base-sepolia".to_owned();
        accept.asset = accept.asset.to_lowercase();
        accept.pay_to = accept.pay_to.to_lowercase();
        for (key, value) in [("name", "USDC"), ("version", "2")] {
            accept.extra.insert(key.to_owned(), value.into());
        }
        vec![accept]
    })
    .await;
    for path in PATHS {
        let body = shop.device.get(&shop.market.url(path)).await.unwrap().result.unwrap();
        assert!(matches!(body.outcome, Outcome::Settled(_)), "{path}: {:?}", body.outcome);
    }
}

mod two_chains {
    use super::*;

    /// The EVM chain's entry comes first: the seller's order decides nothing.
    async fn both() -> Shop {
        shop(|payees| {
            let solana = accept(genesis::USDC, payees.solana, PRICE);
            vec![evm_accept(payees.evm, PRICE), solana]
        })
        .await
    }

    #[tokio::test]
    async fn the_default_policy_pays_on_solana() {
        let shop = both().await;
        for path in PATHS {
            let books = shop.open_books(EvmUsdc);
            shop.get(path, genesis::USDC).await.assert_settled(PRICE, path);
            let elsewhere = books.moved();
            assert_eq!((elsewhere.spent, elsewhere.fees, elsewhere.authorizations), (0, 0, 0));
        }
    }

    #[tokio::test]
    async fn the_order_of_the_rules_can_prefer_the_evm_chain() {
        let mut shop = both().await;
        let preferred = [USDC_BASE_SEPOLIA, USDC_SOLANA_DEVNET];
        shop.device.policy = preferred.iter().map(|asset| PolicyRule::new(asset, CAP)).collect();
        for path in PATHS {
            let books = shop.open_books(genesis::USDC);
            shop.get(path, EvmUsdc).await.assert_settled(PRICE, path);
            assert_eq!((books.moved().spent, books.moved().fees), (0, 0), "{path}");
        }
    }

    #[tokio::test]
    async fn a_device_with_one_key_pays_where_it_can() {
        let mut shop = both().await;
        let secret = shop.device.keys.evm_secret().unwrap();
        shop.device.keys = Keys::evm(&alloy_primitives::hex::encode(secret)).unwrap();
        for path in PATHS {
            shop.get(path, EvmUsdc).await.assert_settled(PRICE, path);
        }
    }
}
