//! A facilitator of the first generation: it takes three instructions, no more and no fewer.

use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::seller::Route;
use embedded_x402_sim::x402::Version;

use crate::payment;
use crate::refusals::assert_refused;
use crate::shop::{PRICE, Shop, dollars, weather};

const INSTRUCTIONS_LENGTH: &str = "invalid_exact_svm_payload_transaction_instructions_length";

#[tokio::test]
async fn it_settles_version_1_without_a_memo() {
    let shop = Shop::legacy(|pay_to| vec![weather(Version::V1, "/weather", pay_to)]).await;
    let trade = shop.get("/weather", genesis::USDC).await;
    trade.assert_settled(PRICE, "three instructions");
    let message = shop.message(&trade.receipt().transaction);
    assert_eq!(payment::instructions(&message).len(), 3);
}

#[tokio::test]
async fn it_refuses_memos_by_name() {
    let shop = Shop::legacy(|pay_to| {
        let memo = Some("order 7".to_owned());
        vec![
            Route { memo, ..weather(Version::V1, "/v1", pay_to) },
            // In version 2 the client always writes one.
            weather(Version::V2, "/v2", pay_to),
        ]
    })
    .await;
    for path in ["/v1", "/v2"] {
        assert_refused(&shop.get(path, genesis::USDC).await, INSTRUCTIONS_LENGTH, path);
    }
}

#[tokio::test]
async fn it_names_the_token_account_that_is_missing() {
    let nobody = solana_address::Address::new_from_array([9; 32]);
    let mut shop = Shop::legacy(|pay_to| {
        vec![weather(Version::V1, "/to-nobody", nobody), weather(Version::V1, "/weather", pay_to)]
    })
    .await;
    let reason = "invalid_exact_svm_payload_transaction_receiver_ata_not_found";
    assert_refused(&shop.get("/to-nobody", genesis::USDC).await, reason, "no payee");

    shop.change_device(dollars(crate::shop::CAP));
    let reason = "invalid_exact_svm_payload_transaction_sender_ata_not_found";
    assert_refused(&shop.get("/weather", genesis::USDC).await, reason, "no payer");
}
