//! A whole payment, from the bytes of a 402 to the bytes of the paid request.
#![no_std]
#![no_main]

use mcu_bench::{Meter, program, run_client};

fn main(meter: &mut Meter) -> bool {
    run_client(meter, |rehearsal, wallet, memory, sink| rehearsal.pay(wallet, memory, sink))
}

program!(main);
