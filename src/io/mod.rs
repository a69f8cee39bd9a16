//! The client on a network: `client.get(url)` pays within the policy.
//!
//! [`Client`] drives an [`Exchange`](crate::client::Exchange) over a [`Transport`]: plain TCP with
//! [`Tcp`], TLS by implementing the trait. It opens one connection at a time: while it asks an RPC
//! node, none is open to the seller.

mod at_most_once;
mod attempt;
mod client;
mod driver;
mod error;
#[cfg(feature = "evm")]
mod evm_rpc;
mod fate;
mod header;
#[cfg(any(feature = "solana", feature = "evm"))]
mod json_rpc;
mod ledger;
#[cfg(any(feature = "solana", feature = "evm"))]
mod members;
mod notice;
mod response;
mod settings;
#[cfg(feature = "solana")]
mod solana_rpc;
mod timeout;
mod transport;
mod wallet;

pub use client::{Client, ClientMemory};
pub use error::{Error, Fate, RpcError};
pub use ledger::{Ledger, NoJournal};
pub use notice::Notice;
pub use response::Response;
pub use timeout::Timeouts;
pub use transport::{ConnectError, Tcp, Transport};
pub use wallet::{Evm, NoSigner, Wallet};
