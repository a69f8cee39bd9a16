//! A request that is paid for at most once, whatever gets lost: with a journal.

use embedded_hal_async::delay::DelayNs;
use rand_core::TryCryptoRng;

use super::attempt::{Attempt, doubt};
use super::client::Client;
use super::fate::Finding;
use super::{Error, Fate, Ledger, Notice, Transport, Wallet};
use crate::client;
use crate::client::{Outcome, Request};
use crate::journal::{JournalError, OpenPayment, RequestKey, Standing, Verdict};
use crate::policy::Approve;

/// Milliseconds before a payment is sent again for the first time; then twice as long each time.
const FIRST_PAUSE: u32 = 1_000;

/// Milliseconds between two times at most.
const LONGEST_PAUSE: u32 = 30_000;

impl<'c, T, W, R, D, A, J, const ENTRY: usize, const BUFFER: usize>
    Client<'c, T, W, R, D, A, J, ENTRY, BUFFER>
where
    T: Transport,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
    A: Approve,
    J: Ledger,
{
    /// Makes a request and pays for it, unless a payment for it is open: then that one is sent
    /// again. As long as its fate is unknown it is sent again and again, until it expires.
    pub(super) async fn pay_once(
        &mut self,
        request: &Request<'_>,
        key: RequestKey,
    ) -> Result<Attempt<T::Connection<'c>>, Error> {
        self.journal.keep_budgets(self.policy.rules, self.settings.now())?;
        let mut pause = FIRST_PAUSE;
        loop {
            let closed = self.close_expired(key).await;
            let open = self.journal.unsettled(key);
            closed.map_err(|error| doubt(error, open.is_some()))?;
            let attempt = self.attempt(request, open).await;
            self.note(key, &attempt).await;
            if !is_unknown(&attempt) || self.journal.unsettled(key).is_none() {
                return attempt;
            }
            // With its connection: one socket is enough for the seller and the node in turn.
            drop(attempt);
            if self.journal.expired(self.settings.now()).is_none() {
                self.delay.delay_ms(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Closes the books of payments that can't settle any more, whatever they were for. If one of
    /// them was for this request, that is told before another one is signed: it may have settled.
    async fn close_expired(&mut self, key: RequestKey) -> Result<(), Error> {
        let mut expired = Ok(());
        while let Some(open) = self.journal.expired(self.settings.now()) {
            let fate = match self.close(&open).await {
                Ok(fate) => fate,
                // What became of this request's own payment is told before that.
                Err(error) => return expired.and(Err(error)),
            };
            if open.request == key && open.standing == Standing::Unknown {
                expired = fate.map_or(expired, |fate| Err(Error::Expired(fate)));
            }
        }
        expired
    }

    /// Closes the books of a payment, unless the chain says that it can still settle.
    async fn close(&mut self, open: &OpenPayment) -> Result<Option<Fate>, Error> {
        let fate = match self.finding(open).await {
            Finding::Over(fate) => fate,
            Finding::Pending { seconds } => {
                warning!("x402: an open payment can settle for {} seconds more", seconds);
                self.write(open.number, Verdict::Pending { seconds }).await?;
                return Ok(None);
            }
        };
        let verdict = if fate == Fate::NotSettled { Verdict::NotSpent } else { Verdict::Spent };
        self.write(open.number, verdict).await?;
        info!("x402: an open payment has expired: {}", fate);
        (self.settings.notices)(Notice::Expired(*open, fate));
        Ok(Some(fate))
    }

    /// Notes what an answer means for the books. Where that can't be written, the amount stays
    /// reserved, and the payment is sent again the next time.
    async fn note<C>(&mut self, key: RequestKey, attempt: &Result<Attempt<C>, Error>) {
        let Some(open) = self.journal.unsettled(key) else { return };
        let Some(verdict) = verdict(attempt) else { return };
        if let Err(error) = self.write(open.number, verdict).await {
            warning!("x402: {}", error);
        }
    }

    async fn write(&mut self, number: u32, verdict: Verdict) -> Result<(), JournalError> {
        let now = self.settings.now();
        self.journal.close(number, verdict, now, self.memory.exchange.scratch()).await
    }
}

/// What an answer means for the books. Who got the resource has paid, with or without a receipt that
/// holds.
fn verdict<C>(attempt: &Result<Attempt<C>, Error>) -> Option<Verdict> {
    match attempt {
        Ok(Attempt { answer, .. }) => match &answer.outcome {
            Outcome::Settled(_) => Some(Verdict::Spent),
            Outcome::Unknown(_) => is_delivered(answer.head.status).then_some(Verdict::Spent),
            Outcome::NotPaid => None,
        },
        Err(Error::Exchange(client::Error::Refused(_))) => Some(Verdict::Refused),
        Err(_) => None,
    }
}

fn is_unknown<C>(attempt: &Result<Attempt<C>, Error>) -> bool {
    match attempt {
        Ok(attempt) => matches!(attempt.answer.outcome, Outcome::Unknown(_)),
        Err(error) => error.unsettled().is_some(),
    }
}

fn is_delivered(status: u16) -> bool {
    (200..300).contains(&status)
}
