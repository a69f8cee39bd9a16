//! The server over a real socket, asked with a plain HTTP client.

use std::ops::Deref;

use alloy_primitives::{B256, U256, hex};

use super::*;
use crate::evm_chain::{
    EvmChainConfig, genesis,
    payment::{NOW, Payment, encode, raw},
};
use crate::json_rpc::testing::Served;

/// A chain with a payment in preparation, behind its server.
struct Node {
    payment: Payment,
    served: Served,
}

impl Node {
    async fn start() -> Self {
        let payment = Payment::new();
        Self { served: Served::start(payment.chain.clone()).await, payment }
    }

    /// The facilitator's transaction, as `eth_sendRawTransaction` takes it.
    fn raw(&self) -> String {
        let transaction = self.payment.transaction(self.payment.data());
        hex::encode_prefixed(raw(&self.payment.facilitator, transaction))
    }

    /// The facilitator's transaction, as `eth_call` takes it.
    fn call(&self) -> Value {
        json!({
            "from": self.payment.facilitator.address(),
            "to": genesis::USDC,
            "data": self.payment.data(),
        })
    }

    async fn settle(&self) -> Value {
        self.result("eth_sendRawTransaction", json!([self.raw()])).await
    }
}

impl Deref for Node {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

#[tokio::test]
async fn the_network_introduces_itself() {
    let node = Node::start().await;
    assert_eq!(node.result("eth_chainId", json!([])).await, "0x14a34");
    assert_eq!(node.result("net_version", json!([])).await, "84532");
    assert_eq!(node.result("eth_blockNumber", json!([])).await, "0x0");
    let version = node.result("web3_clientVersion", json!([])).await;
    assert!(version.as_str().unwrap().starts_with("x402-sim/"));
    let health = node.client.get(format!("{}/health", node.url)).send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn fees_are_told() {
    let node = Node::start().await;
    assert_eq!(node.result("eth_gasPrice", json!([])).await, "0x1e8480");
    assert_eq!(node.result("eth_maxPriorityFeePerGas", json!([])).await, "0xf4240");
    node.settle().await;
    let history = node.result("eth_feeHistory", json!(["0x4", "latest", [25, 75]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"], json!(["0xf4240", "0xf4240", "0xf4240"]));
    assert_eq!(history["reward"], json!([["0xf4240", "0xf4240"], ["0xf4240", "0xf4240"]]));
    assert_eq!(history["gasUsedRatio"][0], 0.0);
    assert!(history["gasUsedRatio"][1].as_f64().unwrap() > 0.0);
    let one = node.result("eth_feeHistory", json!([1, "latest"])).await;
    assert_eq!(one["oldestBlock"], "0x1");
    assert!(one.get("reward").is_none());
    let error = node.error("eth_feeHistory", json!(["0x1", "latest", [75, 25]])).await;
    assert_eq!(error["code"], -32000);
}

#[tokio::test]
async fn accounts_are_read() {
    let node = Node::start().await;
    let facilitator = node.payment.facilitator.address();
    let ask = async |method: &str, more: Value| node.result(method, more).await;
    let balance = ask("eth_getBalance", json!([facilitator, "latest"])).await;
    assert_eq!(balance, "0xde0b6b3a7640000");
    let count = ask("eth_getTransactionCount", json!([facilitator, "pending"])).await;
    assert_eq!(count, "0x0");
    assert_eq!(ask("eth_getCode", json!([facilitator, "latest"])).await, "0x");
    let code = ask("eth_getCode", json!([genesis::USDC])).await;
    assert_eq!(code, genesis::token_code().to_string());
    // The first variable of the contract is its supply.
    let supply = ask("eth_getStorageAt", json!([genesis::USDC, "0x0", "latest"])).await;
    assert_eq!(supply, json!(B256::from(U256::from(5000))));
}

#[tokio::test]
async fn a_call_is_simulated() {
    let node = Node::start().await;
    assert_eq!(node.result("eth_call", json!([node.call(), "latest"])).await, "0x");
    let nowhere = json!([{"to": node.payment.seller, "input": "0x01020304"}, "latest"]);
    assert_eq!(node.result("eth_call", nowhere).await, "0x");
    let name = json!([{"to": genesis::USDC, "data": encode("version()", &[])}, "0x0"]);
    let answer = node.result("eth_call", name).await;
    assert_eq!(answer.as_str().unwrap().len(), 2 + 3 * 64);
    let estimate = node.result("eth_estimateGas", json!([node.call()])).await;
    let estimate = u64::from_str_radix(&estimate.as_str().unwrap()[2..], 16).unwrap();
    assert!((60_000..120_000).contains(&estimate), "{estimate}");
}

#[tokio::test]
async fn a_revert_is_told_with_its_data() {
    let node = Node::start().await;
    node.settle().await;
    for method in ["eth_call", "eth_estimateGas"] {
        let error = node.error(method, json!([node.call(), "latest"])).await;
        assert_eq!(error["code"], 3);
        assert_eq!(
            error["message"],
            "execution reverted: FiatTokenV2: authorization is used or canceled"
        );
        assert!(error["data"].as_str().unwrap().starts_with("0x08c379a0"));
    }
}

#[tokio::test]
async fn a_settlement_has_a_receipt() {
    let node = Node::start().await;
    let hash = node.settle().await;
    let receipt = node.result("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(receipt["transactionHash"], hash);
    assert_eq!(receipt["blockNumber"], "0x1");
    assert_eq!(receipt["from"], json!(node.payment.facilitator.address()));
    assert_eq!(receipt["to"], json!(genesis::USDC));
    assert_eq!(receipt["contractAddress"], Value::Null);
    assert_eq!(receipt["effectiveGasPrice"], "0x1e8480");
    assert_eq!(receipt["gasUsed"], receipt["cumulativeGasUsed"]);
    assert_eq!(receipt["logsBloom"].as_str().unwrap().len(), 2 + 512);
    let log = &receipt["logs"][1];
    assert_eq!(log["address"], json!(genesis::USDC));
    assert_eq!(log["logIndex"], "0x1");
    assert_eq!(log["removed"], false);
    assert_eq!(log["topics"][2], json!(node.payment.seller.into_word()));
    let unknown = json!([B256::ZERO]);
    assert_eq!(node.result("eth_getTransactionReceipt", unknown.clone()).await, Value::Null);
    assert_eq!(node.result("eth_getTransactionByHash", unknown).await, Value::Null);
}

#[tokio::test]
async fn a_failed_settlement_has_a_receipt_that_says_so() {
    let node = Node::start().await;
    node.settle().await;
    let hash = node.settle().await;
    let receipt = node.result("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x0");
    assert_eq!(receipt["logs"], json!([]));
}

#[tokio::test]
async fn transactions_and_blocks_are_shown() {
    let node = Node::start().await;
    let hash = node.settle().await;
    let transaction = node.result("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(transaction["hash"], hash);
    assert_eq!(transaction["type"], "0x2");
    assert_eq!(transaction["nonce"], "0x0");
    assert_eq!(transaction["chainId"], "0x14a34");
    assert_eq!(transaction["input"], json!(node.payment.data()));
    assert_eq!(transaction["from"], json!(node.payment.facilitator.address()));
    assert_eq!(transaction["transactionIndex"], "0x0");
    assert_eq!(transaction["maxFeePerGas"], "0x2dc6c0");
    assert_eq!(transaction["gasPrice"], "0x1e8480");
    let block = node.result("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(block["number"], "0x1");
    assert_eq!(block["timestamp"], json!(format!("{NOW:#x}")));
    assert_eq!(block["baseFeePerGas"], "0xf4240");
    assert_eq!(block["gasLimit"], "0x1c9c380");
    assert_eq!(block["transactions"], json!([hash]));
    assert_eq!(block["hash"], transaction["blockHash"]);
    let full = node.result("eth_getBlockByHash", json!([block["hash"], true])).await;
    assert_eq!(full["transactions"], json!([transaction]));
    let genesis = node.result("eth_getBlockByNumber", json!(["earliest", false])).await;
    assert_eq!(block["parentHash"], genesis["hash"]);
    assert_eq!(genesis["transactions"], json!([]));
    let future = node.result("eth_getBlockByNumber", json!(["0x2", false])).await;
    assert_eq!(future, Value::Null);
}

#[tokio::test]
async fn logs_are_found() {
    let node = Node::start().await;
    let hash = node.settle().await;
    let transfer = alloy_primitives::keccak256("Transfer(address,address,uint256)");
    let count = async |filter: Value| {
        node.result("eth_getLogs", json!([filter])).await.as_array().unwrap().len()
    };
    assert_eq!(count(json!({"fromBlock": "0x0", "toBlock": "latest"})).await, 2);
    assert_eq!(count(json!({"fromBlock": "0x0", "toBlock": "0x0"})).await, 0);
    assert_eq!(count(json!({"fromBlock": "0x9"})).await, 0);
    assert_eq!(count(json!({"address": genesis::USDC, "topics": [transfer]})).await, 1);
    let buyer = node.payment.payer.address().into_word();
    assert_eq!(count(json!({"topics": [[transfer, B256::ZERO], buyer]})).await, 1);
    assert_eq!(count(json!({"topics": [null, [null], [B256::ZERO]]})).await, 0);
    assert_eq!(count(json!({"address": [node.payment.seller]})).await, 0);
    let receipt = node.result("eth_getTransactionReceipt", json!([hash])).await;
    let logs = node.result("eth_getLogs", json!([{"blockHash": receipt["blockHash"]}])).await;
    assert_eq!(logs, receipt["logs"]);
    let both = json!([{"blockHash": receipt["blockHash"], "fromBlock": "0x0"}]);
    assert_eq!(node.error("eth_getLogs", both).await["code"], -32602);
}

#[tokio::test]
async fn errors_are_worded_as_geth_words_them() {
    let node = Node::start().await;
    let unknown = node.error("eth_mine", json!([])).await;
    let words = "the method eth_mine does not exist/is not available";
    assert_eq!(unknown, json!({"code": -32601, "message": words}));
    let missing = node.error("eth_getBalance", json!([])).await;
    let words = "missing value for required argument 0";
    assert_eq!(missing, json!({"code": -32602, "message": words}));
    let future = node.error("eth_call", json!([node.call(), "0x5"])).await;
    assert_eq!(future, json!({"code": -32000, "message": "header not found"}));
    let code = async |method: &str, parameters: Value| {
        node.error(method, parameters).await["code"].clone()
    };
    assert_eq!(code("eth_getBalance", json!(["0x12", "latest"])).await, -32602);
    assert_eq!(code("eth_getBalance", json!([7])).await, -32602);
    assert_eq!(code("eth_call", json!(["0x"])).await, -32602);
    assert_eq!(code("eth_call", json!([{"data": "0x01", "input": "0x02"}])).await, -32602);
    let overrides = json!([node.call(), "latest", {genesis::USDC.to_string(): {}}]);
    assert_eq!(code("eth_call", overrides).await, -32602);
    assert_eq!(code("eth_sendRawTransaction", json!(["02f8"])).await, -32000);
    assert_eq!(code("eth_sendRawTransaction", json!(["0x02f8"])).await, -32000);
    node.settle().await;
    let old = node.payment.transaction(node.payment.data());
    let old = alloy_consensus::TxEip1559 { nonce: 0, gas_limit: 190_000, ..old };
    let raw = hex::encode_prefixed(raw(&node.payment.facilitator, old));
    let error = node.error("eth_sendRawTransaction", json!([raw])).await;
    let words = "nonce too low: next nonce 1, tx nonce 0";
    assert_eq!(error, json!({"code": -32000, "message": words}));
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let node = Node::start().await;
    let answer = node
        .post(&json!([
            {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"},
            {"jsonrpc": "2.0", "id": "two", "method": "eth_blockNumber", "params": []},
        ]))
        .await;
    assert_eq!(answer[0], json!({"jsonrpc": "2.0", "id": 1, "result": "0x14a34"}));
    assert_eq!(answer[1]["id"], "two");
}

#[tokio::test(start_paused = true)]
async fn blocks_pass_while_the_chain_is_served() {
    let chain = EvmChain::new(EvmChainConfig::default());
    let served = chain.clone();
    tokio::select! {
        _ = json_rpc::pass_blocks(served) => {}
        () = tokio::time::sleep(std::time::Duration::from_secs(5)) => {}
    }
    assert_eq!(chain.block_number(), 2);
}

/// As the device asks, by the number of a block.
#[tokio::test]
async fn a_payer_sees_that_its_authorization_is_used() {
    let node = Node::start().await;
    let authorization = &node.payment.authorization;
    let words = [authorization.from.into_word(), authorization.nonce].concat();
    let data = format!("0xe94a0102{}", hex::encode(words));
    let state = async || {
        let newest = node.result("eth_getBlockByNumber", json!(["latest", false])).await;
        let call = json!([{"to": genesis::USDC, "data": data}, newest["number"]]);
        node.result("eth_call", call).await
    };
    assert_eq!(state().await, json!(B256::ZERO));
    node.settle().await;
    assert_eq!(state().await, json!(B256::with_last_byte(1)));
}
