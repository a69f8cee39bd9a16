//! One exchange, driven to the head of its answer.

use core::ops::Range;
use core::pin::pin;

use embedded_hal_async::delay::DelayNs;
use rand_core::TryCryptoRng;

use super::client::{Client, ClientMemory};
use super::driver::Driver;
use super::timeout::within;
use super::{Error, Ledger, Notice, Transport, Wallet};
use crate::client;
use crate::client::{Answer, Doubt, Exchange, Request};
use crate::journal::{OpenPayment, Verdict};
use crate::policy::Approve;

/// An answer, and the connection that its body comes by.
pub(super) struct Attempt<C> {
    pub(super) answer: Answer,
    pub(super) connection: Option<C>,
    /// The part of the client's buffer that holds the front of the body.
    pub(super) received: Range<usize>,
}

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
    /// Makes a request, and pays for it. With an open payment, that one is sent again instead:
    /// whatever goes wrong then leaves it unknown whether it settles.
    pub(super) async fn attempt(
        &mut self,
        request: &Request<'_>,
        open: Option<OpenPayment>,
    ) -> Result<Attempt<T::Connection<'c>>, Error> {
        let ClientMemory { exchange: exchange_memory, buffer } = &mut *self.memory;
        let (policy, limits, payer) = (self.policy, self.settings.limits, self.wallet.payer());
        let number = open.map(|open| open.number);
        let exchange = match open {
            None => {
                if let Some(next) = self.journal.next_number() {
                    exchange_memory.count_from(next);
                }
                Exchange::new(request, policy, payer, limits, exchange_memory)
            }
            Some(open) => {
                let recorded = self.journal.recorded(open.number, buffer).await;
                let recorded = recorded.map_err(|error| doubt(error.into(), true))?;
                let recorded = recorded.ok_or(client::Error::Unknown(Doubt::Unrecorded))?;
                (self.settings.notices)(Notice::Resent(open));
                Exchange::resume(request, policy, payer, limits, exchange_memory, &recorded)
            }
        };
        let exchange = exchange.map_err(|error| doubt(error.into(), number.is_some()))?;
        let mut exchange = if J::IS_KEPT { exchange.journalled() } else { exchange };
        let mut driver = Driver {
            transport: self.transport,
            wallet: &mut self.wallet,
            rng: &mut self.rng,
            delay: &mut self.delay,
            approval: &mut self.approval,
            journal: &mut self.journal,
            settings: &self.settings,
            number,
            connection: None,
            is_reused: false,
            buffer,
            received: 0..0,
        };
        let mut deadline = driver.delay.clone();
        let total = self.settings.timeouts.total;
        let driven =
            within(&mut deadline, total, pin!(driver.drive(&mut exchange))).await.flatten();
        let (number, payment_sent) = (driver.number, exchange.payment_sent());
        if let Err(error) = driven {
            self.take_back(number.filter(|_| !payment_sent)).await;
            return Err(doubt(error, payment_sent));
        }
        let Driver { connection, received, .. } = driver;
        Ok(Attempt { answer: exchange.finish()?, connection, received })
    }

    /// What was reserved and never sent is free again. Where that can't be written, it stays
    /// reserved, and is booked when it expires.
    async fn take_back(&mut self, number: Option<u32>) {
        let Some(number) = number else { return };
        let now = self.settings.now();
        let scratch = self.memory.exchange.scratch();
        if let Err(error) = self.journal.close(number, Verdict::NotSpent, now, scratch).await {
            warning!("x402: {}", error);
        }
    }
}

/// Once a payment was sent, whatever stops the exchange leaves it unknown whether it settles.
pub(super) fn doubt(error: Error, payment_sent: bool) -> Error {
    use client::Error::{Refused, Unknown};
    let error = match error {
        Error::Exchange(Refused(_) | Unknown(_)) => error,
        _ if payment_sent => Error::Exchange(Unknown(Doubt::NoAnswer)),
        _ => error,
    };
    warning!("x402: {}", error);
    error
}
