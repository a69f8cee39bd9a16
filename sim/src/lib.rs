//! Seller, facilitator and chains on a host, for testing x402 devices.

pub mod amount;
pub mod chain;
pub mod clock;
pub mod demo;
pub mod device;
pub mod evm_chain;
pub mod facilitator;
pub mod fault;
pub mod market;
pub mod pay;
pub mod seller;
pub mod x402;

mod json_rpc;
mod listen;
