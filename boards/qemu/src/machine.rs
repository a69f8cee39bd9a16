//! What a machine counts, and where its stack is.
//!
//! This is, with the registers, the module with `unsafe` code: the linker script's symbols.
#![allow(unsafe_code)]

use embedded_x402_rehearsal::stack::Stack;

#[cfg(target_arch = "arm")]
pub use cortex_m::{count, instructions, stack};
#[cfg(target_arch = "riscv32")]
pub use riscv32::{count, instructions, stack};

#[cfg(target_arch = "arm")]
mod cortex_m {
    use super::Stack;
    use crate::Register;

    /// Under `-icount shift=0` an instruction takes a nanosecond, a count of the timer 40.
    const INSTRUCTIONS: u64 = 40;

    // SAFETY: the MPS2 board's first CMSDK APB timer, of 25 MHz: control, value, reload.
    const CONTROL: Register = unsafe { Register::at(0x4000_0000) };
    const VALUE: Register = unsafe { Register::at(0x4000_0004) };
    const RELOAD: Register = unsafe { Register::at(0x4000_0008) };

    /// Starts to count.
    pub fn count() {
        RELOAD.write(u32::MAX);
        VALUE.write(u32::MAX);
        CONTROL.write(1);
    }

    /// Instructions since, within 40, and those of interrupts among them; it wraps after 171
    /// seconds.
    pub fn instructions() -> u64 {
        u64::from(u32::MAX - VALUE.read()) * INSTRUCTIONS
    }

    /// The stack, as cortex-m-rt's linker script has it.
    pub fn stack() -> Stack {
        unsafe extern "C" {
            static mut __euninit: u32;
            static mut _stack_start: u32;
        }
        // SAFETY: the linker script ends the statics at the one and begins the stack at the other;
        // there is no heap.
        unsafe { Stack::new(&raw mut __euninit, &raw mut _stack_start) }
    }
}

#[cfg(target_arch = "riscv32")]
mod riscv32 {
    use super::Stack;

    /// Starts to count: it always does.
    pub fn count() {}

    /// Instructions so far: exact under `-icount shift=0`.
    pub fn instructions() -> u64 {
        riscv::register::minstret::read64()
    }

    /// The stack, as riscv-rt's linker script has it.
    pub fn stack() -> Stack {
        unsafe extern "C" {
            static mut __ebss: u32;
            static mut _stack_start: u32;
        }
        // SAFETY: the linker script ends the statics at the one and begins the stack at the other;
        // there is no heap.
        unsafe { Stack::new(&raw mut __ebss, &raw mut _stack_start) }
    }
}
