//! The async client over a network in memory, with its faults.

mod bodies;
mod cancelling;
mod connections;
mod evm;
mod failures;
mod fate;
mod hosts;
mod journal;
mod rpc;
