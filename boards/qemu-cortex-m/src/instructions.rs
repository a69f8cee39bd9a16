//! Instructions, as far as the machine tells: a timer of 25 MHz, in QEMU's time.

use embedded_x402_qemu::Register;

/// Under `-icount shift=0` an instruction takes a nanosecond, a count 40.
const INSTRUCTIONS: u64 = 40;

// SAFETY: the board's first CMSDK APB timer: control, value, reload.
const CONTROL: Register = unsafe { Register::at(0x4000_0000) };
const VALUE: Register = unsafe { Register::at(0x4000_0004) };
const RELOAD: Register = unsafe { Register::at(0x4000_0008) };

/// Starts to count.
pub(crate) fn init() {
    RELOAD.write(u32::MAX);
    VALUE.write(u32::MAX);
    CONTROL.write(1);
}

/// So many since, within 40, and the clock interrupt's among them; it wraps after 171 seconds.
pub(crate) fn count() -> u64 {
    u64::from(u32::MAX - VALUE.read()) * INSTRUCTIONS
}
