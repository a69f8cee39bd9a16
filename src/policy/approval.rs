//! The last word before a payment is signed: a button, a rule of the integrator's, or always yes.

use crate::codec::json::JsonStr;
use crate::wire::{Amount, Network};

/// What is about to be paid, as it passed the policy.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Offer<'a> {
    /// The seller: `scheme://host` or `scheme://host:port`.
    pub origin: &'a str,
    /// The network.
    pub network: Network,
    /// What people call the asset; empty if the policy gives it no name.
    pub symbol: &'a str,
    /// The token's mint or contract.
    pub asset: &'a str,
    /// The price in atomic units of the asset.
    pub amount: Amount,
    /// Who is paid.
    pub pay_to: JsonStr<'a>,
}

/// Approves payments, one by one.
///
/// The policy has its say first: whoever approves can only refuse more, never allow more.
pub trait Approve {
    /// Whether this payment may be made. It may wait for a person; the seller's requirements may
    /// expire meanwhile, which costs nothing.
    #[allow(async_fn_in_trait, reason = "single-core executors need no Send futures")]
    async fn approve(&mut self, offer: &Offer<'_>) -> bool;
}

/// Approves whatever the policy allows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Always;

/// Approves nothing: a switch to stop a device from paying.
#[derive(Debug, Clone, Copy, Default)]
pub struct Never;

impl Approve for Always {
    async fn approve(&mut self, _: &Offer<'_>) -> bool {
        true
    }
}

impl Approve for Never {
    async fn approve(&mut self, _: &Offer<'_>) -> bool {
        false
    }
}

impl<A: Approve> Approve for &mut A {
    async fn approve(&mut self, offer: &Offer<'_>) -> bool {
        A::approve(self, offer).await
    }
}
