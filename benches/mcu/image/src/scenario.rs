//! Whole payments: which challenges, and what the client remembers from the one before.

use embedded_x402::client::Memory;
use embedded_x402_rehearsal::{Rehearsal, RehearsalError};
use static_cell::ConstStaticCell;

use crate::Meter;
use crate::wallet::{self, Wallet};

/// What pays.
pub trait Program {
    /// Forgets everything.
    fn forget(&mut self);

    /// Pays a challenge, and gives the bytes of the paid request to `sink`; answers whether it could.
    fn pay(&mut self, rehearsal: &Rehearsal, sink: &mut dyn FnMut(&[u8])) -> bool;
}

/// The client, and what it pays with.
struct Client<P> {
    wallet: Wallet,
    memory: &'static mut Memory,
    pay: P,
}

impl<P> Program for Client<P>
where
    P: Fn(
        &Rehearsal,
        &mut Wallet,
        &mut Memory,
        &mut dyn FnMut(&[u8]),
    ) -> Result<(), RehearsalError>,
{
    fn forget(&mut self) {
        *self.memory = Memory::new();
    }

    #[inline(never)]
    fn pay(&mut self, rehearsal: &Rehearsal, sink: &mut dyn FnMut(&[u8])) -> bool {
        (self.pay)(rehearsal, &mut self.wallet, self.memory, sink).is_ok()
    }
}

/// Pays each challenge by the client, which `pay` drives.
pub fn run_client(
    meter: &mut Meter,
    pay: impl Fn(
        &Rehearsal,
        &mut Wallet,
        &mut Memory,
        &mut dyn FnMut(&[u8]),
    ) -> Result<(), RehearsalError>,
) -> bool {
    static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
    let Some(wallet) = wallet::open() else { return false };
    run(meter, &mut Client { wallet, memory: MEMORY.take(), pay })
}

/// Pays each challenge, in states of the client's memory: measured, and printed once.
pub fn run(meter: &mut Meter, program: &mut impl Program) -> bool {
    #[cfg(feature = "solana")]
    let is_well = solana(meter, program);
    #[cfg(feature = "evm")]
    let is_well = evm(meter, program);
    is_well
}

#[cfg(feature = "solana")]
fn solana(meter: &mut Meter, program: &mut impl Program) -> bool {
    use embedded_x402_rehearsal::{SOLANA_V2, SOLANA_V2_LARGE, SOLANA_V2_OTHER_PAYEE};
    program.forget();
    let mut is_well = pay(meter, program, &SOLANA_V2_LARGE, "accounts-derived");
    for rehearsal in [&SOLANA_V2, &SOLANA_V2_LARGE] {
        program.forget();
        is_well &= program.pay(&SOLANA_V2_OTHER_PAYEE, &mut |_| {});
        is_well &= pay(meter, program, rehearsal, "own-account-known");
        is_well &= print(meter, program, rehearsal);
    }
    is_well & pay(meter, program, &SOLANA_V2_LARGE, "accounts-known")
}

#[cfg(feature = "evm")]
fn evm(meter: &mut Meter, program: &mut impl Program) -> bool {
    use embedded_x402_rehearsal::{EVM_V2, EVM_V2_LARGE};
    [EVM_V2, EVM_V2_LARGE].iter().fold(true, |is_well, rehearsal| {
        program.forget();
        is_well & pay(meter, program, rehearsal, "payment") & print(meter, program, rehearsal)
    })
}

fn pay(meter: &mut Meter, program: &mut impl Program, rehearsal: &Rehearsal, state: &str) -> bool {
    meter.measure(rehearsal.name, state, || program.pay(rehearsal, &mut |_| {}))
}

fn print(meter: &mut Meter, program: &mut impl Program, rehearsal: &Rehearsal) -> bool {
    meter.begin(rehearsal.name);
    let is_well = program.pay(rehearsal, &mut |piece| meter.hex(piece));
    meter.end();
    is_well
}
