//! The faults of a facilitator.

use axum::http::StatusCode;

use super::Delay;
use super::list::{Explained, FaultKind};
use super::status::read_status;

/// What goes wrong at a facilitator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FacilitatorFault {
    /// The payment settles, and the answer is late.
    Delay(Delay),
    /// The connection is closed after the payment has settled.
    LoseResponse,
    /// The payment settles, and the answer is this status without a verdict.
    Status(StatusCode),
    /// The payment settles, and the answer is that this is pending.
    Pending,
    /// The answer is an error, and the payment settles so much later.
    SettleLate(Delay),
    /// Nothing settles, and the answer is that the payer has no funds.
    Refuse,
}

impl FaultKind for FacilitatorFault {
    const EXPLAINED: &'static [Explained] = &[
        Explained::with(
            "delay",
            "MILLISECONDS",
            "the answer comes so much later; `100-2000` draws from a range",
        ),
        Explained::plain("lose-response", "the connection is closed instead of an answer"),
        Explained::with("status", "CODE", "the answer is this status, without a verdict"),
        Explained::plain("pending", "the answer is `settlement_pending`, with the transaction"),
        Explained::with(
            "settle-late",
            "MILLISECONDS",
            "the answer is `unexpected_settle_error`, at once",
        ),
        Explained::plain("refuse", "the answer is `unsupported_scheme`"),
    ];

    fn read(name: &str, parameter: &str) -> Option<Self> {
        Some(match name {
            "delay" => Self::Delay(parameter.parse().ok()?),
            "lose-response" => Self::LoseResponse,
            "status" => Self::Status(read_status(parameter)?),
            "pending" => Self::Pending,
            "settle-late" => Self::SettleLate(parameter.parse().ok()?),
            "refuse" => Self::Refuse,
            _ => return None,
        })
    }
}
