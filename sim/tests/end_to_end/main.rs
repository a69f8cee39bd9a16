//! The device buys: the no_std client over real sockets, from a seller and a facilitator that
//! behave like the reference's, on chains that execute the real token programs, and contracts.
//!
//! Nothing here trusts one side's word. After each purchase the books are compared: what the payer
//! has less, what the payee has more, what the seller recorded, what the receipt names, and what
//! landed on the chain.
//!
//! One binary for all of it, since each one links the whole runtime.

use std::time::Duration;

mod books;
mod customer;
mod errand;
mod payment;
mod shop;

mod combinations;
mod command_line;
mod equal_payments;
mod evm;
mod evm_refusals;
mod expired_payments;
mod faults;
mod histories;
mod journal;
mod legacy_facilitator;
mod lost_answers;
mod policy;
mod refusals;
mod requests;
mod tokens;
mod transactions;
mod undelivered;

/// How long tests wait for what happens at once: long enough for a machine that has other work.
const PROMPTLY: Duration = Duration::from_secs(60);
