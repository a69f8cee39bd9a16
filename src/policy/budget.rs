//! What may be spent over time.

use super::Asset;
use crate::wire::Amount;

/// A limit on what is spent in one asset over a rolling period. It holds for the asset, whichever
/// rule allows the payment.
///
/// It needs a journal: without one, nothing is paid in that asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Budget {
    /// The most that is spent in any period of this length, in atomic units.
    pub max_amount: Amount,
    /// The most payments in any period of this length.
    pub max_payments: u32,
    /// The length in seconds. A payment counts for a seventh of it longer at most.
    pub period_seconds: u32,
}

impl Budget {
    /// So much in any period of so many seconds, in any number of payments.
    pub const fn new(max_amount: Amount, period_seconds: u32) -> Self {
        Budget { max_amount, max_payments: u32::MAX, period_seconds }
    }

    /// Allows so many payments at most: a limit that holds even where time is not known.
    #[must_use]
    pub const fn max_payments(self, max_payments: u32) -> Self {
        Budget { max_payments, ..self }
    }

    /// What is left after so much was spent.
    pub(super) fn left(&self, spent: Spent) -> Amount {
        if spent.payments >= self.max_payments {
            return Amount(0);
        }
        Amount(self.max_amount.0.saturating_sub(spent.amount))
    }
}

/// An amount in atomic units, and how many payments it was spent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Spent {
    /// Atomic units.
    pub amount: u64,
    /// Payments.
    pub payments: u32,
}

/// Who knows what was spent: a journal.
pub trait Spending {
    /// What was spent or is reserved in an asset, in the period of this length that ends now; `None`
    /// if nobody has kept count.
    fn spent(&self, asset: &Asset<'_>, period_seconds: u32) -> Option<Spent>;
}

/// Nobody has kept count.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotCounted;

impl Spending for NotCounted {
    fn spent(&self, _: &Asset<'_>, _: u32) -> Option<Spent> {
        None
    }
}
