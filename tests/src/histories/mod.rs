//! Random histories: the real client over a real journal in flash, in a world where answers get
//! lost, the power is cut, clocks step, sellers lie, facilitators fail and flash fails, held against
//! a plain account of what may be owed.
//!
//! After every step it holds that:
//! - each purchase is settled once at most, and never are two payments signed for it while one may
//!   settle ([`purchases`] says what a purchase is);
//! - money that has moved is booked or reserved, in RAM and in what is durable, and what is booked or
//!   reserved is within the budget of the period;
//! - money has moved by payments that were made, and by nothing else;
//! - a payment that is sent again is sent in the same bytes;
//! - no word of the flash is written twice between two erasures;
//!
//! and at the end, once nothing goes wrong any more, the device pays again.
//!
//! What the device meets is a [`Market`]. A history is made by its seed alone. One that fails prints
//! its seed and every step.

pub mod device;
pub mod flash;
pub mod market;
pub mod payment;
pub mod purchases;
pub mod random;
pub mod troubles;
pub mod world;

pub use self::device::{Device, Ended};
pub use self::flash::{Fault, Flash};
pub use self::market::{Answer, Market, Nodes, Question};
pub use self::payment::{Coin, OnSolana, Payment, Settlement};
pub use self::troubles::{Tally, end, run_seeds};
pub use self::world::World;
