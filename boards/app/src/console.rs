//! What the device tells: events, as text on anything that takes text, or by `defmt`.

use core::fmt;
use core::net::IpAddr;

use embedded_x402::client::Outcome;
use embedded_x402::io::{Error, Notice};

use crate::{OpenJournalError, Party, Price, Purchase, Summary};

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'e> {
    /// The journal is open.
    JournalOpened {
        /// Payments in it that may not have settled yet.
        open: usize,
    },
    /// There is no journal that can be relied on: nothing is paid.
    NoJournal(&'e OpenJournalError),
    /// What became of a payment in the journal.
    Journal(Notice),
    /// There is no network yet.
    WaitingForNetwork,
    /// The network is up, and this is the device's own address.
    NetworkUp {
        /// The address.
        address: IpAddr,
    },
    /// A request goes out.
    Asking {
        /// The resource.
        url: &'e str,
    },
    /// The seller asks this, and the policy allows it.
    Offer(&'e Price),
    /// Somebody approved the payment, or refused it.
    Approval {
        /// Whether it was approved.
        approved: bool,
    },
    /// A piece of the resource.
    Data(&'e [u8]),
    /// The resource came.
    Bought(&'e Purchase),
    /// It did not.
    Failed(&'e Purchase),
    /// The device waits.
    Waiting {
        /// For so long.
        seconds: u32,
        /// For this.
        pause: Pause,
    },
    /// It has done what it was told to.
    Finished(&'e Summary),
}

/// Why the device waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Pause {
    /// The next purchase is not due.
    Interval,
    /// The last one failed.
    Backoff,
}

/// Takes note of what happens.
pub trait Console {
    /// Tells it.
    fn tell(&mut self, event: Event<'_>);
}

impl<C: Console> Console for &mut C {
    fn tell(&mut self, event: Event<'_>) {
        C::tell(self, event);
    }
}

/// A console on anything that takes text: a UART, semihosting. A line that can't be written is lost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<W>(pub W);

impl<W: fmt::Write> Console for Text<W> {
    fn tell(&mut self, event: Event<'_>) {
        let _ = writeln!(self.0, "{event}");
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::JournalOpened { open } => write!(f, "journal opened, open payments: {open}"),
            Event::NoJournal(error) => {
                let party = Party::without_journal(error);
                write!(f, "no journal, nothing is paid: {error} (to act: {party})")
            }
            Event::Journal(notice) => write_notice(f, notice),
            Event::WaitingForNetwork => f.write_str("waiting for the network"),
            Event::NetworkUp { address } => write!(f, "network up, address {address}"),
            Event::Asking { url } => write!(f, "asking {url}"),
            Event::Offer(price) => write!(f, "offer {price}"),
            Event::Approval { approved: true } => f.write_str("approved"),
            Event::Approval { approved: false } => f.write_str("refused"),
            Event::Data(data) => write!(f, "data {}", Escaped(data)),
            Event::Bought(purchase) => write!(f, "bought {purchase}"),
            Event::Failed(purchase) => write!(f, "failed {purchase}"),
            Event::Waiting { seconds, pause } => write!(f, "waiting {seconds} s {pause}"),
            Event::Finished(summary) => write!(f, "finished {summary}"),
        }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Price { network, amount, symbol, asset, pay_to } = self;
        let (asset, pay_to) = (Escaped(asset.as_bytes()), Escaped(pay_to.as_bytes()));
        write!(f, "{amount} units of {symbol} ({asset}) on {network} to {pay_to}")
    }
}

impl fmt::Display for Purchase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "status {status}, {} bytes", self.bytes)?,
            None => f.write_str("without an answer")?,
        }
        match &self.outcome {
            Some(Outcome::Settled(receipt)) => {
                let transaction = Escaped(receipt.transaction.as_bytes());
                let paid = self.paid().unwrap_or_default();
                write!(f, ", paid {paid} units, transaction {transaction}")?;
            }
            Some(Outcome::Unknown(doubt)) => write!(f, ", paid or not: {doubt}")?,
            Some(Outcome::NotPaid) => f.write_str(", nothing paid")?,
            None => {}
        }
        self.error.map_or(Ok(()), |error| write_error(f, &error))
    }
}

fn write_notice(f: &mut fmt::Formatter<'_>, notice: &Notice) -> fmt::Result {
    match notice {
        Notice::Resent(payment) => {
            write!(f, "payment {} of {} units is sent again", payment.number, payment.amount)
        }
        Notice::Expired(payment, fate) => {
            write!(f, "payment {} of {} units has expired: {fate}", payment.number, payment.amount)
        }
        other => write!(f, "{other:?}"),
    }
}

fn write_error(f: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    write!(f, ": {error} (to act: {})", Party::to_act(error))
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pause::Interval => "until the next purchase is due",
            Pause::Backoff => "after a failure",
        })
    }
}

/// A peer's text: control characters would do things to a terminal.
struct Escaped<'t>(&'t [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'\\');
        for part in self.0.split_inclusive(quote) {
            match part.split_last() {
                Some((last, front)) if quote(last) => {
                    write!(f, "{}{}", front.escape_ascii(), char::from(*last))?;
                }
                _ => write!(f, "{}", part.escape_ascii())?,
            }
        }
        Ok(())
    }
}

/// A console by `defmt`.
#[cfg(feature = "defmt")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Defmt;

#[cfg(feature = "defmt")]
impl Console for Defmt {
    fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::JournalOpened { open } => {
                defmt::info!("journal opened, open payments: {=usize}", open);
            }
            Event::NoJournal(error) => {
                let party = Party::without_journal(error);
                defmt::error!("no journal, nothing is paid: {}, to act: {}", error, party);
            }
            Event::Journal(notice) => defmt::info!("{}", notice),
            Event::WaitingForNetwork => defmt::info!("waiting for the network"),
            Event::NetworkUp { address } => defmt::info!("network up, address {}", address),
            Event::Asking { url } => defmt::info!("asking {=str}", url),
            Event::Offer(price) => defmt::info!("offer {}", price),
            Event::Approval { approved } => defmt::info!("approved: {=bool}", approved),
            Event::Data(data) => defmt::info!("data {=[u8]:a}", data),
            Event::Bought(purchase) => defmt::info!("bought {}", purchase),
            Event::Failed(purchase) => match &purchase.error {
                Some(error) => {
                    defmt::error!("failed {}, to act: {}", purchase, Party::to_act(error));
                }
                None => defmt::error!("failed {}", purchase),
            },
            Event::Waiting { seconds, pause } => {
                defmt::info!("waiting {=u32} s: {}", seconds, pause);
            }
            Event::Finished(summary) => defmt::info!("finished {}", summary),
        }
    }
}
