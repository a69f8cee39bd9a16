//! One request and, if the seller asks for it, its payment: a state machine without sockets, clock
//! or random numbers.
//!
//! **How to drive it:** ask [`Exchange::step`] what to do, do that one thing, tell the exchange with
//! the method that the step names, and ask again until it says [`Step::Done`] or fails.
//!
//! ```text
//!   Transmit ─ Receive ─┬─ Done                                   (free, or not a 402)
//!                       └─ Approve ─┬─ MintFacts? ─ Entropy ─ RecentBlockhash? ─ Sign
//!                                   └─ Time ─ Nonce ─ SignDigest                (EVM)
//!                            └─ Transmit ─ Receive ─ VerifyReceipt? ─ Done
//! ```
//!
//! From the first [`Exchange::transmit`] after [`Step::Sign`] on, money is at stake:
//! [`Exchange::payment_sent`] says so, and every failure that the exchange answers from then on is
//! [`Error::Refused`] or [`Error::Unknown`].

mod answer;
#[cfg(feature = "evm")]
mod evm_payment;
mod exchange;
mod head;
mod limits;
mod outcome;
mod payer;
mod request;
mod selection;
#[cfg(feature = "solana")]
mod solana_payment;
#[cfg(feature = "io")]
mod trace;
mod url;

#[cfg(all(feature = "io", any(feature = "solana", feature = "evm")))]
pub(crate) use head::{HeadOutput, HeadReader};
#[cfg(feature = "io")]
pub(crate) use request::CheckedRequest;
#[cfg(all(feature = "io", feature = "evm"))]
pub(crate) use trace::EvmTrace;
#[cfg(all(feature = "io", feature = "solana"))]
pub(crate) use trace::SolanaTrace;
#[cfg(feature = "io")]
pub(crate) use trace::Trace;

pub use exchange::{Answer, Exchange, Step};
pub use head::{ResponseError, ResponseHead};
pub use limits::Limits;
pub use outcome::{Doubt, Error, Outcome};
pub use payer::Payer;
pub use request::{Method, Request, RequestError};
pub use selection::Memory;
pub use url::{Url, UrlScheme};

#[cfg(target_pointer_width = "32")]
const _: () =
    assert!(size_of::<Memory>() + size_of::<Exchange<'static>>() <= crate::sizes::CLIENT_STATE);
