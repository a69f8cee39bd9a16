//! The device: the real client over a real journal in flash.

use std::pin::pin;

use embedded_x402::client::{Error as ExchangeError, Outcome};
use embedded_x402::io::{Client, ClientMemory, Error, Notice, Timeouts};
use embedded_x402::journal::{FlashStorage, Journal, JournalError, Now, Standing};
use embedded_x402::policy::{Budget, PaymentPolicy, Rule, Spending, assets};
use embedded_x402::sizes;
use embedded_x402::wire::Amount;

use super::flash::Flash;
use super::market::Market;
use super::payment::{Coin, Settlement};
use super::purchases::Over;
use super::random::Counter;
use super::world::{World, key, url};
use crate::network::Network;

/// Seconds of the budget's period.
pub const PERIOD: u32 = 1800;

/// Units that may be spent in it, on each chain.
pub const BUDGET: u64 = 6000;

/// Ten years: what is counted over them is all.
const ALL: u32 = 315_360_000;

const SOLANA: Rule<'static> = Rule::new(assets::USDC_SOLANA_DEVNET, Amount(2000));
const EVM: Rule<'static> = Rule::new(assets::USDC_BASE_SEPOLIA, Amount(2000));

/// Both budgets hold for all payments in their assets.
const RULES: [Rule<'static>; 4] = [
    SOLANA.budget(Budget::new(Amount(BUDGET), PERIOD)),
    EVM.budget(Budget::new(Amount(BUDGET), PERIOD)),
    SOLANA.budget(Budget::new(Amount(u64::MAX), ALL)),
    EVM.budget(Budget::new(Amount(u64::MAX), ALL)),
];

const POLICY: PaymentPolicy<'static> = PaymentPolicy { rules: &RULES };

pub type Books = Journal<FlashStorage<Flash>, 4, 2>;

/// The device while it is on.
pub struct Device<'w, M> {
    pub world: &'w World<M>,
    pub flash: Flash,
    /// What a reset takes away.
    ram: Option<Ram>,
}

struct Ram {
    journal: Books,
    memory: Box<ClientMemory>,
}

/// How an attempt at a purchase ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// With the status, and whether a receipt holds.
    Answer(u16, bool),
    Failed(Error),
    /// The journal could not be opened.
    NotOpened(JournalError),
    /// The device let go of it.
    Dropped,
    PowerCut,
}

impl<'w, M: Market> Device<'w, M> {
    pub fn new(world: &'w World<M>, flash: Flash) -> Self {
        Device { world, flash, ram: None }
    }

    /// Takes the power away for so many seconds.
    pub fn reset(&mut self, off_seconds: u64) {
        self.ram = None;
        self.flash.heal();
        self.world.reset(off_seconds);
    }

    /// Makes one attempt at the purchase of a resource, for `total` milliseconds at most, dropped
    /// when it has waited so many times.
    pub fn buy(&mut self, number: usize, total: u32, waits: Option<usize>) -> Ended {
        let sent = self.times_sent();
        let ended = self.attempt(number, total, waits);
        self.world.note(|| format!("{}: {ended:?}", url(number)));
        if self.times_sent() > sent {
            check_told(&ended);
        }
        self.judge(&ended);
        if ended == Ended::PowerCut {
            let off = [0, 1, 30, 200, 4000][self.world.below(5)];
            self.reset(off);
        }
        self.check();
        ended
    }

    /// The same where the journal may be of no use.
    pub fn try_to_buy(&mut self, number: usize) -> Ended {
        self.attempt(number, 60_000, None)
    }

    fn attempt(&mut self, number: usize, total: u32, waits: Option<usize>) -> Ended {
        let world = self.world;
        if let Err(ended) = self.open() {
            return ended;
        }
        world.purchases.borrow_mut().go_on(number);
        let Some(Ram { journal, memory }) = &mut self.ram else { return Ended::PowerCut };
        let mut network = Network::new(|host, request| world.answer(host, request));
        network.hesitates = true;
        let (uptime, clock) = (|| world.uptime(), || world.clock());
        let (rng, delay) = (Counter(world.below(1 << 31) as u64), world.time.delay());
        let client = Client::new(&network, &POLICY, M::wallet(world), rng, delay, memory);
        let timeouts = Timeouts { total, ..Timeouts::default() };
        let client = client.with_journal(journal, &uptime).with_timeouts(timeouts);
        let notices = |notice: Notice| world.count(told(&notice));
        let mut client = client.with_clock(&clock).with_notices(&notices);
        let nodes = world.market.borrow().nodes();
        if let Some(url) = nodes.solana {
            client = client.with_solana_rpc(url);
        }
        if let Some(url) = nodes.evm {
            client = client.with_evm_rpc(url);
        }
        let mut left = waits;
        let goes_on = || {
            left = left.map(|left| left.saturating_sub(1));
            !self.flash.is_cut() && left != Some(0)
        };
        let getting = pin!(client.get(url(number)));
        let answer = world.time.run_while(getting, goes_on);
        match answer {
            None if self.flash.is_cut() => Ended::PowerCut,
            None => Ended::Dropped,
            Some(Err(error)) => Ended::Failed(error),
            Some(Ok(response)) => {
                let is_settled = matches!(response.outcome(), Outcome::Settled(_));
                Ended::Answer(response.status(), is_settled)
            }
        }
    }

    /// How many times payments have reached the seller.
    fn times_sent(&self) -> usize {
        self.world.purchases.borrow().seen.values().map(|seen| seen.times).sum()
    }

    /// Opens the journal, if the device has just started.
    fn open(&mut self) -> Result<(), Ended> {
        if self.ram.is_some() {
            return Ok(());
        }
        let opening = open(&self.flash);
        let opened = self.world.time.run_while(opening, || !self.flash.is_cut());
        match opened {
            None => return Err(Ended::PowerCut),
            Some(Err(error)) => return Err(Ended::NotOpened(error)),
            Some(Ok(journal)) => {
                self.ram = Some(Ram { journal, memory: Box::default() });
            }
        }
        self.close();
        Ok(())
    }

    fn judge(&self, ended: &Ended) {
        let over = match ended {
            Ended::Answer(200..=299, _) | Ended::Answer(_, true) => Over::Answered,
            Ended::Failed(Error::Exchange(ExchangeError::Refused(_))) => Over::Refused,
            Ended::Failed(Error::Expired(_)) => Over::Expired,
            _ => return,
        };
        self.world.purchases.borrow_mut().end(over);
    }

    /// Takes note of what the journal has closed.
    fn close(&self) {
        let Some(Ram { journal, .. }) = &self.ram else { return };
        let is_open = |number| {
            let mut open = journal.open_payments().iter();
            open.any(|open| open.request == key(number) && open.standing == Standing::Unknown)
        };
        self.world.purchases.borrow_mut().close(is_open, self.world.now());
    }

    /// What holds after every step, in RAM and of what is durable.
    pub fn check(&mut self) {
        let world = self.world;
        world.settle_due();
        self.close();
        let market = world.market.borrow();
        world.purchases.borrow().check(market.settlements(), world.clock_lied.get());
        let moved = Coin::ALL.map(|coin| market.moved(coin));
        assert_eq!(moved, Coin::ALL.map(|coin| settled(market.settlements(), coin)));
        let now = Now { uptime: world.uptime(), unix: None };
        if let Some(Ram { journal, .. }) = &mut self.ram {
            check_books(journal, now, moved);
        }
        let durable = world.time.run(open(&self.flash.copy()));
        let mut durable = durable.expect("a journal that can be opened");
        check_books(&mut durable, Now::default(), moved);
    }
}

/// What has moved by payments.
fn settled(settlements: &[Settlement], coin: Coin) -> u64 {
    let of_coin = settlements.iter().filter(|settlement| settlement.coin == coin);
    of_coin.map(|settlement| settlement.amount).sum()
}

/// What a notice counts as.
fn told(notice: &Notice) -> String {
    match notice {
        Notice::Resent(_) => "resent".into(),
        Notice::Expired(_, fate) => format!("fate {fate:?}"),
        _ => "told otherwise".into(),
    }
}

/// Opens the journal in this flash.
pub async fn open(flash: &Flash) -> Result<Books, JournalError> {
    let storage = FlashStorage::new(flash.clone(), 0..flash.size()).expect("whole pages");
    Journal::open(storage, &mut [0; sizes::RECORD]).await
}

/// An attempt that sent a payment never ends as if it had not.
fn check_told(ended: &Ended) {
    let Ended::Failed(error) = ended else { return };
    let is_over = matches!(error, Error::Exchange(ExchangeError::Refused(_)) | Error::Expired(_));
    assert!(is_over || error.unsettled().is_some(), "a payment was sent: {error}");
}

/// Money moved is money booked or reserved, which is within the budget.
pub fn check_books(journal: &mut Books, now: Now, moved: [u64; 2]) {
    journal.keep_budgets(&RULES, now).expect("room for the budgets");
    let statement = journal.statement(now);
    for (rule, moved) in RULES.iter().zip(moved) {
        let spent = |period| statement.spent(&rule.asset, period).expect("a budget").amount;
        let symbol = rule.asset.network;
        assert!(moved <= spent(ALL), "{moved} moved on {symbol}, {} booked", spent(ALL));
        assert!(spent(PERIOD) <= BUDGET, "{} booked on {symbol} in a period", spent(PERIOD));
    }
}
