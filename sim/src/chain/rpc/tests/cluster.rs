//! Blockhashes, blocks and the node itself.

use super::*;

#[tokio::test]
async fn blockhashes_are_as_old_as_their_commitment() {
    let node = Node::start().await;
    let ask = async |commitment: &str| {
        let parameters = json!([{"commitment": commitment}]);
        node.result("getLatestBlockhash", parameters).await
    };
    let processed = ask("processed").await;
    let finalized = ask("finalized").await;
    let slot = |answer: &Value| answer["context"]["slot"].as_u64().unwrap();
    assert_eq!(slot(&processed) - slot(&finalized), 32);
    let last = finalized["value"]["lastValidBlockHeight"].as_u64();
    assert_eq!(last, Some(slot(&finalized) + 150));
    assert_eq!(node.result("getLatestBlockhash", json!([])).await, finalized);

    let hash = finalized["value"]["blockhash"].clone();
    let valid = async || node.value("isBlockhashValid", json!([hash])).await;
    assert_eq!(valid().await, true);
    node.chain.advance(150);
    assert_eq!(valid().await, true);
    node.chain.advance(1);
    assert_eq!(valid().await, false);
}

#[tokio::test]
async fn a_message_has_a_price_while_its_blockhash_lives() {
    let node = Node::start().await;
    let (payment, _) = node.payment();
    let message = payment.message(node.chain.latest_blockhash(Finalized).hash);
    let text = BASE64_STANDARD.encode(message.serialize());
    let price = async || node.value("getFeeForMessage", json!([text])).await;
    assert_eq!(price().await, FEE);
    node.chain.advance(151);
    assert_eq!(price().await, Value::Null);
}

#[tokio::test]
async fn the_cluster_introduces_itself() {
    let node = Node::start().await;
    let none = json!([]);
    assert_eq!(node.result("getHealth", none.clone()).await, "ok");
    let genesis = node.result("getGenesisHash", none.clone()).await;
    assert_eq!(genesis, "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG");
    assert_eq!(node.result("getFirstAvailableBlock", none.clone()).await, 0);
    let version = node.result("getVersion", none.clone()).await;
    assert!(version["solana-core"].is_string());
    let rent = node.result("getMinimumBalanceForRentExemption", json!([165])).await;
    assert_eq!(rent, 2_039_280);
    let processed = json!([{"commitment": "processed"}]);
    let slot = node.result("getSlot", processed.clone()).await;
    assert_eq!(slot, node.chain.slot(Processed));
    assert_eq!(node.result("getBlockHeight", processed.clone()).await, slot);
    let epoch = node.result("getEpochInfo", processed).await;
    assert_eq!(epoch["absoluteSlot"], slot);
    let health = format!("{}/health", node.url);
    let health = node.client.get(health).send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn the_faucet_pays_in_a_transaction() {
    let node = Node::start().await;
    let address = solana_address::Address::new_from_array([8; 32]).to_string();
    let signature = node.result("requestAirdrop", json!([address, PURSE])).await;
    let statuses = node.value("getSignatureStatuses", json!([[signature]])).await;
    assert_eq!(statuses[0]["err"], Value::Null);
    assert_eq!(node.value("getBalance", json!([address])).await, PURSE);
}

#[tokio::test]
async fn calls_that_make_no_sense_get_a_nodes_errors() {
    let node = Node::start().await;
    let unknown = node.error("getNothing", json!([])).await;
    assert_eq!(unknown, json!({"code": -32601, "message": "Method not found"}));
    let code = async |method: &str, parameters: Value| {
        node.error(method, parameters).await["code"].clone()
    };
    assert_eq!(code("getBalance", json!([])).await, -32602);
    assert_eq!(code("getBalance", json!(["not-base58"])).await, -32602);
    assert_eq!(code("getBalance", json!([7])).await, -32602);
    assert_eq!(code("getBlockHeight", json!([{"commitment": "soon"}])).await, -32602);
    assert_eq!(code("getSignatureStatuses", json!([["AAAA"]])).await, -32602);
    assert_eq!(code("sendTransaction", json!(["AAAA"])).await, -32602);
    assert_eq!(code("getFeeForMessage", json!(["AAAA"])).await, -32602);
    let early = json!([{"minContextSlot": 1_000_000}]);
    let early = node.error("getLatestBlockhash", early).await;
    assert_eq!(early["code"], -32016);
    assert_eq!(early["data"]["contextSlot"], node.chain.slot(Finalized));
    let many = json!([vec![genesis::USDC.to_string(); 101]]);
    let many = node.error("getMultipleAccounts", many).await;
    assert_eq!(many["message"], "Too many inputs provided; max 100");
    let processed = json!([Signature::default().to_string(), {"commitment": "processed"}]);
    assert_eq!(code("getTransaction", processed).await, -32602);
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let node = Node::start().await;
    let answer = node
        .post(&json!([
            {"jsonrpc": "2.0", "id": 1, "method": "getHealth"},
            {"jsonrpc": "2.0", "id": "two", "method": "getSlot", "params": []},
        ]))
        .await;
    assert_eq!(answer[0], json!({"jsonrpc": "2.0", "id": 1, "result": "ok"}));
    assert_eq!(answer[1]["id"], "two");
}

#[tokio::test(start_paused = true)]
async fn slots_pass_while_the_chain_is_served() {
    let chain = Chain::new(crate::chain::ChainConfig::default()).unwrap();
    let before = chain.slot(Processed);
    let served = chain.clone();
    tokio::select! {
        _ = json_rpc::pass_blocks(served) => {}
        () = tokio::time::sleep(std::time::Duration::from_millis(1000)) => {}
    }
    assert_eq!(chain.slot(Processed) - before, 2);
}
