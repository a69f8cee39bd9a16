//! What a payment may take at most, line by line.

use crate::plan::{DEFAULT, RECOMMENDED_LARGE, RECOMMENDED_SMALL, RISCV32IMC, SMALLEST, THUMBV6M};
use crate::results::Results;

/// One line.
#[derive(Debug)]
pub(crate) struct Line {
    /// What is limited.
    pub(crate) subject: String,
    /// How much it may be.
    pub(crate) limit: u64,
    /// How much it is; `None` if it was not measured, which no limit allows.
    pub(crate) measured: Option<u64>,
    /// What both are in.
    pub(crate) unit: &'static str,
}

impl Line {
    /// Whether it holds.
    pub(crate) fn holds(&self) -> bool {
        self.measured.is_some_and(|measured| measured <= self.limit)
    }
}

/// The challenge of the budget.
pub(crate) const CHALLENGE: &str = "solana-v2-large";

/// What the client remembers in the budget's payment: its own token account, not the seller's.
pub(crate) const STATE: &str = "own-account-known";

/// The steps that are neither signature nor token accounts.
pub(crate) const LOGIC: [&str; 5] = ["request", "challenge", "approve", "build", "encode"];

/// All lines.
pub(crate) fn lines(results: &Results) -> Vec<Line> {
    let payment = |core: &str, backend: &str| {
        results.payment(core, backend, CHALLENGE, STATE).map(|cost| cost.instructions)
    };
    let flash = |backend| results.image(THUMBV6M, backend, "payment").map(|image| image.flash);
    let line = |subject: &str, backend: &str, limit, measured, unit| {
        let subject = subject.replace("BACKEND", backend);
        Line { subject, limit, measured, unit }
    };
    let logic = LOGIC.iter().map(|part| {
        results.part(THUMBV6M, RECOMMENDED_SMALL, CHALLENGE, part).map(|cost| cost.instructions)
    });
    let payments = "Solana payment, BACKEND, thumbv6m";
    vec![
        line(
            payments,
            RECOMMENDED_SMALL,
            4_500_000,
            payment(THUMBV6M, RECOMMENDED_SMALL),
            "instructions",
        ),
        line(
            payments,
            RECOMMENDED_LARGE,
            4_500_000,
            payment(THUMBV6M, RECOMMENDED_LARGE),
            "instructions",
        ),
        line(payments, DEFAULT, 16_000_000, payment(THUMBV6M, DEFAULT), "instructions"),
        line(
            "Solana payment, BACKEND, riscv32imc",
            RECOMMENDED_LARGE,
            1_600_000,
            payment(RISCV32IMC, RECOMMENDED_LARGE),
            "instructions",
        ),
        line(
            "client logic besides the signature, accounts known, thumbv6m",
            RECOMMENDED_SMALL,
            700_000,
            logic.sum(),
            "instructions",
        ),
        line(
            "flash, BACKEND, thumbv6m",
            RECOMMENDED_SMALL,
            80_000,
            flash(RECOMMENDED_SMALL),
            "bytes",
        ),
        line("flash, BACKEND, thumbv6m", SMALLEST, 80_000, flash(SMALLEST), "bytes"),
        line("flash, BACKEND, thumbv6m", DEFAULT, 120_000, flash(DEFAULT), "bytes"),
        line(
            "stack, BACKEND, thumbv6m",
            RECOMMENDED_SMALL,
            5 * 1024,
            results.stack(THUMBV6M, RECOMMENDED_SMALL),
            "bytes",
        ),
    ]
}
