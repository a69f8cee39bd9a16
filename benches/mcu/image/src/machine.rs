//! The machine: what it counts, its console, and how it ends.

#[cfg(not(feature = "rp2040"))]
pub(crate) use qemu::{count, start, write};
#[cfg(feature = "rp2040")]
pub(crate) use rp2040js::{count, start, write};

#[cfg(not(feature = "rp2040"))]
pub use qemu::exit;
#[cfg(feature = "rp2040")]
pub use rp2040js::exit;

/// What a machine has done so far; each wraps.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    pub(crate) instructions: u32,
    /// 0 where the emulator does not know.
    pub(crate) cycles: u32,
    /// Of the flash's cache; 0 where there is none.
    pub(crate) misses: u32,
}

impl Count {
    pub(crate) fn since(self, earlier: Count) -> Count {
        Count {
            instructions: self.instructions.wrapping_sub(earlier.instructions),
            cycles: self.cycles.wrapping_sub(earlier.cycles),
            misses: self.misses.wrapping_sub(earlier.misses),
        }
    }
}

/// QEMU under `-icount shift=0`, console and exit by semihosting.
#[cfg(not(feature = "rp2040"))]
mod qemu {
    use semihosting::{process, sys::arm_compat::sys_writec};

    use super::Count;

    pub(crate) fn start() {
        embedded_x402_qemu::count();
    }

    pub(crate) fn count() -> Count {
        let instructions = embedded_x402_qemu::instructions() as u32;
        Count { instructions, cycles: 0, misses: 0 }
    }

    pub(crate) fn write(byte: u8) {
        sys_writec(byte);
    }

    /// Ends the machine, with a status of 0 if all is well.
    pub fn exit(is_well: bool) -> ! {
        process::exit(i32::from(!is_well))
    }
}

/// rp2040js, as `../rp2040.mjs` sets it up.
#[cfg(feature = "rp2040")]
#[allow(unsafe_code)]
mod rp2040js {
    use embedded_x402_qemu::Register;

    use super::Count;

    // SAFETY: the UART's data register.
    const UART: Register = unsafe { Register::at(0x4003_4000) };

    // SAFETY: where the chip has nothing, the emulator has counters, and a register that ends it.
    const INSTRUCTIONS: Register = unsafe { Register::at(0x4007_0000) };
    const CYCLES: Register = unsafe { Register::at(0x4007_0004) };
    const MISSES: Register = unsafe { Register::at(0x4007_0008) };
    const EXIT: Register = unsafe { Register::at(0x4007_000c) };

    pub(crate) fn start() {}

    pub(crate) fn count() -> Count {
        let instructions = INSTRUCTIONS.read();
        Count { instructions, cycles: CYCLES.read(), misses: MISSES.read() }
    }

    pub(crate) fn write(byte: u8) {
        UART.write(byte.into());
    }

    /// Ends the machine, with a status of 0 if all is well.
    pub fn exit(is_well: bool) -> ! {
        loop {
            EXIT.write(u32::from(!is_well));
        }
    }
}
