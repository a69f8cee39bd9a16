//! A signature, by one of several libraries: Ed25519 over 300 bytes, or secp256k1 over a digest.
#![no_std]
#![no_main]

mod key;

use core::hint::black_box;

use key::Key;
use mcu_bench::{Meter, program};

/// What is signed: bytes that count up.
const MESSAGE: [u8; 300] = {
    let mut message = [0; 300];
    let mut index = 0;
    while index < message.len() {
        message[index] = index as u8;
        index += 1;
    }
    message
};

fn main(meter: &mut Meter) -> bool {
    let key = meter.measure("sign", "key-pair", || Key::new(black_box(&key::SECRET)));
    let signature = meter.measure("sign", "sign", || key.sign(black_box(&MESSAGE)));
    meter.begin("sign");
    meter.hex(&signature);
    meter.end();
    true
}

program!(main);
