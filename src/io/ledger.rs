//! What a client keeps of its payments: a journal, or nothing.

use crate::journal::{
    Journal, JournalError, Now, OpenPayment, RecordedPayment, RequestKey, Reservation, Storage,
    Verdict,
};
use crate::policy::{NotCounted, Rule, Spending};

/// What a client keeps of its payments: a [`Journal`], or [`NoJournal`].
#[expect(async_fn_in_trait, reason = "single-core executors need no Send futures")]
pub trait Ledger {
    /// Whether payments are kept.
    const IS_KEPT: bool;

    /// Gets ready for the budgets of a policy.
    ///
    /// # Errors
    /// [`JournalError`].
    fn keep_budgets(&mut self, rules: &[Rule<'_>], now: Now) -> Result<(), JournalError>;

    /// The number of the next payment, if payments are numbered across calls and resets.
    fn next_number(&self) -> Option<u32>;

    /// What was spent.
    fn spent(&mut self, now: Now) -> impl Spending;

    /// The payment that stands in the way of another one for the same request.
    fn unsettled(&self, request: RequestKey) -> Option<OpenPayment>;

    /// An open payment that can't settle any more.
    fn expired(&mut self, now: Now) -> Option<OpenPayment>;

    /// Seconds since a payment was reserved, if the device was not reset since.
    fn age(&mut self, open: &OpenPayment, now: Now) -> Option<u64>;

    /// Looks whether one payment more may be open.
    ///
    /// # Errors
    /// [`JournalError::TooManyOpen`].
    fn check_room(&self) -> Result<(), JournalError>;

    /// Reserves an amount and answers the payment's number.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be signed.
    async fn reserve(
        &mut self,
        reservation: &Reservation,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<u32, JournalError>;

    /// Records a payment.
    ///
    /// # Errors
    /// [`JournalError`]: it must not be sent.
    async fn record(
        &mut self,
        number: u32,
        payment: &RecordedPayment<'_>,
        buffer: &mut [u8],
    ) -> Result<(), JournalError>;

    /// Reads a record, if there is one.
    ///
    /// # Errors
    /// [`JournalError`].
    async fn recorded<'b>(
        &mut self,
        number: u32,
        buffer: &'b mut [u8],
    ) -> Result<Option<RecordedPayment<'b>>, JournalError>;

    /// Closes the books of a payment, or changes its standing.
    ///
    /// # Errors
    /// [`JournalError`]: its amount stays reserved.
    async fn close(
        &mut self,
        number: u32,
        verdict: Verdict,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<(), JournalError>;
}

/// Nothing is kept: neither a payment in flight nor what was spent.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

impl Ledger for NoJournal {
    const IS_KEPT: bool = false;

    fn keep_budgets(&mut self, _: &[Rule<'_>], _: Now) -> Result<(), JournalError> {
        Ok(())
    }

    fn next_number(&self) -> Option<u32> {
        None
    }

    fn spent(&mut self, _: Now) -> impl Spending {
        NotCounted
    }

    fn unsettled(&self, _: RequestKey) -> Option<OpenPayment> {
        None
    }

    fn expired(&mut self, _: Now) -> Option<OpenPayment> {
        None
    }

    fn age(&mut self, _: &OpenPayment, _: Now) -> Option<u64> {
        None
    }

    fn check_room(&self) -> Result<(), JournalError> {
        Ok(())
    }

    async fn reserve(
        &mut self,
        _: &Reservation,
        _: Now,
        _: &mut [u8],
    ) -> Result<u32, JournalError> {
        Err(JournalError::NotOpen)
    }

    async fn record(
        &mut self,
        _: u32,
        _: &RecordedPayment<'_>,
        _: &mut [u8],
    ) -> Result<(), JournalError> {
        Err(JournalError::NotOpen)
    }

    async fn recorded<'b>(
        &mut self,
        _: u32,
        _: &'b mut [u8],
    ) -> Result<Option<RecordedPayment<'b>>, JournalError> {
        Ok(None)
    }

    async fn close(
        &mut self,
        _: u32,
        _: Verdict,
        _: Now,
        _: &mut [u8],
    ) -> Result<(), JournalError> {
        Ok(())
    }
}

impl<S: Storage, const WINDOWS: usize, const OPEN: usize> Ledger
    for &mut Journal<S, WINDOWS, OPEN>
{
    const IS_KEPT: bool = true;

    fn keep_budgets(&mut self, rules: &[Rule<'_>], now: Now) -> Result<(), JournalError> {
        Journal::keep_budgets(self, rules, now)
    }

    fn next_number(&self) -> Option<u32> {
        Some(Journal::next_number(self))
    }

    fn spent(&mut self, now: Now) -> impl Spending {
        self.statement(now)
    }

    fn unsettled(&self, request: RequestKey) -> Option<OpenPayment> {
        Journal::unsettled(self, request)
    }

    fn expired(&mut self, now: Now) -> Option<OpenPayment> {
        Journal::expired(self, now)
    }

    fn age(&mut self, open: &OpenPayment, now: Now) -> Option<u64> {
        Journal::age(self, open, now)
    }

    fn check_room(&self) -> Result<(), JournalError> {
        Journal::check_room(self)
    }

    async fn reserve(
        &mut self,
        reservation: &Reservation,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<u32, JournalError> {
        Journal::reserve(self, reservation, now, buffer).await
    }

    async fn record(
        &mut self,
        number: u32,
        payment: &RecordedPayment<'_>,
        buffer: &mut [u8],
    ) -> Result<(), JournalError> {
        Journal::record(self, number, payment, buffer).await
    }

    async fn recorded<'b>(
        &mut self,
        number: u32,
        buffer: &'b mut [u8],
    ) -> Result<Option<RecordedPayment<'b>>, JournalError> {
        Journal::recorded(self, number, buffer).await
    }

    async fn close(
        &mut self,
        number: u32,
        verdict: Verdict,
        now: Now,
        buffer: &mut [u8],
    ) -> Result<(), JournalError> {
        Journal::close(self, number, verdict, now, buffer).await
    }
}
