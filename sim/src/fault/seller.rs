//! The faults of a seller.

use std::str::FromStr;

use axum::http::StatusCode;

use super::Delay;
use super::list::{Explained, FaultKind};
use super::status::read_status;

/// The most seconds that a date is wrong by: more than the lifetime of any payment, and few enough
/// for the date to have four digits for its year.
const MAXIMUM_SECONDS: u64 = 1_000_000_000;

/// What goes wrong at a seller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SellerFault {
    /// The payment settles, and the answer is late.
    Delay(Delay),
    /// The answer to a request without a payment is late.
    DelayChallenge(Delay),
    /// Every answer's `Date` is wrong by so many seconds.
    WrongDate(i64),
    /// The connection is closed before the request is served.
    Reset,
    /// The connection is closed after the payment has settled.
    LoseResponse,
    /// The connection is closed in the middle of the body.
    Truncate,
    /// The payment settles, and the answer is this status without a receipt.
    Status(StatusCode),
    /// The payment settles, and the answer is status 500 with the receipt.
    ErrorWithReceipt,
    /// The payment settles, and the receipt is left out.
    NoReceipt,
    /// The payment settles, and the receipt is wrong in this field.
    WrongReceipt(ReceiptField),
    /// The payment settles, and the answer is the challenge for a request without one.
    Stale402,
    /// The payment settles, and the answer is that it is refused.
    RefuseAndSettle,
    /// Nothing settles, and the answer is a challenge at twice the price.
    Corrective402,
    /// Nothing settles, and the answer is a challenge with another payee.
    OtherPayTo,
    /// Nothing settles, and the answer is a receipt.
    NoSettle,
}

/// A member of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are their names")]
pub enum ReceiptField {
    Network,
    Amount,
    Payer,
    Transaction,
}

impl FaultKind for SellerFault {
    const EXPLAINED: &'static [Explained] = &[
        Explained::with(
            "delay",
            "MILLISECONDS",
            "the answer comes so much later; `100-2000` draws from a range",
        ),
        Explained::with(
            "delay-challenge",
            "MILLISECONDS",
            "the answer to a request without a payment comes so much later",
        ),
        Explained::with(
            "wrong-date",
            "SECONDS",
            "every answer's `Date` is so far ahead, or behind if negative",
        ),
        Explained::plain("reset", "the connection is closed before the request is served"),
        Explained::plain("lose-response", "the connection is closed instead of an answer"),
        Explained::plain("truncate", "the connection is closed in the middle of the body"),
        Explained::with("status", "CODE", "the answer is this status, without a receipt"),
        Explained::plain("error-with-receipt", "the answer is status 500, with the receipt"),
        Explained::plain("no-receipt", "the answer has no receipt"),
        Explained::with(
            "wrong-receipt",
            "FIELD",
            "the receipt names another `network`, `amount`, `payer` or `transaction`",
        ),
        Explained::plain(
            "stale-402",
            "the answer is the challenge that the request without a payment gets",
        ),
        Explained::plain(
            "refuse-and-settle",
            "the answer is a refusal, as of a payer without funds",
        ),
        Explained::plain("corrective-402", "the answer is a challenge at twice the price"),
        Explained::plain("other-pay-to", "the answer is a challenge with another payee"),
        Explained::plain(
            "no-settle",
            "the answer is 200 with a receipt that is made up, and the body `{}`",
        ),
    ];

    fn read(name: &str, parameter: &str) -> Option<Self> {
        Some(match name {
            "delay" => Self::Delay(parameter.parse().ok()?),
            "delay-challenge" => Self::DelayChallenge(parameter.parse().ok()?),
            "wrong-date" => Self::WrongDate(read_seconds(parameter)?),
            "reset" => Self::Reset,
            "lose-response" => Self::LoseResponse,
            "truncate" => Self::Truncate,
            "status" => Self::Status(read_status(parameter)?),
            "error-with-receipt" => Self::ErrorWithReceipt,
            "no-receipt" => Self::NoReceipt,
            "wrong-receipt" => Self::WrongReceipt(parameter.parse().ok()?),
            "stale-402" => Self::Stale402,
            "refuse-and-settle" => Self::RefuseAndSettle,
            "corrective-402" => Self::Corrective402,
            "other-pay-to" => Self::OtherPayTo,
            "no-settle" => Self::NoSettle,
            _ => return None,
        })
    }
}

fn read_seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds: &i64| seconds.unsigned_abs() <= MAXIMUM_SECONDS)
}

impl FromStr for ReceiptField {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "network" => Ok(Self::Network),
            "amount" => Ok(Self::Amount),
            "payer" => Ok(Self::Payer),
            "transaction" => Ok(Self::Transaction),
            _ => Err(()),
        }
    }
}
