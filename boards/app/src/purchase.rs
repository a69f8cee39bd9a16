//! One purchase: what was asked, what came, and what became of the money.

use core::fmt;

use embedded_x402::client;
use embedded_x402::client::Outcome;
use embedded_x402::io::{Error, RpcError};
use embedded_x402::journal::{JournalError, StorageError};
use embedded_x402::policy::{Offer, Refusal};
use embedded_x402::sizes;
use embedded_x402::wire::{Amount, Network};
use heapless::String;

use crate::OpenJournalError;

/// Characters of an asset's symbol that are kept.
const SYMBOL: usize = 12;

/// What a seller asks, and the policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Price {
    /// The network.
    pub network: Network,
    /// The price in atomic units of the asset.
    pub amount: Amount,
    /// What people call the asset; empty if the policy gives it no name.
    pub symbol: String<SYMBOL>,
    /// The token's mint or contract.
    pub asset: String<{ sizes::ADDRESS }>,
    /// Who is paid.
    pub pay_to: String<{ sizes::ADDRESS }>,
}

impl Price {
    pub(crate) fn of(offer: &Offer<'_>) -> Self {
        Price {
            network: offer.network,
            amount: offer.amount,
            symbol: kept(offer.symbol.chars()),
            asset: kept(offer.asset.chars()),
            pay_to: kept(offer.pay_to.chars()),
        }
    }
}

/// As much of a text as fits.
fn kept<const N: usize>(text: impl Iterator<Item = char>) -> String<N> {
    let mut kept = String::new();
    for character in text {
        if kept.push(character).is_err() {
            break;
        }
    }
    kept
}

/// What came of asking for the resource.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Purchase {
    /// What passed the policy; `None` if the seller asked for nothing, or for too much, or if an
    /// earlier payment was sent again.
    pub price: Option<Price>,
    /// What the payment is of, in atomic units, be it a new one or one that was sent again; `None` if
    /// there was none.
    pub amount: Option<Amount>,
    /// The status code, if there was an answer.
    pub status: Option<u16>,
    /// Bytes of the resource.
    pub bytes: u32,
    /// What became of the money, if there was an answer.
    pub outcome: Option<Outcome>,
    /// Why there is no resource, or not all of it.
    pub error: Option<Error>,
    /// How long the seller wants to be left alone, in seconds.
    pub retry_after: Option<u32>,
}

impl Purchase {
    /// Whether the resource came, all of it.
    pub fn is_bought(&self) -> bool {
        self.error.is_none() && self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether a payment was made that may or may not settle.
    pub fn is_unknown(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Unknown(_)))
            || self.error.is_some_and(|error| error.unsettled().is_some())
    }

    /// What was paid and settled, in atomic units.
    pub fn paid(&self) -> Option<Amount> {
        self.amount.filter(|_| matches!(self.outcome, Some(Outcome::Settled(_))))
    }
}

/// What a device did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Summary {
    /// How often it asked.
    pub attempts: u32,
    /// How often the resource came.
    pub bought: u32,
    /// Payments that settled.
    pub settled: u32,
    /// The sum of their prices in atomic units, whatever the asset.
    pub spent: u64,
    /// How often nothing came, and nothing can settle any more.
    pub failed: u32,
    /// Payments that may or may not have settled.
    pub unknown: u32,
}

impl Summary {
    pub(crate) fn count(&mut self, purchase: &Purchase) {
        self.attempts += 1;
        self.bought += u32::from(purchase.is_bought());
        self.unknown += u32::from(purchase.is_unknown());
        self.failed += u32::from(!purchase.is_bought() && !purchase.is_unknown());
        if let Some(amount) = purchase.paid() {
            self.settled += 1;
            self.spent = self.spent.saturating_add(amount.0);
        }
    }

    /// Whether every attempt brought the resource, and no payment is in doubt.
    pub fn all_is_well(&self) -> bool {
        self.bought == self.attempts && self.unknown == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { attempts, bought, settled, spent, failed, unknown } = self;
        write!(
            f,
            "{attempts} attempts, {bought} bought, {settled} settled, {spent} units spent, \
             {failed} failed, {unknown} unknown"
        )
    }
}

/// Who must act so that it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Party {
    /// Who builds the firmware: its configuration or its sizes.
    Integrator,
    /// Who makes the policy: it does not allow the payment.
    Policy,
    /// The person at the button: did not approve.
    User,
    /// The seller.
    Seller,
    /// The network, or who runs it.
    Network,
    /// Who runs the RPC node.
    RpcNode,
    /// The signer: the key is not there, or its hardware failed.
    Signer,
    /// The source of randomness: the hardware.
    Entropy,
    /// Who owns the wallet: its balance must be compared with what was bought.
    Owner,
    /// Nobody: time must pass until the payment expires.
    Nobody,
}

impl Party {
    /// Who must act after this error.
    pub fn to_act(error: &Error) -> Self {
        match error {
            Error::Exchange(error) => Party::after_exchange(error),
            Error::Connect(_) | Error::Transport(_) | Error::Timeout => Party::Network,
            Error::Rpc(RpcError::NotConfigured | RpcError::Url) => Party::Integrator,
            Error::Rpc(_) => Party::RpcNode,
            Error::Signer(_) => Party::Signer,
            Error::Entropy => Party::Entropy,
            Error::Journal(error) => Party::after_journal(error),
            Error::Expired(_) => Party::Nobody,
            _ => Party::Integrator,
        }
    }

    /// Who must act so that there is a journal.
    pub fn without_journal(error: &OpenJournalError) -> Self {
        match error {
            OpenJournalError::Pages => Party::Integrator,
            OpenJournalError::Journal(error) => Party::after_journal(error),
        }
    }

    fn after_journal(error: &JournalError) -> Self {
        match error {
            JournalError::Storage(StorageError::Full) => Party::Integrator,
            JournalError::TooManyBudgets { .. } | JournalError::NotOpen => Party::Integrator,
            JournalError::TooManyOpen { .. } => Party::Nobody,
            _ => Party::Owner,
        }
    }

    fn after_exchange(error: &client::Error) -> Self {
        use client::Error::{Challenge, Policy, Refused, Response, Scheme, Unknown};
        match error {
            Response(_) | Challenge(_) | Scheme(_) | Refused(_) => Party::Seller,
            Policy(Refusal::NotApproved) => Party::User,
            Policy(_) => Party::Policy,
            Unknown(_) => Party::Nobody,
            _ => Party::Integrator,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Party::Integrator => "who builds the firmware",
            Party::Policy => "who makes the policy",
            Party::User => "who presses the button",
            Party::Seller => "the seller",
            Party::Network => "who runs the network",
            Party::RpcNode => "who runs the RPC node",
            Party::Signer => "who holds the key",
            Party::Entropy => "who replaces the hardware",
            Party::Owner => "who owns the wallet",
            Party::Nobody => "nobody, it takes time",
        })
    }
}
