//! Everything but the payment: the scenarios, whose challenges are copied.
#![no_std]
#![no_main]

use embedded_x402_rehearsal::Rehearsal;
use mcu_bench::{Meter, Program, program, run};

struct Copy;

impl Program for Copy {
    fn forget(&mut self) {}

    fn pay(&mut self, rehearsal: &Rehearsal, sink: &mut dyn FnMut(&[u8])) -> bool {
        sink(core::hint::black_box(rehearsal.challenge));
        true
    }
}

fn main(meter: &mut Meter) -> bool {
    run(meter, &mut Copy)
}

program!(main);
