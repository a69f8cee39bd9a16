#![no_std]
//! What the emulated boards share: the command line, console and exit status by semihosting, the
//! network above the driver, and what the machines count.

#[cfg(feature = "device")]
mod device;
mod machine;
mod registers;

#[cfg(feature = "device")]
pub use device::{network, run};
pub use machine::{count, instructions, stack};
pub use registers::Register;
