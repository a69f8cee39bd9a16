//! The proof that money is safe: [`embedded_x402_tests::histories`] against a market in memory, with
//! the power cut at every operation of the flash and the flash damaged in every way.
//!
//! A history that fails prints its seed, every step, and the command that runs it again;
//! `X402_MODEL_SEEDS=100000` runs so many.

mod chain;
mod cuts;
mod damage;
mod histories;
mod market;
mod seller;
mod wallet;

/// The world of this model.
type World = embedded_x402_tests::histories::World<market::InMemory>;

/// The device in it.
type Device<'w> = embedded_x402_tests::histories::Device<'w, market::InMemory>;
