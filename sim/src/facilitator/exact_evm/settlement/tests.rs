//! Settling, on the real token and through a node that can be told what to say.

use alloy_primitives::U256;
use serde_json::json;

use super::super::testing::*;
use super::*;
use crate::evm_chain::payment::{Authorization as Signed, PURSE, Payment as Purchase, wallet};
use crate::x402::Version;

#[tokio::test]
async fn a_good_payment_settles_once_in_either_version() {
    for version in [Version::V1, Version::V2] {
        let bench = Bench::new().await;
        let Purchase { chain, seller, authorization, .. } = &bench.purchase;
        let request = bench.request(version);
        let payer = request.payment_payload["payload"]["authorization"]["from"].as_str();
        let verified = bench.facilitator.verify(&request).await;
        assert_eq!(verified, verdict::valid(payer.unwrap().to_owned()));
        bench.assert_nothing_moved();

        let settled = bench.facilitator.settle(&request).await;
        assert!(settled.success, "{settled:?}");
        assert_eq!(settled.payer.as_deref(), payer);
        assert_eq!(settled.network, request.payment_requirements["network"].as_str().unwrap());
        let transaction: B256 = settled.transaction.parse().unwrap();
        let block = chain.transaction(transaction).unwrap();
        let mined = block.mined.as_ref().unwrap();
        assert_eq!(mined.from, wallet(2).address());
        assert!(mined.transaction.is_eip1559());
        assert_eq!(chain.token_balance(*seller), U256::from(AMOUNT));
        assert_eq!(chain.token_balance(authorization.from), U256::from(PURSE - AMOUNT));

        let again = bench.facilitator.settle(&request).await;
        let expected = "invalid_exact_evm_nonce_already_used";
        assert_eq!(again.error_reason.as_deref(), Some(expected));
        assert_eq!(again.transaction, "");
        let verified = bench.facilitator.verify(&request).await;
        assert_eq!(verified.invalid_reason.as_deref(), Some(expected));
        assert_eq!(chain.block_number(), 1);
    }
}

#[tokio::test]
async fn payments_at_the_same_time_have_transactions_of_their_own() {
    let bench = Bench::new().await;
    let requests: Vec<_> = (1..=3)
        .map(|nonce| {
            let nonce = B256::repeat_byte(nonce);
            let signed = Signed { nonce, ..bench.purchase.authorization.clone() };
            let signature = bench.purchase.payer.sign(signed.digest()).unwrap();
            request(Version::V2, &signed, &signature.as_bytes())
        })
        .collect();
    let settle = requests.iter().map(|request| bench.facilitator.settle(request));
    let settled = futures_util::future::join_all(settle).await;
    assert!(settled.iter().all(|answer| answer.success), "{settled:?}");
    let balance = bench.purchase.chain.token_balance(bench.purchase.seller);
    assert_eq!(balance, U256::from(3 * AMOUNT));
}

#[tokio::test]
async fn a_transaction_that_moves_nothing_is_no_settlement() {
    let (bench, request) = in_token(Version::V2, |purchase| deploy(purchase, DOES_NOTHING)).await;
    let settled = bench.facilitator.settle(&request).await;
    assert!(!settled.success);
    let expected = "invalid_exact_evm_transfer_event_mismatch";
    assert_eq!(settled.error_reason.as_deref(), Some(expected));
    assert!(bench.purchase.chain.transaction(settled.transaction.parse().unwrap()).is_some());
}

#[tokio::test]
async fn a_pending_payment_is_looked_at_again_and_not_sent_again() {
    let (node, bench) = with_node().await;
    let request = bench.request(Version::V2);
    for unsure in [json!(null), json!({"code": -32000, "message": "indexing"})] {
        node.answer("eth_getTransactionReceipt", unsure);
        let answer = bench.facilitator.settle(&request).await;
        assert_eq!(answer.error_reason.as_deref(), Some("settlement_pending"));
        assert!(answer.transaction.parse::<B256>().is_ok());
    }
    node.pass_on("eth_getTransactionReceipt");
    assert!(bench.facilitator.settle(&request).await.success);
    assert_eq!(node.calls("eth_sendRawTransaction").len(), 1);
    let again = bench.facilitator.settle(&request).await;
    let expected = "invalid_exact_evm_nonce_already_used";
    assert_eq!(again.error_reason.as_deref(), Some(expected));
}

#[tokio::test]
async fn a_node_that_refuses_the_transaction_has_not_sent_it() {
    let (node, bench) = with_node().await;
    let request = bench.request(Version::V2);
    for method in ["eth_estimateGas", "eth_sendRawTransaction"] {
        node.answer(method, json!({"code": -32000, "message": "insufficient funds for gas"}));
        let answer = bench.facilitator.settle(&request).await;
        let expected = "invalid_exact_evm_transaction_failed";
        assert_eq!(answer.error_reason.as_deref(), Some(expected), "{method}");
        assert!(answer.error_message.is_some_and(|message| message.contains("funds for gas")));
        assert_eq!(answer.transaction, "");
        node.pass_on(method);
    }
    assert!(bench.facilitator.settle(&request).await.success);
}

#[tokio::test]
async fn a_node_that_does_not_say_whether_it_sent_leaves_the_payment_pending() {
    let (node, bench) = with_node().await;
    node.answer("eth_sendRawTransaction", json!("what?"));
    let answer = bench.facilitator.settle(&bench.request(Version::V2)).await;
    assert_eq!(answer.error_reason.as_deref(), Some("settlement_pending"));
    assert!(answer.transaction.parse::<B256>().is_ok());
}

#[tokio::test]
async fn a_transaction_that_fails_on_chain_keeps_its_hash() {
    let (node, bench) = with_node().await;
    node.answer("eth_getTransactionReceipt", json!({"status": "0x0", "logs": []}));
    let answer = bench.facilitator.settle(&bench.request(Version::V1)).await;
    assert_eq!(answer.error_reason.as_deref(), Some("invalid_exact_evm_transaction_failed"));
    assert!(answer.transaction.parse::<B256>().is_ok());
}

#[tokio::test(start_paused = true)]
async fn transactions_are_not_looked_for_forever() {
    let settlements = Settlements::default();
    let (one, other) = (B256::repeat_byte(1), B256::repeat_byte(2));
    settlements.leave_pending(one, one);
    tokio::time::advance(MEMORY / 2).await;
    settlements.leave_pending(other, other);
    assert_eq!(settlements.take_pending(other), Some(other));
    assert_eq!(settlements.take_pending(other), None, "one caller looks");
    tokio::time::advance(MEMORY / 2).await;
    assert_eq!(settlements.take_pending(one), None, "it is over");
    settlements.leave_pending(one, one);
    tokio::time::advance(MEMORY).await;
    settlements.leave_pending(other, other);
    assert_eq!(settlements.pending().len(), 1);
}
