//! The world around the device: true time, its clock, the chain, the seller, and what everybody
//! remembers of what happened.

use std::cell::{Cell, RefCell};

use embedded_x402::client::Method;
use embedded_x402::evm::Address;
use embedded_x402::signer::SignerError;
use embedded_x402_tests::mutation::Dice;
use embedded_x402_tests::network::Reply;
use embedded_x402_tests::sent::SentRequest;
use embedded_x402_tests::virtual_time::VirtualTime;

use crate::chain::{Chain, Payment};
use crate::purchases::Purchases;
use crate::seller::Seller;

/// When histories begin, in Unix seconds.
const BEGINNING: u64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) time: VirtualTime,
    /// When the device started, in milliseconds.
    boot: Cell<u64>,
    /// Seconds that the device's clock is off; `None` without one.
    clock: Cell<Option<i64>>,
    /// Whether the device's clock was ever wrong.
    pub(crate) clock_lied: Cell<bool>,
    /// Counts resets, and the times that the clock came or went.
    pub(crate) regime: Cell<u64>,
    /// Of a hundred signatures, so many fail.
    pub(crate) signer_fails: Cell<usize>,
    pub(crate) dice: RefCell<Dice>,
    pub(crate) chain: RefCell<Chain>,
    pub(crate) seller: RefCell<Seller>,
    pub(crate) purchases: RefCell<Purchases>,
    log: RefCell<Vec<String>>,
    name: String,
}

impl World {
    pub(crate) fn new(name: String, seed: u64) -> Self {
        let payer = Address::from_public_key(&[3; 64]).to_hex().as_str().to_owned();
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
            chain: RefCell::default(),
            seller: RefCell::new(Seller::honest(payer)),
            purchases: RefCell::default(),
            log: RefCell::default(),
            name,
        }
    }

    pub(crate) fn below(&self, bound: usize) -> usize {
        self.dice.borrow_mut().below(bound)
    }

    pub(crate) fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn now(&self) -> u64 {
        self.time.seconds()
    }

    pub(crate) fn uptime(&self) -> u64 {
        (self.time.milliseconds() - self.boot.get()) / 1000
    }

    /// What the device's clock says.
    pub(crate) fn clock(&self) -> Option<u64> {
        self.clock.get().map(|offset| self.now().saturating_add_signed(offset))
    }

    pub(crate) fn set_clock(&self, offset: Option<i64>) {
        self.note(|| format!("the clock is off by {offset:?}"));
        self.clock.set(offset);
        self.regime.set(self.regime.get() + 1);
        let lies = offset.is_some_and(|offset| offset != 0);
        self.clock_lied.set(self.clock_lied.get() || lies);
    }

    /// The device starts anew, after it was off for so long.
    pub(crate) fn reset(&self, off_seconds: u64) {
        self.note(|| format!("reset, off for {off_seconds} s"));
        self.time.pass(off_seconds);
        self.boot.set(self.time.milliseconds());
        self.regime.set(self.regime.get() + 1);
    }

    /// What happened.
    pub(crate) fn note(&self, what: impl FnOnce() -> String) {
        let seconds = self.now() - BEGINNING;
        self.log.borrow_mut().push(format!("{seconds:>6} s  {}", what()));
    }

    /// The device signs a payment.
    pub(crate) fn signed(&self, id: String) -> Result<(), SignerError> {
        if self.chance(self.signer_fails.get()) {
            self.note(|| "the signer fails".into());
            return Err(SignerError::Failed);
        }
        self.note(|| format!("signs {id}"));
        let seller = self.seller.borrow();
        let mut purchases = self.purchases.borrow_mut();
        purchases.sign(id, self.now(), self.regime.get(), &seller.seen);
        Ok(())
    }

    /// The seller's answer to a request.
    pub(crate) fn answer(&self, request: &SentRequest) -> Reply {
        self.time.pass_milliseconds(20 + self.below(2000) as u64);
        let now = self.now();
        let (mut seller, mut chain) = (self.seller.borrow_mut(), self.chain.borrow_mut());
        seller.settle_due(&mut chain, now);
        let dice = &mut *self.dice.borrow_mut();
        match chain.payment(request) {
            None => {
                let (what, reply) = seller.ask(&mut chain, now, dice);
                self.note(|| format!("{}: the seller {what}", request.line()));
                reply
            }
            Some(payment) => {
                let (what, reply) = seller.paid(&payment, &mut chain, now, dice);
                let Payment { id, coin, amount, valid, .. } = &payment;
                let left = valid.1 as i64 - now as i64;
                self.note(|| {
                    format!("{id} ({amount} on {coin:?}, {left} s left): the seller {what}")
                });
                reply
            }
        }
    }

    /// Lets the chain do what is due.
    pub(crate) fn settle_due(&self) {
        let (mut seller, mut chain) = (self.seller.borrow_mut(), self.chain.borrow_mut());
        seller.settle_due(&mut chain, self.now());
    }
}

/// The resource with this number.
pub(crate) fn url(number: usize) -> &'static str {
    ["http://seller.lan/a", "http://seller.lan/b", "http://seller.lan/c"][number]
}

/// What the journal recognises a request for it by.
pub(crate) fn key(number: usize) -> embedded_x402::journal::RequestKey {
    embedded_x402::journal::RequestKey::new(Method::Get.as_str(), url(number), None)
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("\n--- {}\n{}", self.name, self.log.borrow().join("\n"));
        }
    }
}
