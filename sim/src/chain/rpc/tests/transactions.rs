//! Payments that land, fail, or are simulated, and what is told of them.

use super::*;

#[tokio::test]
async fn a_payment_settles_as_a_facilitator_sees_it() {
    let node = Node::start().await;
    let (payment, transaction) = node.payment();
    let sent = json!([base64(&transaction), in_base64()]);
    let signature = node.result("sendTransaction", sent).await;
    assert_eq!(signature, transaction.signatures[0].to_string());

    let statuses = json!([[signature, Signature::default().to_string()]]);
    let statuses = node.value("getSignatureStatuses", statuses).await;
    let expected = json!([
        {
            "slot": node.chain.slot(Processed), "confirmations": 0, "err": null,
            "status": {"Ok": null}, "confirmationStatus": "confirmed",
        },
        null,
    ]);
    assert_eq!(statuses, expected);
    assert_eq!(node.chain.token_balance(&payment.seller, &genesis::USDC), 1500);
    let account = payment.source().to_string();
    let amount = node.value("getTokenAccountBalance", json!([account])).await;
    let expected = json!({
        "amount": "3500", "decimals": 6, "uiAmount": 0.0035, "uiAmountString": "0.0035",
    });
    assert_eq!(amount, expected);
}

#[tokio::test]
async fn a_landed_payment_can_be_read_back() {
    let node = Node::start().await;
    let (payment, transaction) = node.payment();
    let signature = node.chain.send(transaction.clone()).unwrap().to_string();
    let options = json!({"commitment": "confirmed", "maxSupportedTransactionVersion": 0});
    let landed = node.result("getTransaction", json!([signature, options])).await;
    assert_eq!(landed["version"], 0);
    assert_eq!(landed["slot"], node.chain.slot(Processed));
    let message = &landed["transaction"]["message"];
    assert_eq!(message["accountKeys"][0], payment.facilitator.pubkey().to_string());
    let meta = &landed["meta"];
    assert_eq!(meta["err"], Value::Null);
    assert_eq!(meta["fee"], FEE);
    assert_eq!(meta["preBalances"][0], PURSE);
    assert_eq!(meta["postBalances"][0], PURSE - FEE);
    assert!(meta["logMessages"].as_array().is_some_and(|logs| logs.len() > 4));
    let payers = |balances: &Value| {
        let payer = payment.payer.pubkey().to_string();
        let mut balances = balances.as_array().unwrap().iter();
        let balance = balances.find(|balance| balance["owner"] == payer).unwrap();
        assert_eq!(balance["mint"], genesis::USDC.to_string());
        balance["uiTokenAmount"]["amount"].clone()
    };
    assert_eq!(payers(&meta["preTokenBalances"]), "5000");
    assert_eq!(payers(&meta["postTokenBalances"]), "3500");

    let options = json!({
        "commitment": "confirmed", "maxSupportedTransactionVersion": 0, "encoding": "base64",
    });
    let landed = node.result("getTransaction", json!([signature, options])).await;
    assert_eq!(landed["transaction"], json!([base64(&transaction), "base64"]));

    let finalized = json!([signature, {"maxSupportedTransactionVersion": 0}]);
    assert_eq!(node.result("getTransaction", finalized.clone()).await, Value::Null);
    node.chain.advance(32);
    assert_ne!(node.result("getTransaction", finalized).await, Value::Null);
    let old_client = node.error("getTransaction", json!([signature])).await;
    assert_eq!(old_client["code"], -32015);
}

#[tokio::test]
async fn the_history_of_an_address_is_newest_first() {
    let node = Node::start().await;
    let (payment, first) = node.payment();
    let first = node.chain.send(first).unwrap().to_string();
    node.chain.advance(1);
    let second = payment.sign(node.chain.latest_blockhash(Confirmed).hash);
    let second = node.chain.send(second).unwrap().to_string();
    let ask = async |options: Value| {
        let parameters = json!([payment.source().to_string(), options]);
        node.result("getSignaturesForAddress", parameters).await
    };
    let all = ask(json!({"commitment": "confirmed"})).await;
    assert_eq!(all[0]["signature"], second);
    assert_eq!(all[1]["signature"], first);
    assert_eq!(all[0]["memo"], "[32] 0123456789abcdef0123456789abcdef");
    assert_eq!(all[0]["confirmationStatus"], "confirmed");
    let older = ask(json!({"commitment": "confirmed", "before": second})).await;
    assert_eq!(older.as_array().map(Vec::len), Some(1));
    let newer = ask(json!({"commitment": "confirmed", "until": first, "limit": 5})).await;
    assert_eq!(newer[0]["signature"], second);
    assert_eq!(newer.as_array().map(Vec::len), Some(1));
    assert_eq!(ask(json!({})).await, json!([]));
}

#[tokio::test]
async fn preflight_says_why_a_payment_would_fail() {
    let node = Node::start().await;
    let (payment, transaction) = node.payment_of(5001);
    let error = node.error("sendTransaction", json!([base64(&transaction), in_base64()])).await;
    assert_eq!(error["code"], -32002);
    let message = "Transaction simulation failed: \
                   Error processing Instruction 2: custom program error: 0x1";
    assert_eq!(error["message"], message);
    let data = &error["data"];
    assert_eq!(data["err"], json!({"InstructionError": [2, {"Custom": 1}]}));
    assert!(data["unitsConsumed"].as_u64().is_some_and(|units| units > 0));
    let logs = data["logs"].as_array().unwrap();
    assert!(logs.iter().any(|line| line.as_str().is_some_and(|line| line.contains("failed"))));
    assert_eq!(node.chain.balance(&payment.facilitator.pubkey()), PURSE);
}

#[tokio::test]
async fn without_preflight_a_failing_payment_lands_and_costs_its_fee() {
    let node = Node::start().await;
    let (payment, transaction) = node.payment_of(5001);
    let sent = json!([base64(&transaction), without_preflight()]);
    let signature = node.result("sendTransaction", sent).await;
    let status = &node.value("getSignatureStatuses", json!([[signature]])).await[0];
    let error = json!({"InstructionError": [2, {"Custom": 1}]});
    assert_eq!(status["err"], error);
    assert_eq!(status["status"], json!({"Err": error}));
    assert_eq!(node.chain.balance(&payment.facilitator.pubkey()), PURSE - FEE);
}

#[tokio::test]
async fn without_preflight_a_payment_that_cannot_land_leaves_no_trace() {
    let node = Node::start().await;
    let (_, transaction) = node.payment();
    node.chain.advance(151);
    let sent = json!([base64(&transaction), without_preflight()]);
    let signature = node.result("sendTransaction", sent).await;
    let statuses = node.value("getSignatureStatuses", json!([[signature]])).await;
    assert_eq!(statuses, json!([null]));
}

#[tokio::test]
async fn duplicates_and_expired_payments_are_named() {
    let node = Node::start().await;
    let (_, transaction) = node.payment();
    let sent = json!([base64(&transaction), in_base64()]);
    node.result("sendTransaction", sent.clone()).await;
    let duplicate = node.error("sendTransaction", sent.clone()).await;
    assert_eq!(duplicate["data"]["err"], "AlreadyProcessed");
    let message = "Transaction simulation failed: This transaction has already been processed";
    assert_eq!(duplicate["message"], message);
    node.chain.advance(151);
    let expired = node.error("sendTransaction", sent).await;
    assert_eq!(expired["message"], "Transaction simulation failed: Blockhash not found");
    assert_eq!(expired["data"]["logs"], json!([]));
}

#[tokio::test]
async fn a_hash_younger_than_the_preflight_block_is_unknown_to_it() {
    let node = Node::start().await;
    let (_, transaction) = node.payment();
    let options = json!({"encoding": "base64"}); // preflight at finalized
    let error = node.error("sendTransaction", json!([base64(&transaction), options])).await;
    assert_eq!(error["data"]["err"], "BlockhashNotFound");
}

#[tokio::test]
async fn a_wrong_signature_is_refused_where_it_is_looked_at() {
    let node = Node::start().await;
    let (_, mut transaction) = node.payment();
    transaction.signatures[0] = Signature::default();
    let text = base64(&transaction);
    let error = node.error("sendTransaction", json!([text, in_base64()])).await;
    assert_eq!(error["code"], -32003);
    assert_eq!(error["message"], "Transaction signature verification failure");
    let mut options = in_base64();
    let value = node.value("simulateTransaction", json!([text, options])).await;
    assert_eq!(value["err"], Value::Null);
    options["sigVerify"] = json!(true);
    let error = node.error("simulateTransaction", json!([text, options])).await;
    assert_eq!(error["code"], -32003);
}

#[tokio::test]
async fn a_simulation_shows_accounts_afterwards_and_changes_nothing() {
    let node = Node::start().await;
    let (payment, transaction) = node.payment();
    let mut options = in_base64();
    let source = payment.source().to_string();
    options["accounts"] = json!({"encoding": "jsonParsed", "addresses": [source]});
    let value = node.value("simulateTransaction", json!([base64(&transaction), options])).await;
    assert_eq!(value["err"], Value::Null);
    assert_eq!(value["fee"], FEE);
    assert!(value["unitsConsumed"].as_u64().is_some_and(|units| units < 20_000));
    let info = &value["accounts"][0]["data"]["parsed"]["info"];
    assert_eq!(info["tokenAmount"]["amount"], "3500");
    assert_eq!(node.chain.token_balance(&payment.seller, &genesis::USDC), 0);
}

#[tokio::test]
async fn a_simulation_can_bring_its_own_blockhash() {
    let node = Node::start().await;
    let (_, transaction) = node.payment();
    node.chain.advance(200);
    let text = base64(&transaction);
    let mut options = in_base64();
    let value = node.value("simulateTransaction", json!([text, options])).await;
    assert_eq!(value["err"], "BlockhashNotFound");
    options["replaceRecentBlockhash"] = json!(true);
    let value = node.value("simulateTransaction", json!([text, options])).await;
    assert_eq!(value["err"], Value::Null);
    let newest = node.chain.latest_blockhash(Confirmed).hash.to_string();
    assert_eq!(value["replacementBlockhash"]["blockhash"], newest);
    options["sigVerify"] = json!(true);
    let error = node.error("simulateTransaction", json!([text, options])).await;
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn transactions_come_in_base58_by_default() {
    let node = Node::start().await;
    let (payment, _) = node.payment();
    let finalized = node.chain.latest_blockhash(Finalized).hash;
    let bytes = bincode::serialize(&payment.sign(finalized)).unwrap();
    let text = bs58::encode(bytes).into_string();
    node.result("sendTransaction", json!([text])).await;
    assert_eq!(node.chain.token_balance(&payment.seller, &genesis::USDC), 1500);
}
