//! A rolling period, in buckets: what was spent in it, never less.
//!
//! A bucket is a part of the period. What was spent in one is forgotten only when all of it lies a
//! whole period back, so that no stretch of that length, wherever it begins, holds more than is
//! counted; a payment counts for the period and at most one bucket more.

use serde::{Deserialize, Serialize};

use super::keys::AssetKey;
use crate::policy::Spent;

/// Parts of the period, and one for that which the period begins in.
pub(super) const BUCKETS: usize = 8;
const PARTS: u64 = BUCKETS as u64 - 1;

/// What was spent in one asset, over one length of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Window {
    asset: AssetKey,
    period: u32,
    /// The number of the newest bucket.
    newest: u64,
    spent: [u64; BUCKETS],
    payments: [u32; BUCKETS],
}

impl Window {
    /// Nothing spent yet.
    pub(super) fn new(asset: AssetKey, period: u32) -> Self {
        Window { asset, period, newest: 0, spent: [0; BUCKETS], payments: [0; BUCKETS] }
    }

    /// Whether it is about this asset.
    pub(super) fn is_of(&self, asset: AssetKey) -> bool {
        self.asset == asset
    }

    /// Whether it is about this asset and length.
    pub(super) fn is_for(&self, asset: AssetKey, period: u32) -> bool {
        self.is_of(asset) && self.period == period
    }

    /// Whether nothing was spent in the period that ends now.
    pub(super) fn is_empty(&self, seconds: u64) -> bool {
        self.spent(seconds) == Spent::default()
    }

    /// What was spent in the period that ends now.
    pub(super) fn spent(&self, seconds: u64) -> Spent {
        let now = self.bucket(seconds);
        let kept = (0..BUCKETS as u64)
            .filter_map(|back| self.newest.checked_sub(back))
            .filter(|number| *number + PARTS >= now)
            .filter_map(|number| {
                let place = place(number);
                Some((*self.spent.get(place)?, *self.payments.get(place)?))
            });
        kept.fold(Spent::default(), |sum, (amount, payments)| Spent {
            amount: sum.amount.saturating_add(amount),
            payments: sum.payments.saturating_add(payments),
        })
    }

    /// Adds a payment.
    pub(super) fn add(&mut self, seconds: u64, amount: u64) {
        self.roll(self.bucket(seconds));
        let place = place(self.newest);
        if let (Some(spent), Some(payments)) =
            (self.spent.get_mut(place), self.payments.get_mut(place))
        {
            *spent = spent.saturating_add(amount);
            *payments = payments.saturating_add(1);
        }
    }

    /// The bucket of a time. Time does not go back, and if it did, the newest would count.
    fn bucket(&self, seconds: u64) -> u64 {
        let length = u64::from(self.period).div_ceil(PARTS).max(1);
        // Kept away from the end, where sums of bucket numbers would overflow.
        (seconds / length).min(u64::MAX - PARTS).max(self.newest)
    }

    fn roll(&mut self, to: u64) {
        let steps = to.saturating_sub(self.newest).min(BUCKETS as u64);
        for step in 0..steps {
            let place = place(to - step);
            self.spent.get_mut(place).into_iter().for_each(|spent| *spent = 0);
            self.payments.get_mut(place).into_iter().for_each(|payments| *payments = 0);
        }
        self.newest = to;
    }
}

fn place(bucket: u64) -> usize {
    (bucket % BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use proptest::prelude::*;

    const DAY: u32 = 86_400;

    fn window(period: u32) -> Window {
        Window::new(AssetKey::from_bytes([1; AssetKey::LEN]), period)
    }

    #[test]
    fn a_payment_counts_for_the_period_and_a_bucket_more() {
        let mut window = window(DAY);
        window.add(1000, 5);
        assert_eq!(window.spent(1000), Spent { amount: 5, payments: 1 });
        assert_eq!(window.spent(1000 + u64::from(DAY)).amount, 5);
        assert_eq!(window.spent(1000 + u64::from(DAY) + u64::from(DAY) / 7 + 1).amount, 0);
    }

    #[test]
    fn sums_saturate() {
        let mut window = window(DAY);
        window.add(0, u64::MAX);
        window.add(u64::from(DAY) / 2, 7);
        assert_eq!(window.spent(u64::from(DAY) / 2).amount, u64::MAX);
        window.add(u64::MAX, u64::MAX);
        assert_eq!(window.spent(u64::MAX), Spent { amount: u64::MAX, payments: 1 });
    }

    #[test]
    fn a_period_of_nothing_is_a_second() {
        let mut window = window(0);
        window.add(10, 5);
        assert_eq!(window.spent(10).amount, 5);
        assert_eq!(window.spent(20).amount, 0);
    }

    proptest! {
        /// Against a plain list of payments: never less than the list has for the period, and never
        /// more than it has for the period and two buckets.
        #[test]
        fn counts_what_a_list_counts(
            period in 1u32..5000,
            steps in proptest::collection::vec((0u64..4000, 0u64..1000), 1..60),
        ) {
            let mut window = window(period);
            let mut list: Vec<(u64, u64)> = Vec::new();
            let mut now = 0;
            for (step, amount) in steps {
                now += step;
                let within = |length: u64| -> u64 {
                    let recent = list.iter().filter(|(time, _)| time + length > now);
                    recent.map(|(_, amount)| amount).sum()
                };
                let counted = window.spent(now).amount;
                let length = u64::from(period);
                prop_assert!(counted >= within(length));
                prop_assert!(counted <= within(length + 2 * length.div_ceil(PARTS) + 1));
                window.add(now, amount);
                list.push((now, amount));
            }
        }
    }
}
