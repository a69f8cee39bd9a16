//! The books: what is reserved, and what was spent.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use super::item::{self, Kind};
use super::keys::{AssetKey, RequestKey};
use super::record::RecordError;
use super::storage::Slot;
use super::window::{BUCKETS, Window};
use crate::policy::{Asset, Rule, Spending, Spent};

/// What is reserved and what was spent, for `WINDOWS` budgets and `OPEN` payments at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Books<const WINDOWS: usize, const OPEN: usize> {
    /// The number of the next payment.
    pub(super) next: u32,
    /// The device's time when they were written, in seconds, and that moment's Unix seconds.
    pub(super) time: (u64, u64),
    windows: Vec<Window, WINDOWS>,
    open: Vec<OpenPayment, OPEN>,
}

/// A payment whose amount is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OpenPayment {
    /// Its number.
    pub number: u32,
    /// The request that it is for.
    pub request: RequestKey,
    /// The asset that is paid in.
    pub asset: AssetKey,
    /// Atomic units of it.
    pub amount: u64,
    /// Seconds after which it can't settle any more.
    pub lifetime: u32,
    /// What the seller said of it.
    pub standing: Standing,
    /// Where its record is.
    pub(super) slot: Slot,
    /// The journal's time when it was reserved; `None` after a reset.
    #[serde(skip)]
    pub(super) since: Option<u64>,
    /// Whether it can't be sent: its record was never written, or is lost.
    #[serde(skip)]
    pub(super) is_unrecorded: bool,
}

/// What the seller said of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// Nothing that holds: it may have settled, or settle yet.
    Unknown,
    /// That it refuses it. That is its word: the amount stays reserved until it can't settle any
    /// more, but the same request may be paid for again.
    Refused,
}

impl OpenPayment {
    /// Whether it can't settle any more, so many seconds after the journal began to count. After a
    /// reset its lifetime begins anew, since nothing says how long the device was off.
    pub(super) fn is_expired(&self, seconds: u64) -> bool {
        self.watched(seconds) >= u64::from(self.lifetime)
    }

    /// Seconds since it was reserved; `None` if the device was reset since.
    pub(super) fn age(&self, seconds: u64) -> Option<u64> {
        self.since.map(|since| seconds.saturating_sub(since))
    }

    /// Seconds that it has been open without a reset.
    fn watched(&self, seconds: u64) -> u64 {
        seconds.saturating_sub(self.since.unwrap_or(0))
    }
}

impl<const WINDOWS: usize, const OPEN: usize> Books<WINDOWS, OPEN> {
    /// Bytes that they take at most when they are written: numbers of 32 and 64 bits take up to 5
    /// and 10.
    pub const MAX_LEN: usize = {
        let (numbers, counts) = (5 + 2 * 10, 2 * 2);
        let window = AssetKey::LEN + 5 + 10 + BUCKETS * (10 + 5);
        let open = 5 + RequestKey::LEN + AssetKey::LEN + 10 + 5 + 1 + 1;
        item::OVERHEAD + numbers + counts + WINDOWS * window + OPEN * open
    };

    /// Reads them.
    pub(super) fn read(item: &[u8]) -> Result<Self, RecordError> {
        item::read(Kind::Books, item)
    }

    /// Writes them to the front of `buffer`; answers their length.
    pub(super) fn write(&self, buffer: &mut [u8]) -> Result<usize, RecordError> {
        item::write(Kind::Books, self, buffer)
    }

    /// The payments whose amounts are reserved.
    pub fn open(&self) -> &[OpenPayment] {
        &self.open
    }

    pub(super) fn open_mut(&mut self) -> &mut [OpenPayment] {
        &mut self.open
    }

    /// Keeps a window for every budget of the policy; `false` if there are too many. Other windows
    /// are kept until nothing counts in them any more: a budget that comes back has not forgotten what
    /// was spent.
    pub(super) fn keep_windows(&mut self, rules: &[Rule<'_>], seconds: u64) -> bool {
        let budgets = || {
            let of = |rule: &Rule<'_>| {
                rule.budget.map(|budget| (AssetKey::new(&rule.asset), budget.period_seconds))
            };
            rules.iter().filter_map(of)
        };
        let is_kept =
            |window: &Window| budgets().any(|(asset, period)| window.is_for(asset, period));
        budgets().all(|(asset, period)| {
            self.windows.iter().any(|window| window.is_for(asset, period))
                || self.make_room(|window| !is_kept(window) && window.is_empty(seconds))
                    && self.windows.push(Window::new(asset, period)).is_ok()
        })
    }

    /// Makes room for a window, of one that may go; `false` if there is none.
    fn make_room(&mut self, may_go: impl Fn(&Window) -> bool) -> bool {
        if !self.windows.is_full() {
            return true;
        }
        let index = self.windows.iter().position(may_go);
        index.map(|index| self.windows.remove(index)).is_some()
    }

    /// Reserves an amount; `None` if too many payments are open.
    pub(super) fn reserve(&mut self, payment: OpenPayment) -> Option<OpenPayment> {
        let is_free = |slot: &Slot| self.open.iter().all(|open| open.slot != *slot);
        let slot = (1..).take(OPEN).find(is_free)?;
        let payment = OpenPayment { number: self.next, slot, ..payment };
        self.open.push(payment).ok()?;
        self.next = self.next.wrapping_add(1);
        Some(payment)
    }

    /// Notes that the seller refused a payment; answers it, if it is open.
    pub(super) fn refuse(&mut self, number: u32) -> Option<OpenPayment> {
        let open = self.find_mut(number)?;
        open.standing = Standing::Refused;
        Some(*open)
    }

    /// Notes that a payment can settle for so many seconds more; answers it, if it is open.
    pub(super) fn extend(&mut self, number: u32, seconds: u64, more: u32) -> Option<OpenPayment> {
        let open = self.find_mut(number)?;
        let watched = u32::try_from(open.watched(seconds)).unwrap_or(u32::MAX);
        open.lifetime = open.lifetime.max(watched.saturating_add(more));
        Some(*open)
    }

    fn find_mut(&mut self, number: u32) -> Option<&mut OpenPayment> {
        self.open.iter_mut().find(|open| open.number == number)
    }

    /// Ends a reservation; answers it, if there was one.
    pub(super) fn release(&mut self, number: u32) -> Option<OpenPayment> {
        let index = self.open.iter().position(|open| open.number == number)?;
        Some(self.open.remove(index))
    }

    /// Makes a reservation what was spent; answers it, if there was one.
    pub(super) fn book(&mut self, number: u32, seconds: u64) -> Option<OpenPayment> {
        let payment = self.release(number)?;
        for window in self.windows.iter_mut().filter(|window| window.is_of(payment.asset)) {
            window.add(seconds, payment.amount);
        }
        Some(payment)
    }

    /// What was spent in this asset in the period that ends now, and what is reserved.
    fn spent(&self, asset: AssetKey, period: u32, seconds: u64) -> Option<Spent> {
        let window = self.windows.iter().find(|window| window.is_for(asset, period))?;
        let reserved = self.open.iter().filter(|open| open.asset == asset);
        Some(reserved.fold(window.spent(seconds), |sum, open| Spent {
            amount: sum.amount.saturating_add(open.amount),
            payments: sum.payments.saturating_add(1),
        }))
    }
}

/// The books at one moment, as the policy asks them.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'b, const WINDOWS: usize, const OPEN: usize> {
    pub(super) books: &'b Books<WINDOWS, OPEN>,
    /// The device's time.
    pub(super) seconds: u64,
}

impl<const WINDOWS: usize, const OPEN: usize> Spending for Statement<'_, WINDOWS, OPEN> {
    fn spent(&self, asset: &Asset<'_>, period_seconds: u32) -> Option<Spent> {
        self.books.spent(AssetKey::new(asset), period_seconds, self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Budget, assets};
    use crate::wire::Amount;

    /// The longest numbers everywhere.
    #[test]
    fn the_longest_books_have_their_length() {
        let mut books: Books<4, 2> =
            Books { next: u32::MAX, time: (u64::MAX, u64::MAX), ..Books::default() };
        let budget = |period| {
            Rule::new(assets::USDC_SOLANA, Amount(1)).budget(Budget::new(Amount(1), period))
        };
        let rules = [u32::MAX, u32::MAX - 1, u32::MAX - 2, u32::MAX - 3].map(budget);
        assert!(books.keep_windows(&rules, 0));
        let asset = AssetKey::new(&assets::USDC_SOLANA);
        let payment = OpenPayment {
            number: u32::MAX,
            request: RequestKey::from_bytes([0xff; RequestKey::LEN]),
            asset,
            amount: u64::MAX,
            lifetime: u32::MAX,
            standing: Standing::Refused,
            slot: Slot::MAX,
            since: None,
            is_unrecorded: false,
        };
        for index in 0..u64::from(u8::MAX) {
            let seconds = u64::MAX - (index << 40);
            books.windows.iter_mut().for_each(|window| window.add(seconds, u64::MAX));
        }
        books.open.push(payment).unwrap();
        books.open.push(payment).unwrap();
        let mut item = [0; 1024];
        let length = books.write(&mut item).unwrap();
        assert!(length <= Books::<4, 2>::MAX_LEN, "{length} > {}", Books::<4, 2>::MAX_LEN);
        assert_eq!(Books::read(&item[..length]), Ok(books));
    }

    #[test]
    fn windows_follow_the_policy() {
        let rule = |period| {
            Rule::new(assets::USDC_SOLANA, Amount(1)).budget(Budget::new(Amount(9), period))
        };
        let mut books: Books<2, 1> = Books::default();
        assert!(books.keep_windows(&[rule(60), rule(60), rule(3600)], 0));
        let open = books.reserve(payment(5)).unwrap();
        books.book(open.number, 1000);
        let key = AssetKey::new(&assets::USDC_SOLANA);
        assert_eq!(books.spent(key, 60, 1000), Some(Spent { amount: 5, payments: 1 }));
        // What counts is not forgotten to make room.
        assert!(!books.keep_windows(&[rule(3600), rule(7)], 1060));
        assert_eq!(books.spent(key, 60, 1060), Some(Spent { amount: 5, payments: 1 }));
        assert!(books.keep_windows(&[rule(3600), rule(7)], 1100));
        assert_eq!(books.spent(key, 60, 1100), None);
        assert_eq!(books.spent(key, 3600, 1100), Some(Spent { amount: 5, payments: 1 }));
        assert!(!books.keep_windows(&[rule(1), rule(2), rule(3)], u64::MAX));
    }

    #[test]
    fn a_budget_that_comes_back_has_forgotten_nothing() {
        let rule = |asset| Rule::new(asset, Amount(1)).budget(Budget::new(Amount(9), 60));
        let mut books: Books<2, 1> = Books::default();
        let usdc = rule(assets::USDC_SOLANA);
        assert!(books.keep_windows(&[usdc], 1000));
        for other in [&[][..], &[rule(assets::USDC_SOLANA_DEVNET)]] {
            assert!(books.keep_windows(other, 1000));
            let open = books.reserve(payment(2)).unwrap();
            books.book(open.number, 1000);
        }
        assert!(books.keep_windows(&[usdc], 1000));
        let key = AssetKey::new(&assets::USDC_SOLANA);
        assert_eq!(books.spent(key, 60, 1000), Some(Spent { amount: 4, payments: 2 }));
    }

    #[test]
    fn what_is_reserved_counts_as_spent() {
        let rule = Rule::new(assets::USDC_SOLANA, Amount(1)).budget(Budget::new(Amount(9), 60));
        let mut books: Books<1, 2> = Books::default();
        assert!(books.keep_windows(&[rule], 0));
        let key = AssetKey::new(&assets::USDC_SOLANA);
        let spent = |books: &Books<1, 2>| books.spent(key, 60, 0).unwrap();
        let first = books.reserve(payment(5)).unwrap();
        let second = books.reserve(payment(u64::MAX)).unwrap();
        assert_eq!(books.reserve(payment(1)), None);
        assert_ne!((first.number, first.slot), (second.number, second.slot));
        assert_eq!(spent(&books), Spent { amount: u64::MAX, payments: 2 });
        books.release(second.number);
        assert_eq!(spent(&books), Spent { amount: 5, payments: 1 });
        books.book(first.number, 0);
        assert_eq!(spent(&books), Spent { amount: 5, payments: 1 });
        books.book(first.number, 0);
        assert_eq!(spent(&books), Spent { amount: 5, payments: 1 });
    }

    fn payment(amount: u64) -> OpenPayment {
        OpenPayment {
            number: 0,
            request: RequestKey::from_bytes([0; RequestKey::LEN]),
            asset: AssetKey::new(&assets::USDC_SOLANA),
            amount,
            lifetime: 1,
            standing: Standing::Unknown,
            slot: 0,
            since: Some(0),
            is_unrecorded: false,
        }
    }
}
