//! Which faults a history has, and how often they strike.

use embedded_x402_sim::fault::{FacilitatorFault, FaultKind, Faults, SellerFault};
use embedded_x402_tests::histories::troubles::roll;
use embedded_x402_tests::mutation::Dice;

/// How a history goes wrong.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// Faults, as lists say them.
    pub(super) seller: Vec<String>,
    /// The same.
    pub(super) facilitator: Vec<String>,
    pub(super) has_nodes: bool,
    /// Of a hundred questions to a node, so many fail.
    pub(super) nodes_fail: usize,
    /// Whether the seller's answers have no date.
    pub(super) is_dateless: bool,
}

impl Ways {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        Ways {
            seller: draw::<SellerFault>(dice, 6, 60),
            facilitator: draw::<FacilitatorFault>(dice, 4, 50),
            has_nodes: dice.below(4) != 0,
            nodes_fail: roll(dice, 40),
            is_dateless: dice.below(8) == 0,
        }
    }
}

/// The faults of one kind of server.
pub(super) trait Named: FaultKind {
    /// Whose they are.
    const WHOSE: &'static str;

    /// What is drawn from.
    const ALL: &'static [&'static str];
}

impl Named for SellerFault {
    const WHOSE: &'static str = "seller";
    const ALL: &'static [&'static str] = &[
        "delay=1000-200000",
        "delay-challenge=1000-60000",
        "wrong-date=-300",
        "wrong-date=900",
        "reset",
        "lose-response",
        "truncate",
        "status=500",
        "status=204",
        "status=404",
        "error-with-receipt",
        "no-receipt",
        "wrong-receipt=network",
        "wrong-receipt=amount",
        "wrong-receipt=payer",
        "wrong-receipt=transaction",
        "stale-402",
        "refuse-and-settle",
        "corrective-402",
        "other-pay-to",
        "no-settle",
    ];
}

impl Named for FacilitatorFault {
    const WHOSE: &'static str = "facilitator";
    const ALL: &'static [&'static str] = &[
        "delay=1000-200000",
        "lose-response",
        "status=503",
        "pending",
        "settle-late=1000-200000",
        "refuse",
    ];
}

/// What a fault counts as.
pub(super) fn name<K: Named>(fault: &str) -> String {
    format!("{}: {fault}", K::WHOSE)
}

/// Some of the faults, as lists say them: each with one chance in `rarity`, and it then strikes up to
/// this share of the requests, in percent.
fn draw<K: Named>(dice: &mut Dice, rarity: usize, most: usize) -> Vec<String> {
    let mut drawn = Vec::new();
    for fault in K::ALL {
        let percent = 5 + dice.below(most);
        if dice.below(rarity) == 0 {
            let separator = if fault.contains('=') { ':' } else { '=' };
            drawn.push(format!("{fault}{separator}0.{percent:02}"));
        }
    }
    drawn
}

/// The faults that these texts say.
pub(super) fn faults<K: Named>(texts: &[String], seed: u64) -> Faults<K> {
    Faults::new(texts.iter().map(|text| text.parse().expect("a fault")), seed)
}

/// How often each of them struck, by name.
pub(super) fn counted<K: Named>(texts: &[String], struck: &[u32]) -> Vec<(String, u64)> {
    let plain = |text: &String| name::<K>(text.split('=').next().unwrap_or_default());
    texts.iter().map(plain).zip(struck.iter().map(|times| u64::from(*times))).collect()
}
