//! On EVM chains: the token's contract.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded_x402::io::{Evm, Fate};
use embedded_x402::policy::{Asset, assets};
use embedded_x402::signer::K256Signer;
use embedded_x402_tests::challenge::entry_evm;
use embedded_x402_tests::response::response;
use embedded_x402_tests::sent::SentRequest;
use serde_json::{Value, json};

use super::{Answer, BOOT, Moment, Node};

/// What the node knows.
struct EvmNode {
    chain_id: &'static str,
    /// Seconds that it is behind.
    behind: u64,
    /// What the contract says of the authorization.
    state: &'static str,
}

const UNUSED: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";
const USED: &str = "0x0000000000000000000000000000000000000000000000000000000000000001";

impl Default for EvmNode {
    fn default() -> Self {
        EvmNode { chain_id: "0x14a34", behind: 2, state: UNUSED }
    }
}

impl Node for EvmNode {
    type Wallet = Evm<K256Signer>;

    const ASSET: Asset<'static> = assets::USDC_BASE_SEPOLIA;

    fn wallet() -> Self::Wallet {
        Evm(K256Signer::from_bytes(&[3; 32]).expect("a key"))
    }

    fn entry() -> Value {
        entry_evm()
    }

    fn answer(&self, method: &str, params: &Value, moment: &Moment<'_>) -> Answer {
        let newest = moment.now - self.behind;
        let number = format!("{:#x}", (newest - BOOT) / 2);
        Answer::Result(match method {
            "eth_chainId" => json!(self.chain_id),
            "eth_getBlockByNumber" => {
                assert_eq!(*params, json!(["latest", false]));
                block(&number, newest)
            }
            "eth_call" => {
                assert_eq!(params[0]["to"], "0x036cbd53842c5426634e7929541ec2318f3dcf7e");
                assert_eq!(params[0]["data"], authorization_state(moment.payment));
                assert_eq!(params[1], number);
                json!(self.state)
            }
            other => panic!("{other}"),
        })
    }
}

/// The call that asks for the state of the authorization in a request.
fn authorization_state(request: &SentRequest) -> String {
    let payment = request.field("PAYMENT-SIGNATURE").expect("a payment");
    let payment: Value = serde_json::from_slice(&STANDARD.decode(payment).unwrap()).unwrap();
    let authorization = &payment["payload"]["authorization"];
    let digits = |name: &str| {
        let text = authorization[name].as_str().expect("a text").to_lowercase();
        text.strip_prefix("0x").expect("hexadecimal").to_owned()
    };
    format!("0xe94a0102{:0>64}{}", digits("from"), digits("nonce"))
}

/// As large as blocks are.
fn block(number: &str, timestamp: u64) -> Value {
    let transactions: Vec<String> = (0..100).map(|index| format!("0x{index:064x}")).collect();
    json!({
        "hash": USED, "logsBloom": format!("0x{}", "0".repeat(512)), "number": number,
        "timestamp": format!("{timestamp:#x}"), "transactions": transactions, "uncles": [],
    })
}

#[test]
fn it_settled() {
    let used = EvmNode { state: USED, ..EvmNode::default() };
    assert_eq!(used.fate(), Fate::Settled);
    assert_eq!(used.fate_of(|purchase| purchase.resets = true), Fate::Settled);
    assert_eq!(EvmNode { behind: 1000, ..used }.fate(), Fate::Settled);
}

#[test]
fn it_did_not_settle() {
    for resets in [false, true] {
        for fragment in [1, usize::MAX] {
            let fate = EvmNode::default().fate_of(|purchase| {
                (purchase.resets, purchase.fragment) = (resets, fragment);
                // Blocks tell the time: nobody else is asked.
                purchase.has_date = false;
            });
            assert_eq!(fate, Fate::NotSettled);
        }
    }
}

/// The seller keeps its connection open, with a body that nobody reads: it is closed before the node
/// is asked.
#[test]
fn one_connection_at_a_time_is_enough() {
    let fate = EvmNode::default().fate_of(|purchase| {
        purchase.says = || response(404, &[], "not here, not now").into();
    });
    assert_eq!(fate, Fate::NotSettled);
}

/// A seller whose `Date` is ahead makes an authorization live for longer than the device reckons.
#[test]
fn while_the_authorization_is_valid_the_payment_stays_open() {
    let fate_of = |node: EvmNode| node.fate_of(|purchase| purchase.date_ahead = 300);
    assert_eq!(fate_of(EvmNode::default()), Fate::NotSettled);
    assert_eq!(fate_of(EvmNode { behind: 95, ..EvmNode::default() }), Fate::Unknown);
    assert_eq!(fate_of(EvmNode { state: USED, ..EvmNode::default() }), Fate::Settled);
}

#[test]
fn a_node_that_is_behind_proves_nothing() {
    for behind in [100, 200, 1000] {
        assert_eq!(EvmNode { behind, ..EvmNode::default() }.fate(), Fate::Unknown, "{behind}");
    }
}

#[test]
fn a_node_of_another_chain_proves_nothing() {
    for chain_id in ["0x1", "0x2105", "84532"] {
        assert_eq!(EvmNode { chain_id, ..EvmNode::default() }.fate(), Fate::Unknown, "{chain_id}");
    }
}

#[test]
fn a_contract_that_says_something_else_proves_nothing() {
    for state in ["0x", "0x0", "0x1", &UNUSED[..64]] {
        assert_eq!(EvmNode { state, ..EvmNode::default() }.fate(), Fate::Unknown, "{state}");
    }
}

#[test]
fn a_node_that_fails_or_is_missing_proves_nothing() {
    EvmNode::default().assert_needed(&["eth_chainId", "eth_getBlockByNumber", "eth_call"]);
}
