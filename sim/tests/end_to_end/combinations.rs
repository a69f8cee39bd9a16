//! Every combination of what sellers do differently and a device must not care about.
//!
//! What makes no sense is left out: version 1 has no place for a blockhash or an extension, version
//! 2 none for an output schema, and only version 1 has a challenge in the body.

use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::seller::{ChallengeBody, Connection, Resource, Route};
use embedded_x402_sim::x402::Version;
use serde_json::json;
use solana_address::Address;

use crate::books::Trade;
use crate::payment;
use crate::shop::{Shop, VERSIONS, accept};

/// Something to buy, and how it is asked for.
#[derive(Debug, Clone, Copy)]
struct Ware {
    version: Version,
    token: Token,
    shape: Shape,
    blockhash: BlockhashFrom,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Usdc,
    Pyusd,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    OneEntry,
    TenEntries,
    UnknownEntriesFirst,
    LargeExtension,
    ShortMemo,
    LongestMemo,
    OutputSchema,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum BlockhashFrom {
    Challenge,
    Rpc,
}

/// How the seller talks.
#[derive(Debug, Clone, Copy)]
struct Manner {
    connection: Connection,
    challenge_body: ChallengeBody,
}

/// Bytes that the device gets at a time; 0 is as they come.
const FRAGMENTS: [usize; 3] = [1, 7, 0];

const SHORT_MEMO: &str = "order \"42\" \u{2713}";

#[tokio::test]
async fn kept_connections_and_announced_bodies() {
    let manner =
        Manner { connection: Connection::KeepAlive, challenge_body: ChallengeBody::ContentLength };
    assert_eq!(manner.buy_all(|_| true).await, 108);
}

#[tokio::test]
async fn closed_connections_and_announced_bodies() {
    let manner =
        Manner { connection: Connection::Close, challenge_body: ChallengeBody::ContentLength };
    assert_eq!(manner.buy_all(|_| true).await, 108);
}

#[tokio::test]
async fn kept_connections_and_chunked_bodies() {
    let manner =
        Manner { connection: Connection::KeepAlive, challenge_body: ChallengeBody::Chunked };
    assert_eq!(manner.buy_all(|ware| ware.version == Version::V1).await, 36);
}

#[tokio::test]
async fn closed_connections_and_chunked_bodies() {
    let manner = Manner { connection: Connection::Close, challenge_body: ChallengeBody::Chunked };
    assert_eq!(manner.buy_all(|ware| ware.version == Version::V1).await, 36);
}

impl Manner {
    /// Buys each ware in each size of fragments; answers how many purchases that were.
    async fn buy_all(self, wanted: fn(&Ware) -> bool) -> usize {
        let wares: Vec<Ware> = wares().filter(wanted).collect();
        let mut shop = self.open(&wares).await;
        let mut failures = Vec::new();
        for fragment in FRAGMENTS {
            shop.device.fragment = fragment;
            for (index, ware) in wares.iter().enumerate() {
                let trade = shop.get(&path(index), ware.mint()).await;
                if let Err(error) = self.check(&shop, &trade, ware, price(index)) {
                    failures.push(format!("{ware:?}, {self:?}, fragment {fragment}: {error}"));
                }
            }
        }
        assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
        shop.market.seller.sales().len()
    }

    async fn open(self, wares: &[Ware]) -> Shop {
        Shop::stocked(|pay_to, seller| {
            seller.connection = self.connection;
            seller.challenge_body = self.challenge_body;
            let wares = wares.iter().enumerate();
            seller.routes = wares.map(|(index, ware)| ware.route(index, pay_to)).collect();
        })
        .await
    }

    /// It settled, and it was the combination that it says.
    fn check(self, shop: &Shop, trade: &Trade<'_>, ware: &Ware, price: u64) -> Result<(), String> {
        let body = trade.settled_for(price)?;
        if !body.bytes.starts_with(b"{\"report\":") {
            return Err(format!("bought {:?}", String::from_utf8_lossy(&body.bytes)));
        }
        let connections = trade.purchase.traffic.connections;
        if connections != self.connections(ware) {
            return Err(format!("{connections} connections"));
        }
        if trade.purchase.traffic.received < ware.at_least() {
            return Err("the challenge is too small".to_owned());
        }
        let memo = payment::memo(&shop.message(&trade.receipt().transaction));
        if !ware.takes(memo.as_deref()) {
            return Err(format!("memo {memo:?}"));
        }
        Ok(())
    }

    /// A question to the RPC node costs the connection to the seller: one socket is enough.
    fn connections(self, ware: &Ware) -> u32 {
        match (ware.blockhash, self.connection) {
            (BlockhashFrom::Challenge, Connection::KeepAlive) => 1,
            (BlockhashFrom::Challenge, Connection::Close) => 2,
            (BlockhashFrom::Rpc, _) => 3,
        }
    }
}

impl Ware {
    fn makes_sense(&self) -> bool {
        match self.version {
            Version::V1 => {
                self.shape != Shape::LargeExtension && self.blockhash == BlockhashFrom::Rpc
            }
            Version::V2 => self.shape != Shape::OutputSchema,
        }
    }

    fn mint(&self) -> Address {
        match self.token {
            Token::Usdc => genesis::USDC,
            Token::Pyusd => genesis::PYUSD,
        }
    }

    fn route(&self, index: usize, pay_to: Address) -> Route {
        let accept = accept(self.mint(), pay_to, price(index));
        let mut route = Route {
            version: self.version,
            recent_blockhash: self.blockhash == BlockhashFrom::Challenge,
            ..Route::new(path(index), Resource::Weather, accept)
        };
        match self.shape {
            Shape::OneEntry => {}
            Shape::TenEntries => route.pad_accepts_to = 10,
            Shape::UnknownEntriesFirst => route.decoys = true,
            Shape::LargeExtension => route.bazaar = true,
            Shape::ShortMemo => route.memo = Some(SHORT_MEMO.to_owned()),
            Shape::LongestMemo => route.memo = Some(longest_memo()),
            Shape::OutputSchema => route.output_schema = Some(schema()),
        }
        route
    }

    /// Bytes that a challenge of this shape has at least.
    fn at_least(&self) -> u64 {
        match self.shape {
            Shape::TenEntries => 3_000,
            Shape::LargeExtension | Shape::OutputSchema => 6_000,
            Shape::UnknownEntriesFirst => 2_000,
            Shape::OneEntry | Shape::ShortMemo | Shape::LongestMemo => 1_000,
        }
    }

    fn takes(&self, memo: Option<&str>) -> bool {
        match (self.shape, self.version) {
            (Shape::ShortMemo, _) => memo == Some(SHORT_MEMO),
            (Shape::LongestMemo, _) => memo == Some(&longest_memo()),
            // The first facilitators take no memo that the seller doesn't ask for.
            (_, Version::V1) => memo.is_none(),
            (_, Version::V2) => memo.is_some_and(payment::is_random),
        }
    }
}

fn wares() -> impl Iterator<Item = Ware> {
    use Shape::*;
    let shapes = [
        OneEntry,
        TenEntries,
        UnknownEntriesFirst,
        LargeExtension,
        ShortMemo,
        LongestMemo,
        OutputSchema,
    ];
    let mut wares = Vec::new();
    for version in VERSIONS {
        for token in [Token::Usdc, Token::Pyusd] {
            for shape in shapes {
                for blockhash in [BlockhashFrom::Challenge, BlockhashFrom::Rpc] {
                    wares.push(Ware { version, token, shape, blockhash });
                }
            }
        }
    }
    wares.into_iter().filter(Ware::makes_sense)
}

fn path(index: usize) -> String {
    format!("/ware/{index}")
}

/// Another one for each ware, so that no payment passes for another.
fn price(index: usize) -> u64 {
    1_000 + index as u64
}

fn longest_memo() -> String {
    "0123456789abcdef".repeat(16)
}

/// 5 KB of schema, nested and with all that JSON has.
fn schema() -> serde_json::Value {
    let field = json!({
        "type": ["number", "null"], "description": "{[\"\\ \u{20ac} accepts", "minimum": -1.5e-3,
        "enum": [null, true, false, 0, [], {}, [[[[{"deep": [1, 2]}]]]]],
    });
    let fields = (0..40).map(|index| (format!("field{index}"), field.clone()));
    json!({"type": "object", "properties": serde_json::Map::from_iter(fields)})
}
