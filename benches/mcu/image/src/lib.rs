#![no_std]
//! What the measuring programs share: the machine that they run on, and the meter.
//!
//! ```text
//! empty     everything but the payment: what its flash is counted against
//! payment   a whole payment, from the bytes of a 402 to the bytes of the paid request
//! settled   the same, and the receipt
//! parts     the steps of a payment, one by one
//! sign      a signature over 300 bytes, by one of several libraries
//! ```
//!
//! Each is told by features what it pays and with what. A line of output is one of
//!
//! ```text
//! measured SCENARIO PART INSTRUCTIONS CYCLES MISSES STACK
//! bytes NAME HEX
//! ```

mod machine;
mod meter;
#[cfg(any(feature = "solana", feature = "evm"))]
mod scenario;
#[cfg(any(feature = "solana", feature = "evm"))]
pub mod wallet;

// The critical sections of the static cells.
#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;

pub use machine::exit;
pub use meter::Meter;
#[cfg(any(feature = "solana", feature = "evm"))]
pub use scenario::{Program, run, run_client};

/// Makes a function of a [`Meter`] the program.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        #[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
        #[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
        fn entry() -> ! {
            let is_well = $main(&mut $crate::Meter::start());
            $crate::exit(is_well)
        }

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::exit(false)
        }
    };
}
