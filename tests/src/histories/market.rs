//! What the device meets: a seller with its facilitator, and the chains that they settle on.

use embedded_x402::io::Wallet;

use super::payment::{Coin, Payment, Settlement};
use super::world::World;
use crate::mutation::Dice;
use crate::network::Reply;
use crate::sent::SentRequest;

/// For how long an authorization is valid, in seconds: what sellers ask for in histories.
pub const TIMEOUT: u64 = 120;

/// A seller with its facilitator, and the chains that they settle on.
pub trait Market: Sized {
    /// What the device signs with.
    type Wallet<'w>: Wallet
    where
        Self: 'w;

    /// What the device signs with; each payment is told to the world.
    fn wallet(world: &World<Self>) -> Self::Wallet<'_>;

    /// The nodes that the device asks.
    fn nodes(&self) -> Nodes;

    /// Decides how a history goes wrong, and says how.
    fn set_out(&mut self, dice: &mut Dice) -> String;

    /// Nothing goes wrong any more.
    fn behave(&mut self);

    /// Lets everything happen that is due by this Unix time, in seconds.
    fn pass(&mut self, now: u64);

    /// Reads the payment in a request, if there is one.
    fn payment(&self, request: &SentRequest) -> Option<Payment>;

    /// The answer to a request to one of the hosts, at this Unix time in seconds.
    fn answer(&mut self, question: Question<'_>, now: u64, dice: &mut Dice) -> Answer;

    /// All that has settled.
    fn settlements(&self) -> &[Settlement];

    /// Atomic units that the device has less than at first.
    fn moved(&self, coin: Coin) -> u64;

    /// What has gone wrong, and how often.
    fn troubles(&self) -> Vec<(String, u64)> {
        Vec::new()
    }
}

/// URLs of nodes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nodes {
    pub solana: Option<&'static str>,
    pub evm: Option<&'static str>,
}

/// What is asked of a host.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    pub host: &'q str,
    pub request: &'q SentRequest,
    pub payment: Option<&'q Payment>,
}

/// What is answered.
pub struct Answer {
    /// In words.
    pub what: String,
    pub reply: Reply,
    /// Milliseconds after the request.
    pub delay: u64,
}

impl Answer {
    /// What is answered at once.
    pub fn new(what: impl Into<String>, reply: impl Into<Reply>) -> Self {
        Answer { what: what.into(), reply: reply.into(), delay: 0 }
    }
}
