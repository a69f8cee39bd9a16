//! What a board goes through, and what must come of it: exit status, console, balances, and what was
//! sent twice.

use crate::board::{Board, Run};
use crate::shop::{Balances, Counter, Shop};

/// Where the payment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chain {
    Solana,
    Evm,
}

/// One purchase of a board.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What it is about.
    name: &'static str,
    chain: Chain,
    counter: Counter,
    path: &'static str,
    /// In atomic units.
    price: u64,
    /// What the board must print, but for the price.
    prints: &'static [&'static str],
    is_paid: bool,
    /// The least that the challenge must take, in bytes.
    challenge: usize,
    /// How often the payment must go the forgetful way, the same bytes each time.
    times_sent: usize,
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
    "journal opened, open payments: 0",
    "network up, address 10.0.2.15",
    "approved",
    "data {\"",
    "bought status 200",
    "finished 1 attempts, 1 bought, 1 settled",
];

const SENT_AGAIN: &[&str] = &[
    "approved\npayment 0 of ",
    " units is sent again",
    "data {\"",
    "bought status 200",
    "finished 1 attempts, 1 bought, 1 settled",
];

const REFUSED: &[&str] = &[
    "failed without an answer: not paid: the price of 10001 is above the policy's cap of 10000",
    "(to act: who makes the policy)",
    "finished 1 attempts, 0 bought, 0 settled, 0 units spent, 1 failed, 0 unknown",
];

impl Scenario {
    /// All of them.
    pub(crate) fn all() -> Vec<Scenario> {
        use Chain::{Evm, Solana};
        let large = |scenario| Scenario { challenge: 7_000, ..scenario };
        let refused = |scenario| Scenario { prints: REFUSED, is_paid: false, ..scenario };
        let closed = |scenario| Scenario { counter: Counter::Closing, ..scenario };
        let forgetful = |scenario| Scenario {
            counter: Counter::Forgetful,
            prints: SENT_AGAIN,
            times_sent: 2,
            ..scenario
        };
        vec![
            paid("Solana v2", Solana, "/solana/v2", 1_000),
            paid("Solana v1", Solana, "/solana/v1", 2_000),
            large(paid("Solana, a challenge of 7 KB", Solana, "/solana/v2/large", 3_000)),
            refused(paid("Solana, refused by policy", Solana, "/solana/v2/dear", 10_001)),
            closed(paid("Solana v2, closed after the 402", Solana, "/solana/v2", 1_000)),
            closed(paid("Solana v1, closed after the 402", Solana, "/solana/v1", 2_000)),
            forgetful(paid("Solana v2, the answer is lost", Solana, "/solana/v2", 1_000)),
            paid("EVM v2", Evm, "/evm/v2", 4_000),
            paid("EVM v1", Evm, "/evm/v1", 5_000),
            large(paid("EVM, a challenge of 7 KB", Evm, "/evm/v2/large", 6_000)),
            refused(paid("EVM, refused by policy", Evm, "/evm/v1/dear", 10_001)),
            closed(paid("EVM v2, closed after the 402", Evm, "/evm/v2", 4_000)),
            closed(paid("EVM v1, closed after the 402", Evm, "/evm/v1", 5_000)),
            forgetful(paid("EVM v2, the answer is lost", Evm, "/evm/v2", 4_000)),
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
        problems.extend(self.check_sent(&shop.take_forgotten()));
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

    /// Exactly the price has moved on one chain, or nothing, and nothing on the other.
    fn check_balances(&self, before: Balances, after: Balances) -> Option<String> {
        let price = if self.is_paid { self.price } else { 0 };
        let expected = match self.chain {
            Chain::Solana => Balances { solana: before.solana.after(price), ..before },
            Chain::Evm => Balances { evm: before.evm.after(price), ..before },
        };
        (after != expected)
            .then(|| format!("the balances went from {before:?} to {after:?}: not by {price}"))
    }

    fn check_sent(&self, payments: &[String]) -> Option<String> {
        let are_equal = payments.iter().all(|payment| Some(payment) == payments.first());
        (payments.len() != self.times_sent || !are_equal)
            .then(|| format!("it sent not {} equal payments: {payments:?}", self.times_sent))
    }
}

/// One that is paid, at the counter that keeps connections.
fn paid(name: &'static str, chain: Chain, path: &'static str, price: u64) -> Scenario {
    Scenario {
        name,
        chain,
        counter: Counter::Keeping,
        path,
        price,
        prints: BOUGHT,
        is_paid: true,
        challenge: 0,
        times_sent: 0,
    }
}
