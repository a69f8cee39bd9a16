//! Tokens that no table knows: the device asks the chain who owns the mint and how it counts.

use embedded_x402::io::{Error, RpcError};
use embedded_x402::policy::Asset;
use embedded_x402::wire::Network;
use embedded_x402_sim::chain::{TokenProgram, genesis};
use embedded_x402_sim::device::PolicyRule;
use embedded_x402_sim::seller::{Resource, Route};
use solana_address::Address;

use crate::books::Trade;
use crate::shop::{CAP, PRICE, Shop, VERSIONS, accept, path};

const MINT: Address = Address::new_from_array([77; 32]);

/// A shop that sells for the token at [`MINT`], and a device that may pay in it.
async fn shop() -> Shop {
    let mut shop = Shop::open(|pay_to| {
        VERSIONS
            .map(|version| Route {
                version,
                ..Route::new(path(version), Resource::Weather, accept(MINT, pay_to, PRICE))
            })
            .into()
    })
    .await;
    let mint = MINT.to_string();
    let rule = PolicyRule::new(&Asset::new(Network::SolanaDevnet, ""), CAP);
    shop.device.policy = vec![PolicyRule { address: mint, ..rule }];
    shop
}

#[tokio::test]
async fn both_programs_and_any_decimals() {
    for (program, decimals) in [
        (TokenProgram::Classic, 9),
        (TokenProgram::Token2022, 9),
        (TokenProgram::Classic, 0),
        (TokenProgram::Token2022, 18),
    ] {
        let shop = shop().await;
        let chain = &shop.market.chain;
        chain.create_mint(&MINT, decimals, program).unwrap();
        chain.fund_token(&shop.payer, &MINT, 2 * PRICE).unwrap();
        chain.fund_token(&shop.market.pay_to, &MINT, 0).unwrap();
        for version in VERSIONS {
            let what = format!("{program:?}, {decimals} decimals, {version:?}");
            shop.get(&path(version), MINT).await.assert_settled(PRICE, &what);
        }
        assert_eq!(chain.token_balance(&shop.payer, &MINT), 0);
    }
}

#[tokio::test]
async fn an_account_of_another_program_is_no_mint() {
    let shop = shop().await;
    shop.market.chain.fund_sol(&MINT, 1_000_000).unwrap();
    for version in VERSIONS {
        let trade = shop.get(&path(version), MINT).await;
        assert_unsigned(&trade, Error::Rpc(RpcError::NotATokenProgram), &path(version));
    }
}

#[tokio::test]
async fn an_empty_address_is_no_mint() {
    let shop = shop().await;
    let trade = shop.get("/v2", MINT).await;
    assert_unsigned(&trade, Error::Rpc(RpcError::NoSuchMint), "nothing there");
}

#[tokio::test]
async fn without_an_rpc_node_nothing_is_guessed() {
    let mut shop = shop().await;
    shop.market.chain.create_mint(&MINT, 6, TokenProgram::Classic).unwrap();
    shop.device.solana_rpc = None;
    let trade = shop.get("/v2", MINT).await;
    assert_eq!(trade.purchase.result.as_ref().err(), Some(&Error::Rpc(RpcError::NotConfigured)));
    trade.books.assert_nothing_moved("no node");
}

/// The device went to the node and did not come back to the seller.
fn assert_unsigned(trade: &Trade<'_>, error: Error, what: &str) {
    assert_eq!(trade.purchase.result.as_ref().err(), Some(&error), "{what}");
    assert_eq!(trade.purchase.traffic.connections, 2, "{what}");
    assert_eq!(trade.purchase.doubt(), None, "{what}");
    trade.books.assert_nothing_moved(what);
}

/// The table spares the question, and the standard mints are what it says.
#[tokio::test]
async fn known_tokens_are_not_asked_about() {
    for (mint, _) in genesis::MINTS {
        let shop = Shop::open(|pay_to| {
            vec![Route::new("/weather", Resource::Weather, accept(mint, pay_to, PRICE))]
        })
        .await;
        let trade = shop.get("/weather", mint).await;
        trade.assert_settled(PRICE, &mint.to_string());
        assert_eq!(trade.purchase.traffic.connections, 1, "{mint}");
    }
}
