//! Faults: what goes wrong between a device, a seller and a facilitator, made to happen at will.
//!
//! A fault is a layer around a server that works: the seller and the facilitator know nothing of
//! it. `--fault` takes a list of them, by comma, and may be repeated; each may be followed by how
//! often it strikes (see [`Chance`]): `0.1` of the requests, or `2x`, the first two. Without that it
//! strikes always. Which requests are struck depends on `--fault-seed` and on how many came before,
//! on nothing else, so that a run can be repeated. Where several faults strike one request, all of
//! them happen, in the order of the list.
//!
//! `x402-sim seller --fault LIST`; where nothing else is said, they strike requests with a payment
//! only:
//!
//! | Fault | What happens | Settled? |
//! |---|---|---|
//! | `delay=MILLISECONDS` | the answer comes so much later; `100-2000` draws from a range | yes |
//! | `delay-challenge=MILLISECONDS` | the answer to a request without a payment comes so much later | |
//! | `wrong-date=SECONDS` | every answer's `Date` is so far ahead, or behind if negative | yes |
//! | `reset` | the connection is closed before the request is served | no |
//! | `lose-response` | the connection is closed instead of an answer | yes |
//! | `truncate` | the connection is closed in the middle of the body | yes |
//! | `status=CODE` | the answer is this status, without a receipt | yes |
//! | `error-with-receipt` | the answer is status 500, with the receipt | yes |
//! | `no-receipt` | the answer has no receipt | yes |
//! | `wrong-receipt=FIELD` | the receipt names another `network`, `amount`, `payer` or `transaction` | yes |
//! | `stale-402` | the answer is the challenge that the request without a payment gets | yes |
//! | `refuse-and-settle` | the answer is a refusal, as of a payer without funds | yes |
//! | `corrective-402` | the answer is a challenge at twice the price | no |
//! | `other-pay-to` | the answer is a challenge with another payee | no |
//! | `no-settle` | the answer is 200 with a receipt that is made up, and the body `{}` | no |
//!
//! `x402-sim facilitator --fault LIST`; they strike settlements only:
//!
//! | Fault | What happens | Settled? |
//! |---|---|---|
//! | `delay=MILLISECONDS` | the answer comes so much later; `100-2000` draws from a range | yes |
//! | `lose-response` | the connection is closed instead of an answer | yes |
//! | `status=CODE` | the answer is this status, without a verdict | yes |
//! | `pending` | the answer is `settlement_pending`, with the transaction | yes |
//! | `settle-late=MILLISECONDS` | the answer is `unexpected_settle_error`, at once | so much later |
//! | `refuse` | the answer is `unsupported_scheme` | no |
//!
//! What was asked for is read by `list`, what strikes is decided by `plan`. [`seller`] and
//! [`facilitator`] name the faults, `faulty_seller` and `faulty_facilitator` make them happen, with
//! `challenge`, `receipt` and `made_up` for what they do to messages, and [`connection`] for what
//! they do to the socket.

pub mod connection;
pub mod facilitator;
pub mod seller;

mod challenge;
mod chance;
pub(crate) mod command;
mod delay;
mod faulty_facilitator;
mod faulty_seller;
mod list;
mod made_up;
mod plan;
mod receipt;
mod status;

pub use self::chance::{Chance, ChanceError};
pub use self::connection::{Afterwards, Answer, Answered, Severed, serve};
pub use self::delay::Delay;
pub use self::facilitator::FacilitatorFault;
pub use self::faulty_facilitator::FaultyFacilitator;
pub use self::faulty_seller::FaultySeller;
pub use self::list::{Explained, Fault, FaultError, FaultKind, FaultList};
pub use self::plan::Faults;
pub use self::seller::{ReceiptField, SellerFault};

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the table that begins below a line with these words.
    fn table(above: &str) -> Vec<(String, String)> {
        let text = include_str!("mod.rs");
        let lines = text.lines().skip_while(|line| !line.contains(above));
        let rows = lines.skip_while(|line| !line.contains("|---")).skip(1);
        let rows = rows.map_while(|line| line.strip_prefix("//! | "));
        let cells = rows.map(|row| {
            let mut cells = row.split(" | ");
            let mut cell = || cells.next().unwrap().replace('`', "");
            (cell(), cell())
        });
        cells.collect()
    }

    fn explained<K: FaultKind>() -> Vec<(String, String)> {
        let faults = K::EXPLAINED.iter();
        faults.map(|fault| (fault.usage(), fault.meaning.replace('`', ""))).collect()
    }

    #[test]
    fn the_tables_say_what_the_help_says() {
        assert_eq!(table("x402-sim seller --fault"), explained::<SellerFault>());
        assert_eq!(table("x402-sim facilitator --fault"), explained::<FacilitatorFault>());
    }
}
