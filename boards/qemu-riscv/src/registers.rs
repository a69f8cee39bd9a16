//! Memory-mapped registers.

/// A register of 32 bits.
#[derive(Clone, Copy)]
pub(crate) struct Register(*mut u32);

impl Register {
    /// The register at this address.
    ///
    /// # Safety
    /// It must be the address of a register of the machine that may be read and written at any
    /// time without harm to memory safety.
    pub(crate) const unsafe fn at(address: usize) -> Self {
        Register(address as *mut u32)
    }

    pub(crate) fn read(self) -> u32 {
        // SAFETY: `at` was promised that there is a register.
        unsafe { self.0.read_volatile() }
    }

    pub(crate) fn write(self, value: u32) {
        // SAFETY: as in `read`.
        unsafe { self.0.write_volatile(value) }
    }
}
