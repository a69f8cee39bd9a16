//! What the device wants, and what it may owe for it: the plain reference that the journal is held
//! against.
//!
//! A purchase is one thing that the device wants once. It asks for it again and again, over lost
//! answers and resets, until the client has an answer, a refusal, or says that the payment expired:
//! then the purchase is over, and the next request for the same is another one. Where the power is
//! cut, or the future dropped, after the client has noted the answer and before the device has it,
//! the purchase is over too: the client can't know that the device has not got it.

use std::collections::HashMap;

use super::device::{BUDGET, PERIOD};
use super::market::TIMEOUT;
use super::payment::{Coin, Payment, Settlement};
use crate::network::Reply;

/// All of them.
#[derive(Default)]
pub struct Purchases {
    all: Vec<Purchase>,
    /// The one that the device is at.
    current: usize,
    signed: HashMap<String, Signed>,
    /// Every payment that reached the seller, by its identity.
    pub seen: HashMap<String, Seen>,
}

struct Purchase {
    url: usize,
    over: Option<Over>,
}

/// How a purchase ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Answered,
    Refused,
    Expired,
}

/// A payment that came.
pub struct Seen {
    pub payment: Payment,
    /// It was answered with a status of 200 to 299, or with a receipt.
    pub is_delivered: bool,
    /// It was answered with a 402 when it came for the first time: later, that says nothing of the
    /// copies before.
    pub is_refused: bool,
    /// How many times it came.
    pub times: usize,
}

struct Signed {
    purchase: usize,
    at: u64,
    regime: u64,
}

impl Purchases {
    /// Goes on with the purchase of a resource, or begins another one.
    pub fn go_on(&mut self, url: usize) {
        let is_it = |purchase: &Purchase| purchase.url == url && purchase.over.is_none();
        self.current = self.all.iter().position(is_it).unwrap_or(self.all.len());
        if self.current == self.all.len() {
            self.all.push(Purchase { url, over: None });
        }
    }

    /// The current purchase is over. It is refused only if its payment was when it came first.
    pub fn end(&mut self, over: Over) {
        let of_current = |id: &String| self.signed[id].purchase == self.current;
        let mut payments = self.seen.iter().filter(|(id, _)| of_current(id));
        let is_refused = payments.all(|(_, seen)| seen.is_refused);
        assert!(over != Over::Refused || is_refused, "refused, but not at first");
        self.all[self.current].over = Some(over);
    }

    /// Resources that the device still wants.
    pub fn wanted(&self) -> Vec<usize> {
        let wanted = self.all.iter().filter(|purchase| purchase.over.is_none());
        wanted.map(|purchase| purchase.url).collect()
    }

    /// Another payment is signed. No other one for the same resource may stand in its way.
    pub fn sign(&mut self, id: String, at: u64, regime: u64) {
        let purchase = self.current;
        let others = self.seen.iter().filter(|(other, _)| **other != id);
        for (earlier, Seen { payment, .. }) in others {
            let signed = &self.signed[earlier];
            if self.all[signed.purchase].url != self.all[purchase].url {
                continue;
            }
            assert_ne!(signed.purchase, purchase, "{id} after {earlier} in one purchase");
            let is_expired = self.all[signed.purchase].over == Some(Over::Expired);
            let may_settle = at < payment.valid.1 && !signed.is_postdated(payment);
            assert!(!(is_expired && may_settle), "{id} while {earlier} may settle");
        }
        self.signed.insert(id, Signed { purchase, at, regime });
    }

    /// A payment reaches the seller, who answers it so.
    pub fn remember(&mut self, payment: Payment, reply: &Reply) {
        let seen = self.seen.entry(payment.id.clone()).or_insert_with(|| Seen {
            payment: payment.clone(),
            is_delivered: false,
            is_refused: false,
            times: 0,
        });
        assert_eq!(seen.payment.json, payment.json, "the same payment in other bytes");
        let text = String::from_utf8_lossy(&reply.bytes).to_uppercase();
        seen.is_delivered |= text.starts_with("HTTP/1.1 2") || text.contains("PAYMENT-RESPONSE");
        seen.times += 1;
        seen.is_refused |= seen.times == 1 && text.starts_with("HTTP/1.1 402");
    }

    /// The purchases of these payments are over, for the journal has closed their books: with good
    /// reason?
    pub fn close(&mut self, is_open: impl Fn(usize) -> bool, now: u64) {
        for (id, Seen { payment, is_delivered, is_refused, .. }) in &self.seen {
            let signed = &self.signed[id];
            let purchase = &mut self.all[signed.purchase];
            if purchase.over.is_some() || is_open(purchase.url) {
                continue;
            }
            let is_dead = now >= payment.valid.1 || signed.is_postdated(payment);
            assert!(*is_delivered || *is_refused || is_dead, "{id} is closed for no reason");
            purchase.over = Some(match (is_delivered, is_refused) {
                (true, _) => Over::Answered,
                (false, true) => Over::Refused,
                (false, false) => Over::Expired,
            });
        }
    }

    /// What holds at all times: each purchase is settled once at most, and no period has more
    /// payments than its budget. Where the device's clock has lied, that is so as long as it was on.
    pub fn check(&self, settlements: &[Settlement], clock_lied: bool) {
        let mut settled = HashMap::new();
        for settlement in settlements {
            let signed = &self.signed[&settlement.id];
            let other = settled.insert(signed.purchase, &settlement.id);
            assert_eq!(other, None, "{} is the second of its purchase", settlement.id);
        }
        for first in settlements {
            let signed = |settlement: &Settlement| self.signed[&settlement.id].at;
            let length = u64::from(PERIOD) - ROUNDING;
            self.check_period(settlements, first, clock_lied, length, signed);
            // A payment counts from its signing on; it may settle as long as it lives.
            let moved = |settlement: &Settlement| settlement.at.min(signed(settlement) + LIFE);
            self.check_period(settlements, first, clock_lied, length - LIFE, moved);
        }
    }

    /// What is paid in a period that begins with a payment, by the time that payments count at.
    fn check_period(
        &self,
        settlements: &[Settlement],
        first: &Settlement,
        clock_lied: bool,
        length: u64,
        time: impl Fn(&Settlement) -> u64,
    ) {
        let regime = |settlement: &Settlement| self.signed[&settlement.id].regime;
        let period = time(first)..time(first) + length;
        let of_period = settlements.iter().filter(|other| {
            let is_same_time = !clock_lied || regime(other) == regime(first);
            other.coin == first.coin && is_same_time && period.contains(&time(other))
        });
        let moved: u64 = of_period.map(|settlement| settlement.amount).sum();
        assert!(moved <= BUDGET, "{moved} in the period from {}", first.id);
    }
}

/// Seconds that times in whole seconds can be off by, over all resets of a history.
const ROUNDING: u64 = 30;

/// Seconds that a payment lives at most, but for postdated ones.
const LIFE: u64 = 200;

impl Signed {
    /// Whether an authorization is valid for longer than meant: the device's clock and the seller's
    /// `Date` were both ahead of the chain's. That is the one assumption that the client makes.
    fn is_postdated(&self, payment: &Payment) -> bool {
        payment.coin == Coin::Evm && payment.valid.1 > self.at + TIMEOUT + 60
    }
}
