//! The world around the device: true time, its clock, the market, and what everybody remembers of
//! what happened.

use std::cell::{Cell, RefCell};

use embedded_x402::client::Method;
use embedded_x402::io::Timeouts;
use embedded_x402::signer::SignerError;

use super::market::{Answer, Market, Question};
use super::payment::Payment;
use super::purchases::Purchases;
use super::troubles::Tally;
use crate::mutation::Dice;
use crate::network::{After, Reply};
use crate::sent::SentRequest;
use crate::virtual_time::VirtualTime;

/// When histories begin, in Unix seconds.
pub const BEGINNING: u64 = 1_800_000_000;

pub struct World<M> {
    pub time: VirtualTime,
    /// When the device started, in milliseconds.
    boot: Cell<u64>,
    /// Seconds that the device's clock is off; `None` without one.
    clock: Cell<Option<i64>>,
    /// Whether the device's clock was ever wrong.
    pub clock_lied: Cell<bool>,
    /// Counts resets, and the times that the clock came or went.
    pub regime: Cell<u64>,
    /// Of a hundred signatures, so many fail.
    pub signer_fails: Cell<usize>,
    pub dice: RefCell<Dice>,
    pub market: RefCell<M>,
    pub purchases: RefCell<Purchases>,
    log: RefCell<Vec<String>>,
    tally: RefCell<Tally>,
    name: String,
}

impl<M> World<M> {
    pub fn new(name: String, seed: u64, market: M) -> Self {
        // Neighbouring seeds are to have nothing in common.
        let mut dice = Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.below(2);
        World {
            time: VirtualTime::at(BEGINNING),
            boot: Cell::new(BEGINNING * 1000),
            clock: Cell::new(Some(0)),
            clock_lied: Cell::new(false),
            regime: Cell::new(0),
            signer_fails: Cell::new(0),
            dice: RefCell::new(dice),
            market: RefCell::new(market),
            purchases: RefCell::default(),
            log: RefCell::default(),
            tally: RefCell::default(),
            name,
        }
    }

    pub fn below(&self, bound: usize) -> usize {
        self.dice.borrow_mut().below(bound)
    }

    pub fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn now(&self) -> u64 {
        self.time.seconds()
    }

    pub fn uptime(&self) -> u64 {
        (self.time.milliseconds() - self.boot.get()) / 1000
    }

    /// What the device's clock says.
    pub fn clock(&self) -> Option<u64> {
        self.clock.get().map(|offset| self.now().saturating_add_signed(offset))
    }

    pub fn set_clock(&self, offset: Option<i64>) {
        self.note(|| format!("the clock is off by {offset:?}"));
        self.count("clock set");
        self.clock.set(offset);
        self.regime.set(self.regime.get() + 1);
        let lies = offset.is_some_and(|offset| offset != 0);
        self.clock_lied.set(self.clock_lied.get() || lies);
    }

    /// The device starts anew, after it was off for so long.
    pub fn reset(&self, off_seconds: u64) {
        self.note(|| format!("reset, off for {off_seconds} s"));
        self.count("reset");
        self.time.pass(off_seconds);
        self.boot.set(self.time.milliseconds());
        self.regime.set(self.regime.get() + 1);
    }

    /// What happened.
    pub fn note(&self, what: impl FnOnce() -> String) {
        let seconds = self.now() - BEGINNING;
        self.log.borrow_mut().push(format!("{seconds:>6} s  {}", what()));
    }

    /// Something happened that is counted.
    pub fn count(&self, what: impl Into<String>) {
        *self.tally.borrow_mut().entry(what.into()).or_default() += 1;
    }

    /// The device signs a payment.
    pub fn signed(&self, id: String) -> Result<(), SignerError> {
        if self.chance(self.signer_fails.get()) {
            self.note(|| "the signer fails".into());
            return Err(SignerError::Failed);
        }
        self.note(|| format!("signs {id}"));
        self.purchases.borrow_mut().sign(id, self.now(), self.regime.get());
        Ok(())
    }
}

impl<M: Market> World<M> {
    /// The answer to a request to one of the hosts.
    pub fn answer(&self, host: &str, request: &SentRequest) -> Reply {
        self.time.pass_milliseconds(20 + self.below(2000) as u64);
        let now = self.now();
        let market = &mut *self.market.borrow_mut();
        market.pass(now);
        let payment = market.payment(request);
        let question = Question { host, request, payment: payment.as_ref() };
        let Answer { what, reply, delay } =
            market.answer(question, now, &mut self.dice.borrow_mut());
        self.note(|| match &payment {
            None => format!("{host}, {}: {what}", request.line()),
            Some(Payment { id, coin, amount, valid, .. }) => {
                let left = valid.1 as i64 - now as i64;
                format!("{id} ({amount} on {coin:?}, {left} s left): the seller {what}")
            }
        });
        let reply = self.delayed(reply, delay, payment.is_some());
        if let Some(payment) = payment {
            self.purchases.borrow_mut().remember(payment, &reply);
        }
        reply
    }

    /// A reply that the client does not wait for is none.
    fn delayed(&self, reply: Reply, delay: u64, is_paid: bool) -> Reply {
        let Timeouts { transfer, settle, .. } = Timeouts::default();
        if delay >= u64::from(if is_paid { settle } else { transfer }) {
            return Reply::then(Vec::new(), After::Silence);
        }
        self.time.pass_milliseconds(delay);
        reply
    }

    /// Lets the chain do what is due.
    pub fn settle_due(&self) {
        self.market.borrow_mut().pass(self.now());
    }

    /// How often things happened.
    pub fn tally(&self) -> Tally {
        let mut tally = self.tally.borrow().clone();
        for (what, times) in self.market.borrow().troubles() {
            *tally.entry(what).or_default() += times;
        }
        tally
    }
}

/// The resource with this number.
pub fn url(number: usize) -> &'static str {
    ["http://seller.lan/a", "http://seller.lan/b", "http://seller.lan/c"][number]
}

/// What the journal recognises a request for it by.
pub fn key(number: usize) -> embedded_x402::journal::RequestKey {
    embedded_x402::journal::RequestKey::new(Method::Get.as_str(), url(number), None)
}

impl<M> Drop for World<M> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("\n--- {}\n{}", self.name, self.log.borrow().join("\n"));
        }
    }
}
