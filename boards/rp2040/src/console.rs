//! The console: UART0, 115200 baud, 8N1, on GP0. Panics go there too.

use core::fmt::{Display, Write};
use core::panic::PanicInfo;

use embassy_rp::Peri;
use embassy_rp::peripherals::{PIN_0, UART0};
use embassy_rp::uart::{Blocking, Config, UartTx};
use embedded_io_adapters::fmt::ToFmt;

/// The UART, as something that takes text.
pub type Uart = ToFmt<UartTx<'static, Blocking>>;

/// Opens the console.
pub fn open(uart: Peri<'static, UART0>, pin: Peri<'static, PIN_0>) -> Uart {
    ToFmt::new(UartTx::new_blocking(uart, pin, Config::default()))
}

/// Says why the device can't go on, and stops.
///
/// It does not reset: it would come here again, and a device that resets for ever is hard to read.
pub fn stop(uart: &mut Uart, why: impl Display) -> ! {
    let _ = writeln!(uart, "stopped: {why}");
    loop {
        cortex_m::asm::wfi();
    }
}

#[panic_handler]
#[expect(unsafe_code, reason = "who held the UART does not run any more")]
fn panic(info: &PanicInfo<'_>) -> ! {
    cortex_m::interrupt::disable();
    // SAFETY: with interrupts off, on the only core in use, nothing else runs from here on.
    let peripherals = unsafe { embassy_rp::Peripherals::steal() };
    stop(&mut open(peripherals.UART0, peripherals.PIN_0), info)
}
