//! Whole purchases without a network: a seller's bytes in, the device's requests out.
//!
//! Every purchase is made with the seller's bytes in fragments of 1, 2, 7, 64 and all bytes, and
//! must come out the same.

mod building;
mod choosing;
mod driving;
mod reading;
mod settling;
mod sizes;
