//! On Solana: the history of the payer's token account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded_x402::io::Fate;
use embedded_x402::policy::{Asset, assets};
use embedded_x402::signer::DalekSigner;
use embedded_x402_tests::challenge::{BLOCKHASH, entry};
use embedded_x402_tests::keys::{DEVICE_USDC_ACCOUNT, base58, device_signer, settle};
use serde_json::{Value, json};

use super::{Answer, BOOT, Moment, Node, Purchase, UPTIME};

const DEVNET: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

/// A transaction in the account's history.
#[derive(Clone, Copy)]
enum Landed {
    /// The payment.
    Payment,
    /// The payment, but it failed.
    FailedPayment,
    /// Another one, so many seconds ago.
    Other(u64),
    /// The same, of a block without a time.
    Timeless(u64),
    /// Another one, so many seconds ago, with one signature.
    OtherKind(u64),
}

/// What the node knows. Slots take 400 milliseconds.
struct SolanaNode {
    genesis: &'static str,
    /// Seconds that it is behind.
    behind: u64,
    /// Seconds after the purchase began for which the blockhash is good.
    blockhash_lasts: u64,
    /// Newest first.
    history: Vec<Landed>,
    first_block: u64,
}

impl Default for SolanaNode {
    fn default() -> Self {
        SolanaNode {
            genesis: DEVNET,
            behind: 13,
            blockhash_lasts: 0,
            history: Vec::new(),
            first_block: 0,
        }
    }
}

impl Node for SolanaNode {
    type Wallet = DalekSigner;

    const ASSET: Asset<'static> = assets::USDC_SOLANA_DEVNET;

    fn wallet() -> Self::Wallet {
        device_signer()
    }

    fn entry() -> Value {
        entry()
    }

    fn answer(&self, method: &str, params: &Value, moment: &Moment<'_>) -> Answer {
        let tip = moment.now - self.behind;
        let with_context = |value| {
            let context = json!({"slot": Self::slot(tip), "apiVersion": "2.2.1"});
            Answer::Result(json!({"context": context, "value": value}))
        };
        match method {
            "getGenesisHash" => Answer::Result(json!(self.genesis)),
            "getFirstAvailableBlock" => Answer::Result(json!(self.first_block)),
            "getAccountInfo" => with_context(clock_account(params, tip)),
            "isBlockhashValid" => {
                assert_eq!(params[0], BLOCKHASH);
                assert_finalized(&params[1], Self::slot(tip));
                with_context(json!(tip < BOOT + UPTIME + self.blockhash_lasts))
            }
            "getSignaturesForAddress" => {
                assert_eq!(params[0], DEVICE_USDC_ACCOUNT);
                assert_finalized(&params[1], Self::slot(tip));
                Answer::Result(self.history(&params[1], moment))
            }
            "getTransaction" => self.transaction(params, moment),
            other => panic!("{other}"),
        }
    }
}

impl SolanaNode {
    fn with(history: &[Landed]) -> Self {
        SolanaNode { history: history.to_vec(), ..SolanaNode::default() }
    }

    fn slot(unix: u64) -> u64 {
        (unix - 1_700_000_000) * 5 / 2
    }

    fn history(&self, options: &Value, moment: &Moment<'_>) -> Value {
        assert_eq!(options["limit"], 1);
        let id = |index: &usize| self.id(*index, moment);
        let before = options["before"].as_str();
        let next = before.map_or(0, |before| {
            (0..self.history.len()).find(|index| id(index) == before).expect("known") + 1
        });
        let Some(landed) = self.history.get(next) else { return json!([]) };
        let failure = json!({"InstructionError": [2, {"Custom": 1}]});
        let (age, error) = match landed {
            Landed::Payment => (200, Value::Null),
            Landed::FailedPayment => (200, failure),
            Landed::Other(age) | Landed::Timeless(age) | Landed::OtherKind(age) => {
                (*age, Value::Null)
            }
        };
        let time = moment.now - age;
        let shown = if matches!(landed, Landed::Timeless(_)) { Value::Null } else { json!(time) };
        json!([{
            "blockTime": shown, "confirmationStatus": "finalized", "err": error,
            "memo": "[32] 0123456789abcdef0123456789abcdef", "signature": id(&next),
            "slot": Self::slot(time),
        }])
    }

    /// Large, as such answers are: logs come before the transaction.
    fn transaction(&self, params: &Value, moment: &Moment<'_>) -> Answer {
        assert_eq!(params[1]["maxSupportedTransactionVersion"], 0);
        assert_eq!(params[1]["commitment"], "finalized");
        let is_it = |index: &usize| params[0] == self.id(*index, moment);
        let index = (0..self.history.len()).find(is_it).expect("one of the history");
        let mut bytes = moment.payment.payment().expect("a payment").transaction.bytes;
        bytes[1] = 1 + index as u8;
        match self.history[index] {
            Landed::Payment => {}
            Landed::FailedPayment => panic!("it moved nothing"),
            Landed::Other(_) | Landed::Timeless(_) => bytes[128] ^= 1,
            Landed::OtherKind(_) => bytes[0] = 1,
        }
        let logs: Vec<String> = (0..60).map(|line| format!("Program log: {line}")).collect();
        Answer::Result(json!({
            "blockTime": 1, "meta": {"err": null, "logMessages": logs, "fee": 10000}, "slot": 5,
            "transaction": [STANDARD.encode(&bytes), "base64"], "version": 0,
        }))
    }

    fn id(&self, index: usize, moment: &Moment<'_>) -> String {
        match self.history[index] {
            Landed::Payment => {
                settle(moment.payment.payment().expect("a payment").transaction.message_bytes())
            }
            _ => base58(&[1 + index as u8; 64]),
        }
    }

    fn fate_after_reset(&self) -> Fate {
        self.fate_of(|purchase| purchase.resets = true)
    }
}

fn assert_finalized(options: &Value, slot: u64) {
    assert_eq!(options["commitment"], "finalized");
    assert!(options["minContextSlot"].as_u64().is_some_and(|least| least <= slot));
}

fn clock_account(params: &Value, time: u64) -> Value {
    assert_eq!(params[0], "SysvarC1ock11111111111111111111111111111111");
    assert_eq!(params[1]["commitment"], "finalized");
    assert_eq!(params[1]["dataSlice"], json!({"offset": 32, "length": 8}));
    json!({
        "data": [STANDARD.encode(time.to_le_bytes()), "base64"], "executable": false, "lamports": 1,
        "owner": "Sysvar1111111111111111111111111111111111111", "rentEpoch": u64::MAX, "space": 40,
    })
}

#[test]
fn it_settled() {
    use Landed::*;
    for history in [
        &[Payment][..],
        &[Other(1), FailedPayment, Timeless(20), OtherKind(30), Payment, Other(4000)],
    ] {
        assert_eq!(SolanaNode::with(history).fate(), Fate::Settled);
        assert_eq!(SolanaNode::with(history).fate_after_reset(), Fate::Settled);
        let unsure =
            SolanaNode { blockhash_lasts: 9999, behind: 1000, ..SolanaNode::with(history) };
        assert_eq!(unsure.fate(), Fate::Settled);
    }
}

#[test]
fn it_did_not_settle() {
    use Landed::*;
    for history in [
        &[][..],
        &[FailedPayment],
        &[Other(1), Other(300)],
        &[Other(1), Other(2000), Payment],
        &[Other(1), Timeless(9000), Payment],
    ] {
        assert_eq!(SolanaNode::with(history).fate(), Fate::NotSettled);
    }
    let fragmented = |purchase: &mut Purchase<'_, _>| purchase.fragment = 1;
    assert_eq!(SolanaNode::with(&[Other(1)]).fate_of(fragmented), Fate::NotSettled);
}

/// A blockhash that the node does not know yet is as invalid as one that it knows no more.
#[test]
fn a_node_that_is_behind_proves_nothing() {
    let behind = |behind| SolanaNode { behind, ..SolanaNode::default() };
    assert_eq!(behind(80).fate(), Fate::NotSettled);
    assert_eq!(behind(100).fate(), Fate::Unknown);
    assert_eq!(behind(10_000).fate(), Fate::Unknown);
    let valid = SolanaNode { blockhash_lasts: 9999, ..behind(100) };
    assert_eq!(valid.fate(), Fate::Unknown);
}

/// Blocks that come slowly keep a payment alive for longer than it should be.
#[test]
fn while_the_blockhash_is_good_the_payment_stays_open() {
    let slow = SolanaNode { blockhash_lasts: 400, ..SolanaNode::default() };
    assert_eq!(slow.fate(), Fate::NotSettled);
    assert_eq!(slow.fate_after_reset(), Fate::NotSettled);
}

#[test]
fn without_a_clock_nobody_knows_whether_the_node_is_behind() {
    let dateless = |purchase: &mut Purchase<'_, _>| purchase.has_date = false;
    assert_eq!(SolanaNode::default().fate_of(dateless), Fate::Unknown);
    let clocked = |clock: &'static dyn Fn(u64) -> u64| {
        SolanaNode::default().fate_of(|purchase| {
            purchase.has_date = false;
            purchase.clock = Some(clock);
        })
    };
    assert_eq!(clocked(&|now| now), Fate::NotSettled);
    assert_eq!(clocked(&|now| now + 100), Fate::Unknown);
}

#[test]
fn a_node_of_another_network_proves_nothing() {
    for genesis in [MAINNET, &DEVNET[1..], ""] {
        let node = SolanaNode { genesis, ..SolanaNode::with(&[Landed::Payment]) };
        assert_eq!(node.fate(), Fate::Unknown, "{genesis}");
    }
}

#[test]
fn a_history_too_long_proves_nothing() {
    let others = |count: u64| (0..count).map(|index| Landed::Other(10 * index));
    let history = |count, last| others(count).chain([last]).collect::<Vec<_>>();
    assert_eq!(SolanaNode::with(&history(15, Landed::Payment)).fate(), Fate::Settled);
    assert_eq!(SolanaNode::with(&history(15, Landed::Other(4000))).fate(), Fate::NotSettled);
    assert_eq!(SolanaNode::with(&history(16, Landed::Payment)).fate(), Fate::Unknown);
    assert_eq!(SolanaNode::with(&history(16, Landed::Other(4000))).fate(), Fate::Unknown);
}

/// The search ends at the first transaction that is older than the payment.
#[test]
fn an_old_history_may_be_long() {
    let old = (0..16).map(|index| Landed::Other(400 + index));
    let history: Vec<_> = [Landed::Other(1)].into_iter().chain(old).collect();
    assert_eq!(SolanaNode::with(&history).fate(), Fate::NotSettled);
}

#[test]
fn a_history_that_begins_too_late_proves_nothing() {
    let begins = |ago| SolanaNode {
        first_block: SolanaNode::slot(BOOT + UPTIME) - ago,
        ..SolanaNode::default()
    };
    assert_eq!(begins(20_000).fate(), Fate::NotSettled);
    assert_eq!(begins(100).fate(), Fate::Unknown);
}

/// Nothing says how long the device was off: only all of history proves something.
#[test]
fn after_a_reset_all_of_history_is_needed() {
    let first =
        |first_block| SolanaNode { first_block, ..SolanaNode::with(&[Landed::Other(4000)]) };
    assert_eq!(first(0).fate_after_reset(), Fate::NotSettled);
    assert_eq!(first(1).fate_after_reset(), Fate::Unknown);
}

#[test]
fn a_node_that_fails_or_is_missing_proves_nothing() {
    SolanaNode::with(&[Landed::Other(9)]).assert_needed(&[
        "getGenesisHash",
        "getAccountInfo",
        "isBlockhashValid",
        "getSignaturesForAddress",
        "getTransaction",
        "getFirstAvailableBlock",
    ]);
}

/// A slow node can't keep the books from being closed.
#[test]
fn a_node_that_takes_its_time_proves_nothing() {
    let node = SolanaNode::with(&[Landed::Other(1), Landed::Other(2), Landed::Payment]);
    let slow = |seconds| node.fate_of(|purchase| purchase.answer_takes = seconds);
    assert_eq!(slow(5), Fate::Settled);
    assert_eq!(slow(20), Fate::Unknown);
}
