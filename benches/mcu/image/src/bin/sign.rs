//! A signature over 300 bytes.
#![no_std]
#![no_main]
use mcu_bench::{Meter, program};
fn main(_: &mut Meter) -> bool {
    true
}
program!(main);
