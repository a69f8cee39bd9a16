//! A whole payment, from the bytes of a 402 to the receipt, which is verified.
#![no_std]
#![no_main]

use mcu_bench::{Meter, program, run_client};

fn main(meter: &mut Meter) -> bool {
    run_client(meter, |rehearsal, wallet, memory, sink| match rehearsal.receipt {
        [] => rehearsal.pay(wallet, memory, sink),
        _ => rehearsal.pay_and_settle(wallet, memory, sink),
    })
}

program!(main);
