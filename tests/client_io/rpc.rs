//! What is asked of a Solana node, and how it can fail: by name, and without a payment.

use embedded_x402::io::{ClientMemory, Error, RpcError};
use embedded_x402::policy::{Asset, PaymentPolicy, Rule};
use embedded_x402::wire::Amount;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::URL;
use embedded_x402_tests::keys::{base58, device_signer};
use embedded_x402_tests::network::{After, Network, Reply, run};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::{Payment, SentRequest};
use serde_json::{Value, json};

use crate::hosts::Counter;

const NODE: &str = "http://node.lan:8899/";
const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

/// USDC by its address alone: nothing is known of it.
const BARE: PaymentPolicy<'static> = PaymentPolicy {
    rules: &[Rule::new(Asset::new(embedded_x402::wire::Network::SolanaDevnet, USDC), Amount(5000))],
};

/// A seller that supplies nothing, beside a node that answers like this.
fn network<'n>(node: impl Fn(&str, &Value) -> Vec<u8> + 'n) -> Network<'n> {
    let challenge = payment_required(&challenge(&[without_extra(entry(), "recentBlockhash")]));
    Network::new(move |host, request| -> Reply {
        match (host, request.payment()) {
            ("node.lan", _) => Reply::then(answer_call(&node, request), After::Close),
            (_, Some(payment)) => settled(&receipt(&payment)).into(),
            (_, None) => challenge.clone().into(),
        }
    })
}

fn answer_call(node: impl Fn(&str, &Value) -> Vec<u8>, request: &SentRequest) -> Vec<u8> {
    assert_eq!(request.line(), "POST / HTTP/1.1");
    assert_eq!(request.field("Host"), Some("node.lan:8899"));
    assert_eq!(request.field("Content-Type"), Some("application/json"));
    let call: Value = serde_json::from_str(request.body()).unwrap();
    assert_eq!(call["jsonrpc"], "2.0");
    node(call["method"].as_str().unwrap(), &call["params"])
}

fn latest_blockhash() -> String {
    json!({
        "jsonrpc": "2.0", "id": 1,
        "result": {
            "context": {"slot": 1, "apiVersion": "2.2.1"},
            "value": {"blockhash": base58(&[6; 32]), "lastValidBlockHeight": 3090},
        },
    })
    .to_string()
}

fn account(owner: &str, data: &str) -> String {
    let value = json!({
        "data": [data, "base64"], "executable": false, "lamports": 1461600, "owner": owner,
        "rentEpoch": 18446744073709551615u64, "space": 82,
    });
    json!({"jsonrpc": "2.0", "id": 1, "result": {"context": {"slot": 1}, "value": value}})
        .to_string()
}

/// One byte: 6 decimals.
const SIX: &str = "Bg==";

fn buy(network: &Network<'_>, node: Option<&str>) -> Result<Payment, Error> {
    let mut memory: ClientMemory = ClientMemory::new();
    let (signer, clock) = (device_signer(), network.clock());
    let client =
        embedded_x402::io::Client::new(network, &BARE, signer, Counter(0), clock, &mut memory);
    let mut client = match node {
        Some(node) => client.with_solana_rpc(node),
        None => client,
    };
    let receipt = run(client.get(URL))?.receipt().cloned();
    assert!(receipt.is_some());
    let mut paid = network.paid_requests();
    assert_eq!(paid.len(), 1);
    Ok(paid.remove(0).payment().unwrap())
}

#[test]
fn both_questions_in_every_framing() {
    for framing in FRAMINGS {
        for fragment in [1, 7, usize::MAX] {
            let mut network = network(|method, params| match method {
                "getLatestBlockhash" => framed(200, &[], &latest_blockhash(), framing),
                "getAccountInfo" => {
                    assert_eq!(params[0], USDC);
                    assert_eq!(params[1]["dataSlice"], json!({"offset": 44, "length": 1}));
                    framed(200, &[], &account(TOKEN_2022, "CQ=="), framing)
                }
                other => panic!("{other}"),
            });
            network.fragment = fragment;
            let message = buy(&network, Some(NODE)).unwrap().transaction.message;
            assert_eq!(message.recent_blockhash, base58(&[6; 32]));
            assert_eq!(message.instructions[2].program, TOKEN_2022);
            assert_eq!(message.instructions[2].data.last(), Some(&9));
            let hosts: Vec<String> = network.sent().into_iter().map(|sent| sent.host).collect();
            assert_eq!(hosts, ["seller.lan", "node.lan", "node.lan", "seller.lan"]);
        }
    }
}

/// What a node's answer to one question leads to; nothing is paid.
fn failure_of(method: &'static str, answer: Vec<u8>) -> Error {
    let network = network(move |asked, _| match asked {
        _ if asked == method => answer.clone(),
        "getAccountInfo" => response(200, &[], &account(TOKEN, SIX)),
        _ => response(200, &[], &latest_blockhash()),
    });
    let error = buy(&network, Some(NODE)).unwrap_err();
    assert!(network.paid_requests().is_empty());
    error
}

#[test]
fn failures_of_every_question() {
    let answer = |body: &str| response(200, &[], body);
    for method in ["getLatestBlockhash", "getAccountInfo"] {
        for (answer, error) in [
            (response(429, &[], "slow down"), RpcError::Status(429)),
            (response(503, &[], ""), RpcError::Status(503)),
            (
                answer(
                    r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"no","data":{"a":[1]}},"id":1}"#,
                ),
                RpcError::Code(-32602),
            ),
            (answer("<html></html>"), RpcError::Answer),
            (answer("{}"), RpcError::Answer),
            (answer(""), RpcError::Answer),
            (answer(r#"{"jsonrpc":"2.0","id":1,"result":{"value":7}}"#), RpcError::Answer),
            (answer(&" ".repeat(513)), RpcError::Answer),
            (b"HTTP/2 200\r\n".to_vec(), RpcError::Answer),
        ] {
            let shown = String::from_utf8_lossy(&answer).into_owned();
            assert_eq!(failure_of(method, answer), Error::Rpc(error), "{method}: {shown}");
        }
    }
}

#[test]
fn failures_of_a_mint() {
    let mint = |body: &str| failure_of("getAccountInfo", response(200, &[], body));
    let none = r#"{"jsonrpc":"2.0","id":1,"result":{"context":{"slot":1},"value":null}}"#;
    assert_eq!(mint(none), Error::Rpc(RpcError::NoSuchMint));
    let system = account("11111111111111111111111111111111", SIX);
    assert_eq!(mint(&system), Error::Rpc(RpcError::NotATokenProgram));
    for malformed in
        [account("0OIl", SIX), account(TOKEN, ""), account(TOKEN, "!"), account(TOKEN, "BgYG")]
    {
        assert_eq!(mint(&malformed), Error::Rpc(RpcError::Answer), "{malformed}");
    }
}

#[test]
fn a_malformed_blockhash() {
    let short = latest_blockhash().replace(&base58(&[6; 32]), "1111");
    for body in [short.as_str(), r#"{"jsonrpc":"2.0","id":1,"result":{}}"#] {
        let error = failure_of("getLatestBlockhash", response(200, &[], body));
        assert_eq!(error, Error::Rpc(RpcError::Answer));
    }
}

#[test]
fn a_node_that_is_not_there() {
    let network = network(|_, _| panic!("nobody is asked"));
    assert_eq!(buy(&network, None).unwrap_err(), Error::Rpc(RpcError::NotConfigured));
    assert_eq!(buy(&network, Some("node.lan")).unwrap_err(), Error::Rpc(RpcError::Url));
    let error = buy(&network, Some("http://nowhere.lan/")).unwrap_err();
    assert_eq!(error, Error::Connect(embedded_x402::io::ConnectError::Name));
    assert!(network.paid_requests().is_empty());
}
