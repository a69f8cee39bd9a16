//! Whole payments: which challenges, and what the client remembers from the one before.

use embedded_x402_rehearsal::Rehearsal;

use crate::Meter;

/// What pays.
pub trait Program {
    /// Forgets everything.
    fn forget(&mut self);

    /// Pays a challenge, and gives the bytes of the paid request to `sink`; answers whether it could.
    fn pay(&mut self, rehearsal: &Rehearsal, sink: &mut dyn FnMut(&[u8])) -> bool;
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
