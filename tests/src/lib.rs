//! What the integration tests share: a seller's words, a device that plays by the exchange's rule,
//! and a reader of what the device sent that knows nothing of the crate's own encoders.

#![allow(missing_docs, reason = "nobody depends on this crate; the names say most")]

pub mod authorization;
pub mod challenge;
pub mod device;
pub mod histories;
pub mod keys;
pub mod message;
pub mod mutation;
pub mod network;
pub mod response;
pub mod seller;
pub mod sent;
pub mod virtual_time;
