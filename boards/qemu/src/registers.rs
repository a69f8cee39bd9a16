//! Memory-mapped registers: the one module here with `unsafe` code.
#![allow(unsafe_code)]

/// A register of 32 bits.
#[derive(Debug, Clone, Copy)]
pub struct Register(*mut u32);

impl Register {
    /// The register at this address.
    ///
    /// # Safety
    /// It must be the address of a register of the machine that may be read and written at any
    /// time without harm to memory safety.
    pub const unsafe fn at(address: usize) -> Self {
        Register(address as *mut u32)
    }

    /// Its value.
    pub fn read(self) -> u32 {
        // SAFETY: `at` was promised that there is a register.
        unsafe { self.0.read_volatile() }
    }

    /// Gives it a value.
    pub fn write(self, value: u32) {
        // SAFETY: as in `read`.
        unsafe { self.0.write_volatile(value) }
    }
}
