//! The proof that money is safe: the real client over a real journal in flash, in a world where
//! answers get lost, the power is cut, clocks step, sellers lie, facilitators fail and flash fails,
//! held against a plain account of what may be owed.
//!
//! After every step it holds that:
//! - each purchase is settled once at most, and never are two payments signed for it while one may
//!   settle ([`purchases`] says what a purchase is);
//! - money that has moved is booked or reserved, in RAM and in what is durable, and what is booked or
//!   reserved is within the budget of the period;
//! - a payment that is sent again is sent in the same bytes;
//! - no word of the flash is written twice between two erasures;
//!
//! and at the end, once nothing goes wrong any more, the device pays again.
//!
//! A history is made by its seed alone. One that fails prints its seed and every step:
//! `X402_MODEL_SEED=123 cargo test -p embedded-x402-tests --test model random` runs it again;
//! `X402_MODEL_SEEDS=100000` runs so many.

mod chain;
mod cuts;
mod damage;
mod device;
mod flash;
mod histories;
mod purchases;
mod random;
mod seller;
mod wallet;
mod world;
