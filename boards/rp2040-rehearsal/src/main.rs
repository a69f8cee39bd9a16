//! The payment core on an RP2040: pays the app's rehearsals, and prints the paid requests.
//!
//! `run.mjs` runs it in an emulator, counts between the marks, and turns its lines to JSON.
#![no_std]
#![no_main]

use core::fmt::Write;

use embassy_rp::watchdog::Watchdog;
use embedded_x402::client::Memory;
use embedded_x402_app::rehearsal::{ALL, Rehearsal, RehearsalError};
use embedded_x402_app::{Keys, test_keys};
use embedded_x402_rp2040::console::{self, Uart, stop};
use static_cell::ConstStaticCell;

/// What the emulator is told, by a register that nothing else uses.
enum Mark {
    Start = 1,
    End = 2,
    Finished = 3,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

    let p = embassy_rp::init(Default::default());
    let mut uart = console::open(p.UART0, p.PIN_0);
    let mut watchdog = Watchdog::new(p.WATCHDOG);
    let mut mark = |mark: Mark| watchdog.set_scratch(0, mark as u32);
    let (mut keys, memory) = (test_keys::keys(), MEMORY.take());
    for rehearsal in &ALL {
        // New memory each time: it counts payments, and the count can be in the request.
        *memory = Memory::new();
        mark(Mark::Start);
        let paid = pay(rehearsal, &mut keys, memory);
        mark(Mark::End);
        let printed = paid.and_then(|()| print(rehearsal, &mut keys, memory, &mut uart));
        printed.unwrap_or_else(|error| stop(&mut uart, error));
    }
    mark(Mark::Finished);
    stop(&mut uart, "all is rehearsed")
}

/// Never part of the caller's frame, so that all of its stack is counted.
#[inline(never)]
fn pay(rehearsal: &Rehearsal, keys: &mut Keys, memory: &mut Memory) -> Result<(), RehearsalError> {
    rehearsal.pay(keys, memory, |_| {})
}

fn print(
    rehearsal: &Rehearsal,
    keys: &mut Keys,
    memory: &mut Memory,
    uart: &mut Uart,
) -> Result<(), RehearsalError> {
    let _ = write!(uart, "rehearsal {} ", rehearsal.name);
    let hex = |piece: &[u8]| {
        for byte in piece {
            let _ = write!(uart, "{byte:02x}");
        }
    };
    *memory = Memory::new();
    rehearsal.pay(keys, memory, hex)?;
    let _ = writeln!(uart);
    Ok(())
}
