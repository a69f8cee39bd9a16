//! What a board goes through, and what must come of it: exit status, console and balances.

use crate::board::{Board, Run};
use crate::shop::{Balances, Counter, Shop};

/// One purchase of a board.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What it is about.
    name: &'static str,
    counter: Counter,
    path: &'static str,
    /// In atomic units.
    price: u64,
    /// What the board must print, but for the price.
    prints: &'static [&'static str],
    is_paid: bool,
    /// The least that the challenge must take, in bytes.
    challenge: usize,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    /// The scenario's name.
    pub(crate) scenario: &'static str,
    /// The stack's high-water mark, in bytes.
    pub(crate) stack: Option<u64>,
    /// What was wrong.
    pub(crate) problems: Vec<String>,
}

const BOUGHT: &[&str] = &[
    "network up, address 10.0.2.15",
    "approved",
    "data {\"",
    "bought status 200",
    "finished 1 attempts, 1 bought, 1 settled",
];

const REFUSED: &[&str] = &[
    "failed without an answer: not paid: the price of 10001 is above the cap of 10000",
    "(to act: who makes the policy)",
    "finished 1 attempts, 0 bought, 0 settled, 0 units spent, 1 failed, 0 unknown",
];

impl Scenario {
    /// All of them.
    pub(crate) fn all() -> Vec<Scenario> {
        use Counter::{Closing, Keeping};
        let paid = |name, counter, path, price| Scenario {
            name,
            counter,
            path,
            price,
            prints: BOUGHT,
            is_paid: true,
            challenge: 0,
        };
        vec![
            paid("Solana v2", Keeping, "/solana/v2", 1_000),
            paid("Solana v1", Keeping, "/solana/v1", 2_000),
            Scenario {
                challenge: 7_000,
                ..paid("a challenge of 7 KB", Keeping, "/solana/v2/large", 3_000)
            },
            Scenario {
                prints: REFUSED,
                is_paid: false,
                ..paid("refused by policy", Keeping, "/solana/v2/dear", 10_001)
            },
            paid("closed after the 402, v2", Closing, "/solana/v2", 1_000),
            paid("closed after the 402, v1", Closing, "/solana/v1", 2_000),
        ]
    }

    /// Lets a board go through it.
    pub(crate) async fn run(
        &self,
        board: &Board,
        shop: &Shop,
        seed: u32,
    ) -> Result<Purchase, Box<dyn std::error::Error>> {
        let (url, rpc) = (shop.url(self.counter, self.path), shop.solana_rpc(self.counter));
        let mut problems = self.check_challenge(shop).await?;
        let before = shop.balances(self.counter);
        let run = board.run(&["pay", &url, "1", &seed.to_string(), &rpc]).await?;
        problems.extend(self.check_run(&run));
        problems.extend(self.check_balances(before, shop.balances(self.counter)));
        if !problems.is_empty() {
            problems.push(format!("it printed:\n{}", run.text));
        }
        Ok(Purchase { scenario: self.name, stack: run.number("stack "), problems })
    }

    async fn check_challenge(&self, shop: &Shop) -> Result<Vec<String>, reqwest::Error> {
        let response = reqwest::get(shop.local_url(self.counter, self.path)).await?;
        let header = response.headers().get("payment-required").map_or(0, |value| value.len());
        let bytes = header + response.bytes().await?.len();
        let is_small = bytes < self.challenge;
        Ok(is_small.then(|| format!("the challenge has only {bytes} bytes")).into_iter().collect())
    }

    fn check_run(&self, run: &Run) -> Vec<String> {
        let expected = if self.is_paid { 0 } else { 1 };
        let mut problems = Vec::new();
        if run.status != Some(expected) {
            problems.push(format!("it ended with {:?} instead of {expected}", run.status));
        }
        let price = self.price;
        let paid = [format!("offer {price} units of USDC"), format!("paid {price} units")];
        let paid = paid.iter().filter(|_| self.is_paid).map(String::as_str);
        let missing =
            self.prints.iter().copied().chain(paid).filter(|text| !run.text.contains(text));
        problems.extend(missing.map(|text| format!("it did not print `{text}`")));
        problems
    }

    /// Exactly the price has moved, or nothing.
    fn check_balances(&self, before: Balances, after: Balances) -> Option<String> {
        let price = if self.is_paid { self.price } else { 0 };
        let expected = Balances { device: before.device - price, seller: before.seller + price };
        (after != expected)
            .then(|| format!("the balances went from {before:?} to {after:?}: not by {price}"))
    }
}
