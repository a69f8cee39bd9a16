//! The server over a real socket, asked with a plain HTTP client.

use std::ops::Deref;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use solana_commitment_config::CommitmentLevel::{Confirmed, Finalized, Processed};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::*;
use crate::chain::{
    genesis,
    payment::{FEE, PURSE, Payment, manual_chain},
};
use crate::json_rpc::testing::Served;

/// A chain behind its server.
struct Node {
    chain: Chain,
    served: Served,
}

impl Node {
    async fn start() -> Self {
        let chain = manual_chain();
        Self { served: Served::start(chain.clone()).await, chain }
    }

    async fn value(&self, method: &str, parameters: Value) -> Value {
        let mut result = self.result(method, parameters).await;
        assert!(result["context"]["slot"].is_u64(), "{method}: {result}");
        result["value"].take()
    }

    fn payment(&self) -> (Payment, VersionedTransaction) {
        self.payment_of(1500)
    }

    fn payment_of(&self, amount: u64) -> (Payment, VersionedTransaction) {
        let mut payment = Payment::in_usdc(&self.chain);
        payment.amount = amount;
        let transaction = payment.sign(self.chain.latest_blockhash(Confirmed).hash);
        (payment, transaction)
    }
}

impl Deref for Node {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

fn base64(transaction: &VersionedTransaction) -> String {
    BASE64_STANDARD.encode(bincode::serialize(transaction).unwrap())
}

fn in_base64() -> Value {
    json!({"encoding": "base64", "preflightCommitment": "confirmed", "commitment": "confirmed"})
}

fn without_preflight() -> Value {
    json!({"encoding": "base64", "skipPreflight": true})
}

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

#[tokio::test]
async fn a_mint_is_read_in_every_encoding() {
    let node = Node::start().await;
    let usdc = genesis::USDC.to_string();
    let ask = async |options: Value| node.value("getAccountInfo", json!([usdc, options])).await;
    let account = ask(json!({"encoding": "base64"})).await;
    assert_eq!(account["owner"], "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    assert_eq!(account["space"], 82);
    assert_eq!(account["executable"], false);
    assert_eq!(account["data"][1], "base64");
    let data = BASE64_STANDARD.decode(account["data"][0].as_str().unwrap()).unwrap();
    assert_eq!(data[44], 6); // decimals, where embedded clients look for them
    let parsed = ask(json!({"encoding": "jsonParsed"})).await;
    assert_eq!(parsed["data"]["program"], "spl-token");
    assert_eq!(parsed["data"]["parsed"]["type"], "mint");
    assert_eq!(parsed["data"]["parsed"]["info"]["decimals"], 6);
    assert!(ask(json!(null)).await["data"].is_string());
    assert_eq!(ask(json!({"encoding": "base58"})).await["data"][1], "base58");
    let slice = json!({"encoding": "base64", "dataSlice": {"offset": 44, "length": 1}});
    assert_eq!(ask(slice).await["data"][0], BASE64_STANDARD.encode([6]));
    let beyond = json!({"encoding": "base64", "dataSlice": {"offset": 90, "length": 9}});
    assert_eq!(ask(beyond).await["data"][0], "");
}

#[tokio::test]
async fn token_accounts_are_parsed_and_found_by_owner() {
    let node = Node::start().await;
    let owner = solana_address::Address::new_from_array([8; 32]);
    node.chain.fund_token(&owner, &genesis::PYUSD, 1_250_000).unwrap();
    let token = crate::chain::TokenProgram::Token2022;
    let address = token.associated_account(&owner, &genesis::PYUSD).to_string();
    let missing = solana_address::Address::new_from_array([1; 32]).to_string();
    let parsed = json!({"encoding": "jsonParsed"});
    let accounts = json!([[address, missing], parsed]);
    let accounts = node.value("getMultipleAccounts", accounts).await;
    let info = &accounts[0]["data"]["parsed"]["info"];
    assert_eq!(info["tokenAmount"]["uiAmountString"], "1.25");
    assert_eq!(info["owner"], owner.to_string());
    assert_eq!(accounts[0]["data"]["program"], "spl-token-2022");
    assert_eq!(accounts[1], Value::Null);
    let base58 = node.error("getAccountInfo", json!([address])).await;
    assert_eq!(base58["code"], -32600);
    let by_owner = async |filter: Value| {
        let parameters = json!([owner.to_string(), filter, parsed]);
        node.value("getTokenAccountsByOwner", parameters).await
    };
    let found = by_owner(json!({"mint": genesis::PYUSD.to_string()})).await;
    assert_eq!(found[0]["pubkey"], address);
    assert_eq!(found[0]["account"], accounts[0]);
    let classic = crate::chain::TokenProgram::Classic.id().to_string();
    assert_eq!(by_owner(json!({"programId": classic})).await, json!([]));
    let supply = node.value("getTokenSupply", json!([genesis::PYUSD.to_string()])).await;
    assert_eq!(supply["amount"], "1250000");
}

#[tokio::test]
async fn balances_of_what_is_not_there() {
    let node = Node::start().await;
    let nobody = solana_address::Address::new_from_array([1; 32]).to_string();
    assert_eq!(node.value("getBalance", json!([nobody])).await, 0);
    let encoding = json!({"encoding": "base64"});
    let account = node.value("getAccountInfo", json!([nobody, encoding])).await;
    assert_eq!(account, Value::Null);
    let error = node.error("getTokenAccountBalance", json!([nobody])).await;
    assert_eq!(error["message"], "Invalid param: could not find account");
    let mint = json!([genesis::USDC.to_string()]);
    let error = node.error("getTokenAccountBalance", mint).await;
    assert_eq!(error["message"], "Invalid param: not a Token account");
}

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
