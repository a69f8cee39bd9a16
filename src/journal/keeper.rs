//! The journal: keeps the books and the records in a storage, in the order that loses nothing.

use core::fmt;

use super::books::{Books, OpenPayment, Standing, Statement};
use super::keys::{AssetKey, RequestKey};
use super::record::{PaymentRecord, RecordError, RecordedPayment};
use super::storage::{Slot, Storage, StorageError};
use super::time::{DeviceTime, Now};
use crate::policy::Rule;

/// The item of the books.
const BOOKS: Slot = 0;

/// The journal, in a [`Storage`], for `WINDOWS` budgets and `OPEN` payments at once.
///
/// It is the memory of one wallet: two devices, or two journals, must not share a wallet if a budget
/// is to hold for both.
#[derive(Debug)]
pub struct Journal<S, const WINDOWS: usize = 4, const OPEN: usize = 2> {
    storage: S,
    books: Books<WINDOWS, OPEN>,
    time: DeviceTime,
    /// The uptime that it counts from: an uptime that went on through a reset must not make payments
    /// look older than the journal has seen them.
    start: Option<u64>,
}

/// What is to be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reservation {
    /// The request that is paid for.
    pub request: RequestKey,
    /// The asset that is paid in.
    pub asset: AssetKey,
    /// Atomic units of it.
    pub amount: u64,
    /// Seconds after which the payment can't settle any more.
    pub lifetime: u32,
}

/// What the books say of a payment from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// Its amount is spent: on a receipt, on delivery, or because it has expired and nothing proves
    /// that it did not settle.
    Spent,
    /// Its amount is free again: on proof that it never left, or can't settle any more and did not.
    NotSpent,
    /// The seller refused it: the request may be paid for again, the amount stays reserved until the
    /// payment expires.
    Refused,
    /// It can still settle, contrary to what its lifetime says.
    Pending {
        /// For so many seconds more.
        seconds: u32,
    },
}

/// Why the journal refuses. Then nothing may be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum JournalError {
    /// The storage is of no help.
    Storage(StorageError),
    /// What is stored can't be read. Nothing is known of what was paid: look at the wallet's balance
    /// before you begin a new journal.
    Record(RecordError),
    /// A record is newer than the books: the newest books are lost.
    BooksLost,
    /// So many payments are open already; wait until one of them expires.
    TooManyOpen {
        /// As many as the journal has room for.
        capacity: usize,
    },
    /// The policy has more budgets than this, or those of another policy still count.
    TooManyBudgets {
        /// As many as the journal has room for.
        capacity: usize,
    },
    /// No such payment is open.
    NotOpen,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::Storage(error) => error.fmt(f),
            JournalError::Record(error) => error.fmt(f),
            JournalError::BooksLost => {
                f.write_str("the journal's newest books are lost: compare the wallet's balance")
            }
            JournalError::TooManyOpen { capacity } => {
                write!(f, "{capacity} payments are open already: wait until one expires")
            }
            JournalError::TooManyBudgets { capacity } => {
                write!(
                    f,
                    "the journal has room for {capacity} budgets, those of earlier policies that still count included: give it more"
                )
            }
            JournalError::NotOpen => f.write_str("the journal knows no such open payment"),
        }
    }
}

impl core::error::Error for JournalError {}

impl From<StorageError> for JournalError {
    fn from(error: StorageError) -> Self {
        JournalError::Storage(error)
    }
}

impl From<RecordError> for JournalError {
    fn from(error: RecordError) -> Self {
        JournalError::Record(error)
    }
}

impl<S: Storage, const WINDOWS: usize, const OPEN: usize> Journal<S, WINDOWS, OPEN> {
    /// Opens the journal that is in `storage`, or begins one if nothing was ever written there.
    /// `buffer` must hold an item: [`sizes::RECORD`](crate::sizes::RECORD) bytes are enough.
    ///
    /// # Errors
    /// [`JournalError`], also if something was written there that is not a journal: it is left as it
    /// is.
    pub async fn open(mut storage: S, buffer: &mut [u8]) -> Result<Self, JournalError> {
        let books = match stored(&mut storage, BOOKS, buffer).await? {
            Some(item) => Books::read(item)?,
            None => Books::default(),
        };
        let (seconds, unix) = books.time;
        let mut journal =
            Journal { storage, books, time: DeviceTime::resume(seconds, unix), start: None };
        journal.match_records(buffer).await?;
        Ok(journal)
    }

    /// The open payments.
    pub fn open_payments(&self) -> &[OpenPayment] {
        self.books.open()
    }

    /// The number that the next payment gets: another one after each reset too.
    pub fn next_number(&self) -> u32 {
        self.books.next
    }

    /// Gives the storage back.
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// Looks for each reservation's record. A record that no reservation names is of a payment whose
    /// books are closed; but a number that the books have not reached yet means that they are old.
    async fn match_records(&mut self, buffer: &mut [u8]) -> Result<(), JournalError> {
        for slot in (1..).take(OPEN) {
            let record = match stored(&mut self.storage, slot, buffer).await {
                Ok(Some(item)) => PaymentRecord::read(item).ok(),
                Ok(None) | Err(StorageError::Corrupt) => None,
                Err(error) => return Err(error.into()),
            };
            let number = record.map(|record| record.number);
            if number.is_some_and(|number| is_after(number, self.books.next)) {
                return Err(JournalError::BooksLost);
            }
            let of_slot = |open: &&mut OpenPayment| open.slot == slot;
            if let Some(open) = self.books.open_mut().iter_mut().find(of_slot) {
                open.is_unrecorded = number != Some(open.number);
            }
        }
        Ok(())
    }

    /// Gets ready for the budgets of a policy. Those of another policy that was kept before are
    /// forgotten only once nothing counts in them any more: `WINDOWS` must be enough for all policies
    /// that are used with this journal.
    ///
    /// # Errors
    /// [`JournalError::TooManyBudgets`].
    pub fn keep_budgets(&mut self, rules: &[Rule<'_>], now: Now) -> Result<(), JournalError> {
        let seconds = self.seconds(now);
        match self.books.keep_windows(rules, seconds) {
            true => Ok(()),
            false => Err(JournalError::TooManyBudgets { capacity: WINDOWS }),
        }
    }

    /// What was spent and is reserved, for the policy to ask.
    pub fn statement(&mut self, now: Now) -> Statement<'_, WINDOWS, OPEN> {
        let seconds = self.seconds(now);
        Statement { books: &self.books, seconds }
    }

    /// The payment that may have been sent for this request and stands in the way of another one.
    pub fn unsettled(&self, request: RequestKey) -> Option<OpenPayment> {
        let stands =
            |open: &&OpenPayment| open.request == request && open.standing == Standing::Unknown;
        self.books.open().iter().find(stands).copied()
    }

    /// An open payment that can't settle any more: its books are to be closed.
    pub fn expired(&mut self, now: Now) -> Option<OpenPayment> {
        let Now { uptime, .. } = self.counted(now);
        self.books.open().iter().find(|open| open.is_expired(uptime)).copied()
    }

    /// Seconds since an open payment was reserved; `None` if the device was reset since.
    pub fn age(&mut self, open: &OpenPayment, now: Now) -> Option<u64> {
        open.age(self.counted(now).uptime)
    }

    /// Looks whether one payment more may be open.
    ///
    /// # Errors
    /// [`JournalError::TooManyOpen`]: a payment that the seller has refused, too, keeps its place
    /// until it expires.
    pub fn check_room(&self) -> Result<(), JournalError> {
        match self.books.open().len() < OPEN {
            true => Ok(()),
            false => Err(JournalError::TooManyOpen { capacity: OPEN }),
        }
    }

    /// Reserves an amount, durably, and answers the payment's number. Do this before it is signed.
    ///
    /// # Errors
    /// [`JournalError`]: it is not reserved.
    pub async fn reserve(
        &mut self,
        reservation: &Reservation,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<u32, JournalError> {
        let now = self.counted(now);
        let mut books = self.books.clone();
        let too_many = JournalError::TooManyOpen { capacity: OPEN };
        let payment = books.reserve(reservation.open(now.uptime)).ok_or(too_many)?;
        self.commit(books, now, buffer).await?;
        Ok(payment.number)
    }

    /// Records what a reserved payment's bytes can be made from, durably. Do this before any of them
    /// leaves.
    ///
    /// # Errors
    /// [`JournalError`]: the payment must not be sent.
    pub async fn record(
        &mut self,
        number: u32,
        payment: &RecordedPayment<'_>,
        buffer: &mut [u8],
    ) -> Result<(), JournalError> {
        let open = self.find(number)?;
        let record = PaymentRecord { number, request: open.request, payment: *payment };
        let length = record.write(buffer)?;
        let item = buffer.get(..length).unwrap_or_default();
        Ok(self.storage.write(open.slot, item).await?)
    }

    /// Reads the record of an open payment; `None` if there is none that can be read.
    ///
    /// # Errors
    /// [`JournalError`] if the storage fails.
    pub async fn recorded<'b>(
        &mut self,
        number: u32,
        buffer: &'b mut [u8],
    ) -> Result<Option<RecordedPayment<'b>>, JournalError> {
        let open = self.find(number)?;
        let item = match stored(&mut self.storage, open.slot, buffer).await {
            Err(StorageError::Corrupt) => None,
            item => item?,
        };
        let record = item.and_then(|item| PaymentRecord::read(item).ok());
        let is_its =
            |record: &PaymentRecord<'_>| record.number == number && record.request == open.request;
        Ok(record.filter(is_its).map(|record| record.payment))
    }

    /// Closes the books of an open payment, or changes its standing, durably.
    ///
    /// # Errors
    /// [`JournalError`]: its amount stays reserved.
    pub async fn close(
        &mut self,
        number: u32,
        verdict: Verdict,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<(), JournalError> {
        let now = self.counted(now);
        let mut books = self.books.clone();
        let closed = match verdict {
            Verdict::Spent => books.book(number, self.time.booking(now)),
            Verdict::NotSpent => books.release(number),
            Verdict::Refused => books.refuse(number),
            Verdict::Pending { seconds } => books.extend(number, now.uptime, seconds),
        };
        closed.ok_or(JournalError::NotOpen)?;
        self.commit(books, now, buffer).await
    }

    /// What the device knows of the time, counted from when the journal was first asked.
    fn counted(&mut self, now: Now) -> Now {
        let start = *self.start.get_or_insert(now.uptime);
        Now { uptime: now.uptime.saturating_sub(start), ..now }
    }

    /// Seconds of the device's time.
    fn seconds(&mut self, now: Now) -> u64 {
        let now = self.counted(now);
        self.time.seconds(now)
    }

    fn find(&self, number: u32) -> Result<OpenPayment, JournalError> {
        let of_number = |open: &&OpenPayment| open.number == number;
        self.books.open().iter().find(of_number).copied().ok_or(JournalError::NotOpen)
    }

    /// The books in RAM change when those in the storage have: until then the old ones hold, which
    /// differ in a reservation at most.
    async fn commit(
        &mut self,
        mut books: Books<WINDOWS, OPEN>,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<(), JournalError> {
        books.time = self.time.written(now);
        let length = books.write(buffer)?;
        self.storage.write(BOOKS, buffer.get(..length).unwrap_or_default()).await?;
        self.books = books;
        Ok(())
    }
}

impl Reservation {
    /// An open payment, reserved so many seconds after the journal began to count.
    fn open(&self, uptime: u64) -> OpenPayment {
        OpenPayment {
            number: 0,
            request: self.request,
            asset: self.asset,
            amount: self.amount,
            lifetime: self.lifetime,
            standing: Standing::Unknown,
            slot: 0,
            since: Some(uptime),
            is_unrecorded: false,
        }
    }
}

async fn stored<'b>(
    storage: &mut impl Storage,
    slot: Slot,
    buffer: &'b mut [u8],
) -> Result<Option<&'b [u8]>, StorageError> {
    let length = storage.read(slot, buffer).await?;
    Ok(length.and_then(|length| buffer.get(..length)))
}

/// Whether a record's number is one that the books have not given out: numbers wrap around.
fn is_after(number: u32, next: u32) -> bool {
    number.wrapping_sub(next) < u32::MAX / 2
}

#[cfg(test)]
mod tests;
