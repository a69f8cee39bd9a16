//! What a client with a journal tells while it works, beside its answer.

use super::Fate;
use crate::journal::OpenPayment;

/// What became of a payment in the journal. It may be one of another request than that which goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Notice {
    /// It is sent again, the same bytes.
    Resent(OpenPayment),
    /// It has expired, and its books are closed.
    Expired(OpenPayment, Fate),
}
