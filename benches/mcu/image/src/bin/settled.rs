//! A whole payment, from the bytes of a 402 to the receipt, which is verified.
#![no_std]
#![no_main]

use embedded_x402::client::Memory;
use embedded_x402_rehearsal::Rehearsal;
use mcu_bench::wallet::{self, Wallet};
use mcu_bench::{Meter, Program, program, run};
use static_cell::ConstStaticCell;

struct Payment {
    wallet: Wallet,
    memory: &'static mut Memory,
}

impl Program for Payment {
    fn forget(&mut self) {
        *self.memory = Memory::new();
    }

    #[inline(never)]
    fn pay(&mut self, rehearsal: &Rehearsal, sink: &mut dyn FnMut(&[u8])) -> bool {
        if rehearsal.receipt.is_empty() {
            return rehearsal.pay(&mut self.wallet, self.memory, sink).is_ok();
        }
        rehearsal.pay_and_settle(&mut self.wallet, self.memory, sink).is_ok()
    }
}

fn main(meter: &mut Meter) -> bool {
    static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
    let Some(wallet) = wallet::open() else { return false };
    run(meter, &mut Payment { wallet, memory: MEMORY.take() })
}

program!(main);
