//! Every check on payments that break it and only it, on the real token; and the payments that the
//! reference client made.
//!
//! The payments are hashed by the tests of the chain, from the definitions.

use alloy_primitives::{B256, U256, hex};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::reason::Reason as _;
use super::super::testing::ScriptedNode;
use super::super::{Facilitator, verdict};
use super::*;
use crate::evm_chain::payment::{Authorization as Signed, PURSE, Payment as Purchase, wallet};
use crate::evm_chain::{self, EvmChain, genesis};
use crate::x402::{FacilitatorRequest, Version};

const AMOUNT: u64 = 1500;

/// Half of the group's order, doubled and one more: what `s` and its twin add up to.
const ORDER: U256 =
    U256::from_be_bytes(hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));

/// A chain with a payment in preparation, and a facilitator.
struct Bench {
    purchase: Purchase,
    facilitator: Facilitator,
}

impl Bench {
    async fn new() -> Self {
        let mut purchase = Purchase::new();
        // The chain's clock stands still in the future; the facilitator's is the wall's.
        purchase.authorization.valid_before = U256::from(u64::MAX);
        let facilitator = Facilitator::new(config(&serve(&purchase.chain).await));
        Self { purchase, facilitator }
    }

    fn request(&self, version: Version) -> FacilitatorRequest {
        request(version, &self.purchase.authorization, &self.purchase.signature().as_bytes())
    }

    /// Why verifying and settling refuse this request, with which nothing moves.
    async fn reason(&self, request: &FacilitatorRequest) -> String {
        let verified = self.facilitator.verify(request).await;
        assert!(!verified.is_valid);
        let settled = self.facilitator.settle(request).await;
        assert!(!settled.success);
        assert_eq!(settled.transaction, "");
        assert_eq!(verified.invalid_reason, settled.error_reason);
        assert_eq!(verified.payer, settled.payer);
        self.assert_nothing_moved();
        settled.error_reason.unwrap()
    }

    fn assert_nothing_moved(&self) {
        let Purchase { chain, seller, authorization, .. } = &self.purchase;
        assert_eq!(chain.token_balance(*seller), U256::ZERO);
        assert_eq!(chain.token_balance(self.purchase.payer.address()), U256::from(PURSE));
        assert!(!chain.authorization_used(authorization.from, authorization.nonce));
        assert_eq!(chain.block_number(), 0);
    }
}

fn config(url: &str) -> EvmConfig {
    let poll_interval = Duration::from_millis(1);
    EvmConfig { poll_interval, ..EvmConfig::new(wallet(2), url) }
}

async fn serve(chain: &EvmChain) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(evm_chain::rpc::serve(listener, chain.clone()));
    url
}

fn requirements(version: Version, pay_to: Address) -> Value {
    let (network, amount) = match version {
        Version::V1 => ("base-sepolia", "maxAmountRequired"),
        Version::V2 => ("eip155:84532", "amount"),
    };
    json!({
        "scheme": "exact", "network": network, amount: AMOUNT.to_string(),
        "asset": genesis::USDC.to_string(), "payTo": pay_to.to_string(),
        "maxTimeoutSeconds": 60, "extra": {"name": "USDC", "version": "2"},
    })
}

fn request(version: Version, signed: &Signed, signature: &[u8]) -> FacilitatorRequest {
    let requirements = requirements(version, signed.to);
    let payload = json!({
        "signature": hex::encode_prefixed(signature),
        "authorization": {
            "from": format!("{:?}", signed.from), "to": format!("{:?}", signed.to),
            "value": signed.value.to_string(), "validAfter": signed.valid_after.to_string(),
            "validBefore": signed.valid_before.to_string(), "nonce": signed.nonce.to_string(),
        },
    });
    let payment_payload = match version {
        Version::V1 => json!({
            "x402Version": 1, "scheme": "exact", "network": requirements["network"],
            "payload": payload,
        }),
        Version::V2 => json!({"x402Version": 2, "accepted": requirements, "payload": payload}),
    };
    FacilitatorRequest {
        x402_version: version.into(),
        payment_payload,
        payment_requirements: requirements,
    }
}

/// Why a payment is refused whose fields were changed before it was signed.
async fn on_signed(change: impl FnOnce(&mut Signed)) -> String {
    let mut bench = Bench::new().await;
    change(&mut bench.purchase.authorization);
    bench.reason(&bench.request(Version::V2)).await
}

/// Why a good payment is refused in a request that was changed.
async fn on_request(version: Version, change: impl FnOnce(&mut FacilitatorRequest)) -> String {
    let bench = Bench::new().await;
    let mut request = bench.request(version);
    change(&mut request);
    bench.reason(&request).await
}

/// Why a good payment is refused whose payload was changed.
async fn on_payload(change: impl FnOnce(&mut Value)) -> String {
    on_request(Version::V2, |request| change(&mut request.payment_payload["payload"])).await
}

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
async fn spelling_is_free_where_it_means_nothing() {
    let respelt: [fn(&mut Value); 5] = [
        |payload| payload["authorization"]["value"] = json!(AMOUNT),
        |payload| payload["authorization"]["unknown"] = json!("field"),
        |payload| {
            let address: Address = text(payload, "from").parse().unwrap();
            payload["authorization"]["from"] = json!(address.to_checksum(None));
        },
        |payload| {
            let digits = text(payload, "nonce").to_uppercase();
            payload["authorization"]["nonce"] = json!(digits.replace("0X", "0x"));
        },
        |payload| {
            let digits = payload["signature"].as_str().unwrap().to_uppercase();
            payload["signature"] = json!(digits.replace("0X", "0x"));
        },
    ];
    let bench = Bench::new().await;
    for respell in respelt {
        let mut request = bench.request(Version::V2);
        respell(&mut request.payment_payload["payload"]);
        let verified = bench.facilitator.verify(&request).await;
        assert!(verified.is_valid, "{request:?}: {verified:?}");
    }
}

fn text(payload: &Value, field: &str) -> String {
    payload["authorization"][field].as_str().unwrap().to_owned()
}

#[test]
fn the_payments_of_the_reference_client_are_signed_by_their_payers() {
    let file = include_str!("../../../../tests/vectors/reference-payments.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    let mut checked = 0;
    for payload in vectors.map(|vector| &vector["payload"]["payload"]) {
        let token = authorization::Token {
            address: genesis::USDC,
            name: "USDC".to_owned(),
            version: "2".to_owned(),
            chain_id: 84_532,
        };
        if payload.get("authorization").is_some() {
            let mut read = Authorization::read(payload, token).unwrap();
            assert!(read.is_signed_by_payer());
            read.token.chain_id = 8453;
            assert!(!read.is_signed_by_payer());
            checked += 1;
        }
    }
    assert_eq!(checked, 2);
}

#[tokio::test]
async fn schemes_domains_and_networks() {
    let scheme = "invalid_exact_evm_scheme";
    let other = |request: &mut FacilitatorRequest| request.payment_payload["scheme"] = json!("x");
    assert_eq!(on_request(Version::V1, other).await, scheme);
    let other = |request: &mut FacilitatorRequest| {
        request.payment_requirements["scheme"] = json!("upto");
    };
    assert_eq!(on_request(Version::V2, other).await, scheme);
    let domain = "invalid_exact_evm_missing_eip712_domain";
    for extra in [json!(null), json!({"name": "USDC"}), json!({"name": "", "version": "2"})] {
        let refused = on_request(Version::V2, |it| it.payment_requirements["extra"] = extra);
        assert_eq!(refused.await, domain);
    }
    let elsewhere = |request: &mut FacilitatorRequest| {
        request.payment_payload["accepted"]["network"] = json!("eip155:8453");
    };
    assert_eq!(on_request(Version::V2, elsewhere).await, "invalid_exact_evm_network_mismatch");
}

#[tokio::test]
async fn payloads_that_are_no_authorization() {
    let permit2 = |payload: &mut Value| {
        *payload = json!({"signature": "0x00", "permit2Authorization": {"from": "0x00"}});
    };
    assert_eq!(on_payload(permit2).await, "unsupported_payload_type");
    for nonsense in [json!(null), json!({}), json!({"authorization": {}}), json!([1])] {
        assert_eq!(on_payload(|payload| *payload = nonsense).await, "invalid_payload");
    }
}

#[tokio::test]
async fn requirements_without_addresses() {
    for field in ["asset", "payTo"] {
        let refused = on_request(Version::V2, |request| {
            request.payment_requirements[field] =
                json!("0x036CbD53842c5426634e7929541eC2318f3DCF7e");
        });
        assert_eq!(refused.await, "invalid_payment_requirements", "{field}: wrong checksum");
    }
}

#[tokio::test]
async fn signatures_of_other_things_and_by_others() {
    let expected = "invalid_exact_evm_signature";
    assert_eq!(on_signed(|it| it.domain_name = "USD Coin").await, expected);
    assert_eq!(on_signed(|it| it.domain_version = "1").await, expected);
    assert_eq!(on_signed(|it| it.chain_id = 8453).await, expected);
    assert_eq!(on_signed(|it| it.type_name = "ReceiveWithAuthorization").await, expected);
    for field in ["value", "validAfter", "validBefore"] {
        let refused = on_payload(|payload| payload["authorization"][field] = json!("1499"));
        assert_eq!(refused.await, expected, "{field}");
    }
    for field in ["from", "to"] {
        let stranger = format!("0x{}", "99".repeat(20));
        let refused = on_payload(|payload| payload["authorization"][field] = json!(stranger));
        assert_eq!(refused.await, expected, "{field}");
    }
}

#[tokio::test]
async fn signatures_that_are_written_wrongly() {
    let expected = "invalid_exact_evm_signature";
    let bare = |payload: &mut Value| {
        payload["signature"] = json!(payload["signature"].as_str().unwrap()[2..]);
    };
    assert_eq!(on_payload(bare).await, expected);
    let compact = |payload: &mut Value| {
        payload["signature"] = json!(payload["signature"].as_str().unwrap()[..130]);
    };
    assert_eq!(on_payload(compact).await, expected);
    for case in [str::to_uppercase as fn(&str) -> String, |text| text.replace('7', "d")] {
        let refused = on_payload(|payload| {
            let checksummed = wallet(1).address().to_string();
            let changed = case(&checksummed[2..]);
            payload["authorization"]["from"] = json!(format!("0x{changed}"));
        });
        assert_eq!(refused.await, expected);
    }
    for (field, value) in [("value", "0x5dc"), ("value", ""), ("nonce", "0x77"), ("to", "")] {
        let refused = on_payload(|payload| payload["authorization"][field] = json!(value));
        assert_eq!(refused.await, expected, "{field} {value:?}");
    }
}

/// The key's owner made them, but the token wants one spelling.
#[tokio::test]
async fn signatures_that_only_the_token_refuses() {
    let expected = "invalid_exact_evm_transaction_simulation_failed";
    let bench = Bench::new().await;
    let signature = bench.purchase.signature();
    let mut bytes = signature.as_bytes();
    bytes[64] -= 27;
    let signed = &bench.purchase.authorization;
    assert_eq!(bench.reason(&request(Version::V2, signed, &bytes)).await, expected);

    let high =
        alloy_primitives::Signature::new(signature.r(), ORDER - signature.s(), !signature.v());
    let request = request(Version::V2, signed, &high.as_bytes());
    assert_eq!(bench.reason(&request).await, expected);
}

#[tokio::test]
async fn wallets_that_are_yet_to_be_made() {
    let refused = on_payload(|payload| {
        payload["signature"] = json!(format!("0x00{}", "6492".repeat(16)));
    });
    assert_eq!(refused.await, "eip6492_factory_not_allowed");
}

/// The token is a contract that accepts no signature: as payer it is asked, and nobody's key counts.
#[tokio::test]
async fn payers_that_are_contracts_judge_themselves() {
    let mut bench = Bench::new().await;
    bench.purchase.authorization.from = genesis::USDC;
    let refused = bench.facilitator.verify(&bench.request(Version::V2)).await;
    assert_eq!(refused.invalid_reason.as_deref(), Some("invalid_exact_evm_signature"));
    assert!(refused.invalid_message.is_some_and(|message| message.contains("reverted")));
}

#[tokio::test]
async fn recipients_times_and_values() {
    let recipient = on_request(Version::V2, |request| {
        request.payment_requirements["payTo"] = json!(wallet(9).address().to_string());
    });
    assert_eq!(recipient.await, "invalid_exact_evm_recipient_mismatch");
    let now = unix_time();
    let late = "invalid_exact_evm_payload_authorization_valid_before";
    assert_eq!(on_signed(|it| it.valid_before = U256::from(now)).await, late);
    assert_eq!(on_signed(|it| it.valid_before = U256::from(now + 5)).await, late);
    let early = "invalid_exact_evm_payload_authorization_valid_after";
    assert_eq!(on_signed(|it| it.valid_after = U256::from(now + 60)).await, early);
    for value in [AMOUNT - 1, AMOUNT + 1] {
        let value = U256::from(value);
        let expected = "invalid_exact_evm_payload_authorization_value_mismatch";
        assert_eq!(on_signed(|it| it.value = value).await, expected);
        let v1 = on_request(Version::V1, |request| {
            request.payment_requirements["maxAmountRequired"] = json!(value.to_string());
        });
        assert_eq!(v1.await, "invalid_exact_evm_authorization_value");
    }
}

/// Two faults: the earlier check gives the name.
#[tokio::test]
async fn the_order_of_the_checks_is_the_references() {
    let mut bench = Bench::new().await;
    bench.purchase.authorization.valid_before = U256::ZERO;
    bench.purchase.authorization.valid_after = U256::MAX;
    bench.purchase.authorization.value = U256::MAX;
    let mut request = bench.request(Version::V2);
    let late = "invalid_exact_evm_payload_authorization_valid_before";
    assert_eq!(bench.reason(&request).await, late);
    request.payment_requirements["payTo"] = json!(wallet(9).address().to_string());
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_recipient_mismatch");
    request.payment_payload["payload"]["signature"] = json!("0x00");
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_signature");
    request.payment_payload["accepted"]["network"] = json!("eip155:1");
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_network_mismatch");
    request.payment_requirements["extra"] = json!({});
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_missing_eip712_domain");
    request.payment_requirements["scheme"] = json!("upto");
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_scheme");
}

/// The payer has signed what the seller said; the token is another.
#[tokio::test]
async fn tokens_that_have_other_names() {
    for (key, value, expected) in [
        ("name", "USD Coin", "invalid_exact_evm_token_name_mismatch"),
        ("version", "1", "invalid_exact_evm_token_version_mismatch"),
    ] {
        let mut bench = Bench::new().await;
        match key {
            "name" => bench.purchase.authorization.domain_name = value,
            _ => bench.purchase.authorization.domain_version = value,
        }
        let mut request = bench.request(Version::V2);
        request.payment_requirements["extra"][key] = json!(value);
        assert_eq!(bench.reason(&request).await, expected);
    }
}

#[tokio::test]
async fn payers_without_enough() {
    let mut bench = Bench::new().await;
    bench.purchase.authorization.value = U256::from(PURSE + 1);
    let mut request = bench.request(Version::V2);
    request.payment_requirements["amount"] = json!((PURSE + 1).to_string());
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_insufficient_balance");
}

/// Runtime code of a contract that refuses everything.
const REFUSES: [u8; 5] = hex!("60006000fd");

/// Runtime code of a contract that takes everything and does nothing.
const DOES_NOTHING: [u8; 5] = hex!("6000600000");

/// A payment in a token that is no token.
async fn in_token(address: impl FnOnce(&Purchase) -> Address) -> (Bench, FacilitatorRequest) {
    let mut bench = Bench::new().await;
    let token = address(&bench.purchase);
    bench.purchase.authorization.token = token;
    let mut request = bench.request(Version::V2);
    request.payment_requirements["asset"] = json!(token.to_string());
    (bench, request)
}

/// Puts a contract of five bytes on the chain.
fn deploy(purchase: &Purchase, code: [u8; 5]) -> Address {
    // PUSH5 code, PUSH0, MSTORE, PUSH1 5, PUSH1 27, RETURN.
    let input = [&hex!("64")[..], &code, &hex!("5f526005601bf3")].concat();
    let deployment = purchase.transaction(input.into());
    let to = alloy_primitives::TxKind::Create;
    let hash = purchase.send(alloy_consensus::TxEip1559 { to, ..deployment }).unwrap();
    let block = purchase.chain.transaction(hash).unwrap();
    block.mined.as_ref().unwrap().contract_address.unwrap()
}

#[tokio::test]
async fn tokens_that_are_nowhere_or_know_no_authorizations() {
    let (bench, request) = in_token(|_| Address::repeat_byte(0x44)).await;
    assert_eq!(bench.reason(&request).await, "asset_not_deployed_contract");

    let (bench, request) = in_token(|purchase| deploy(purchase, REFUSES)).await;
    let refused = bench.facilitator.settle(&request).await;
    let expected = "invalid_exact_evm_eip3009_not_supported";
    assert_eq!(refused.error_reason.as_deref(), Some(expected));
    assert_eq!(refused.transaction, "");
    assert_eq!(bench.purchase.chain.block_number(), 1);
}

#[tokio::test]
async fn a_transaction_that_moves_nothing_is_no_settlement() {
    let (bench, request) = in_token(|purchase| deploy(purchase, DOES_NOTHING)).await;
    let settled = bench.facilitator.settle(&request).await;
    assert!(!settled.success);
    let expected = "invalid_exact_evm_transfer_event_mismatch";
    assert_eq!(settled.error_reason.as_deref(), Some(expected));
    assert!(bench.purchase.chain.transaction(settled.transaction.parse().unwrap()).is_some());
}

/// A bench whose facilitator reaches the chain through a node that can be told what to say, and
/// looks once at what it has sent.
async fn with_node() -> (ScriptedNode, Bench) {
    let mut bench = Bench::new().await;
    let node = ScriptedNode::in_front_of(serve(&bench.purchase.chain).await).await;
    let config = EvmConfig { confirmation_timeout: Duration::ZERO, ..config(&node.url) };
    bench.facilitator = Facilitator::new(config);
    (node, bench)
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

#[tokio::test]
async fn a_node_that_fails_is_no_verdict_on_the_token() {
    let (node, bench) = with_node().await;
    node.answer("eth_call", json!({"code": -32603, "message": "down"}));
    let answer = bench.facilitator.verify(&bench.request(Version::V2)).await;
    let expected = "invalid_exact_evm_transaction_simulation_failed";
    assert_eq!(answer.invalid_reason.as_deref(), Some(expected));
    assert!(answer.invalid_message.is_some_and(|message| message.contains("down")));
}

#[test]
fn one_word_differs_between_the_versions() {
    let word = Reason::ValueMismatch;
    assert_eq!(word.text(Version::V1), "invalid_exact_evm_authorization_value");
    assert_eq!(word.text(Version::V2), "invalid_exact_evm_payload_authorization_value_mismatch");
    assert_eq!(Reason::ValidBefore.text(Version::V1), Reason::ValidBefore.text(Version::V2));
}
