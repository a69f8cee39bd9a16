//! Why an entry is not paid, and what would have to change.

use core::fmt;

use crate::wire::{Amount, AmountError, Network, RequirementsError};

/// Why the policy does not pay an entry. `rule` is the index of the rule concerned, from 0, in
/// [`PaymentPolicy::rules`](super::PaymentPolicy::rules); the text has no such number, for who reads
/// it need not have written the rules.
///
/// The variants stand in the order of how near the entry came to being paid; of several refusals
/// the nearest is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// The seller's list of accepted payments is empty.
    NothingAccepted,
    /// The entry is nested deeper than [`Limits::entry_depth`](crate::client::Limits::entry_depth).
    EntryTooDeep {
        /// Levels that it takes.
        needed: u8,
    },
    /// The entry does not fit the memory for one.
    EntryTooLarge {
        /// Bytes that it would take.
        needed: usize,
    },
    /// The entry is malformed.
    Malformed(RequirementsError),
    /// The entry names a network that this crate doesn't know.
    UnknownNetwork,
    /// The entry names a scheme that this crate doesn't know.
    UnknownScheme,
    /// The entry wants to be paid in a flow that this crate doesn't know.
    UnknownPaymentFlow,
    /// No rule allows this asset on this network.
    AssetNotListed {
        /// The network of the entry.
        network: Network,
    },
    /// The crate is built without the feature for this network.
    NetworkNotBuilt {
        /// The network of the entry.
        network: Network,
    },
    /// The device has no key for this network.
    NoKey {
        /// The network of the entry.
        network: Network,
    },
    /// The rule doesn't allow the scheme.
    SchemeNotAllowed {
        /// The rule's index.
        rule: u16,
        /// The network of the rule.
        network: Network,
    },
    /// The rule doesn't allow the seller's origin.
    OriginNotAllowed {
        /// The rule's index.
        rule: u16,
        /// The network of the rule.
        network: Network,
    },
    /// The rule doesn't allow the payee.
    PayToNotAllowed {
        /// The rule's index.
        rule: u16,
        /// The network of the rule.
        network: Network,
    },
    /// The price is unreadable.
    Amount(AmountError),
    /// The price is above the rule's cap.
    OverCap {
        /// The rule's index.
        rule: u16,
        /// What the seller asks, in atomic units.
        asked: Amount,
        /// What the rule allows, in atomic units.
        cap: Amount,
    },
    /// The rule has a budget, and the client no journal to count by.
    BudgetNotCounted {
        /// The rule's index.
        rule: u16,
        /// The network of the rule.
        network: Network,
    },
    /// The price is more than what is left of the asset's budget.
    OverBudget {
        /// The index of the rule that states the budget.
        rule: u16,
        /// What the seller asks, in atomic units.
        asked: Amount,
        /// What is left, in atomic units; 0 too if there were as many payments as it allows.
        left: Amount,
    },
    /// The user (or the configuration) said no.
    NotApproved,
}

impl Refusal {
    /// The nearer of two refusals; of equally near ones the first.
    #[must_use]
    pub fn nearest(self, other: Refusal) -> Refusal {
        if other.nearness() > self.nearness() { other } else { self }
    }

    fn nearness(&self) -> u8 {
        match self {
            Refusal::NothingAccepted => 0,
            Refusal::EntryTooDeep { .. } => 1,
            Refusal::Malformed(_) => 2,
            Refusal::UnknownNetwork => 3,
            Refusal::UnknownScheme => 4,
            Refusal::UnknownPaymentFlow => 5,
            Refusal::AssetNotListed { .. } => 6,
            Refusal::NetworkNotBuilt { .. } => 7,
            Refusal::NoKey { .. } => 8,
            // It may have been payable: nobody has looked.
            Refusal::EntryTooLarge { .. } => 9,
            Refusal::SchemeNotAllowed { .. } => 10,
            Refusal::OriginNotAllowed { .. } => 11,
            Refusal::PayToNotAllowed { .. } => 12,
            Refusal::Amount(_) => 13,
            Refusal::OverCap { .. } => 14,
            Refusal::BudgetNotCounted { .. } => 15,
            Refusal::OverBudget { .. } => 16,
            Refusal::NotApproved => 17,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NothingAccepted => f.write_str("the seller accepts no payment at all"),
            Refusal::EntryTooDeep { needed } => {
                write!(f, "the seller's entry has {needed} levels: raise Limits::entry_depth")
            }
            Refusal::EntryTooLarge { needed } => {
                write!(f, "the seller's entry takes {needed} bytes: give Memory a larger ENTRY")
            }
            Refusal::Malformed(error) => error.fmt(f),
            Refusal::UnknownNetwork => f.write_str("the seller accepts no network known here"),
            Refusal::UnknownScheme => f.write_str("the seller accepts no scheme known here"),
            Refusal::UnknownPaymentFlow => f.write_str("the seller's payment flow is unknown here"),
            Refusal::AssetNotListed { network } => {
                write!(f, "no rule of the policy allows this asset on {network}: add one")
            }
            Refusal::NetworkNotBuilt { network } => {
                write!(f, "built without the feature that pays on {network}")
            }
            Refusal::NoKey { network } => write!(f, "the device has no key for {network}"),
            Refusal::SchemeNotAllowed { network, .. } => {
                write!(f, "the policy does not allow this scheme on {network}")
            }
            Refusal::OriginNotAllowed { network, .. } => {
                write!(f, "the policy does not allow this seller on {network}: add its origin")
            }
            Refusal::PayToNotAllowed { network, .. } => {
                write!(f, "the policy does not allow this payTo on {network}: add it")
            }
            Refusal::Amount(error) => error.fmt(f),
            Refusal::OverCap { asked, cap, .. } => {
                write!(f, "the price of {asked} is above the policy's cap of {cap}")
            }
            Refusal::BudgetNotCounted { network, .. } => {
                write!(f, "the policy has a budget on {network}: give the client a journal")
            }
            Refusal::OverBudget { asked, left, .. } => {
                write!(f, "the price is {asked}, and {left} are left of the policy's budget")
            }
            Refusal::NotApproved => f.write_str("the payment was not approved"),
        }
    }
}

impl core::error::Error for Refusal {}
