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

/// Pays each challenge in each state of the client's memory: one measured, and one printed.
pub fn run(meter: &mut Meter, program: &mut impl Program) -> bool {
    let mut is_well = true;
    #[cfg(feature = "solana")]
    {
        use embedded_x402_rehearsal::{SOLANA_V2, SOLANA_V2_LARGE, SOLANA_V2_OTHER_PAYEE};
        for rehearsal in [&SOLANA_V2, &SOLANA_V2_LARGE] {
            is_well &= pay(meter, program, rehearsal, "accounts-derived", &[]);
            is_well &=
                pay(meter, program, rehearsal, "own-account-known", &[&SOLANA_V2_OTHER_PAYEE]);
            is_well &= pay(meter, program, rehearsal, "accounts-known", &[rehearsal]);
        }
    }
    #[cfg(feature = "evm")]
    for rehearsal in [&embedded_x402_rehearsal::EVM_V2, &embedded_x402_rehearsal::EVM_V2_LARGE] {
        is_well &= pay(meter, program, rehearsal, "payment", &[]);
    }
    is_well
}

/// Pays, after payments that are not measured.
fn pay(
    meter: &mut Meter,
    program: &mut impl Program,
    rehearsal: &Rehearsal,
    state: &str,
    before: &[&Rehearsal],
) -> bool {
    program.forget();
    let mut is_well = before.iter().all(|rehearsal| program.pay(rehearsal, &mut |_| {}));
    is_well &= meter.measure(rehearsal.name, state, || program.pay(rehearsal, &mut |_| {}));
    meter.begin(rehearsal.name);
    is_well &= program.pay(rehearsal, &mut |piece| meter.hex(piece));
    meter.end();
    is_well
}
