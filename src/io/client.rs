//! The client: a policy, a wallet and a transport, and requests made with them.

use core::fmt;

use embedded_hal_async::delay::DelayNs;
use rand_core::TryCryptoRng;

use super::driver::{Checks, Driver};
use super::timeout::within;
use super::{Error, Response, Timeouts, Transport, Wallet};
use crate::client;
use crate::client::{Doubt, Exchange, Limits, Memory, Method, Outcome, Request};
use crate::policy::{Always, Approve, PaymentPolicy};
use crate::sizes;

/// The memory of a client: put it in a `static`.
///
/// `ENTRY` is the size of one entry of `accepts` ([`sizes::ENTRY`]); `BUFFER` that of the one
/// buffer for sending and receiving. An RPC node's answer must fit half of that buffer.
pub struct ClientMemory<const ENTRY: usize = { sizes::ENTRY }, const BUFFER: usize = 1024> {
    exchange: Memory<ENTRY>,
    buffer: [u8; BUFFER],
}

impl<const ENTRY: usize, const BUFFER: usize> ClientMemory<ENTRY, BUFFER> {
    /// Empty memory.
    pub const fn new() -> Self {
        const { assert!(BUFFER > 0, "the buffer of a client must hold something") };
        ClientMemory { exchange: Memory::new(), buffer: [0; BUFFER] }
    }
}

impl<const ENTRY: usize, const BUFFER: usize> fmt::Debug for ClientMemory<ENTRY, BUFFER> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientMemory").finish_non_exhaustive()
    }
}

impl<const ENTRY: usize, const BUFFER: usize> Default for ClientMemory<ENTRY, BUFFER> {
    fn default() -> Self {
        Self::new()
    }
}

/// Buys resources within a policy.
///
/// It makes one payment at most for each request, and remembers none: not across calls, nor dropped
/// futures, nor resets. Mind `with_timeout(..., client.get(url))`: a future that is dropped after the
/// payment was sent leaves unknown whether it settles, without a word. Set [`Timeouts::total`]
/// instead.
pub struct Client<
    'c,
    T,
    W,
    R,
    D,
    A = Always,
    const ENTRY: usize = { sizes::ENTRY },
    const BUFFER: usize = 1024,
> {
    transport: &'c T,
    policy: &'c PaymentPolicy<'c>,
    wallet: W,
    rng: R,
    delay: D,
    approval: A,
    solana_rpc: Option<&'c str>,
    clock: Option<&'c dyn Fn() -> Option<u64>>,
    timeouts: Timeouts,
    limits: Limits,
    checks: Checks,
    memory: &'c mut ClientMemory<ENTRY, BUFFER>,
}

impl<'c, T, W, R, D, const ENTRY: usize, const BUFFER: usize>
    Client<'c, T, W, R, D, Always, ENTRY, BUFFER>
where
    T: Transport,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
{
    /// A client that pays whatever `policy` allows, from `wallet`.
    ///
    /// `rng` must be a true source of randomness or seeded from one; `delay` measures timeouts.
    pub fn new(
        transport: &'c T,
        policy: &'c PaymentPolicy<'c>,
        wallet: W,
        rng: R,
        delay: D,
        memory: &'c mut ClientMemory<ENTRY, BUFFER>,
    ) -> Self {
        Client {
            transport,
            policy,
            wallet,
            rng,
            delay,
            approval: Always,
            solana_rpc: None,
            clock: None,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            checks: Checks { receipts: true, signatures: false },
            memory,
        }
    }
}

impl<'c, T, W, R, D, A, const ENTRY: usize, const BUFFER: usize>
    Client<'c, T, W, R, D, A, ENTRY, BUFFER>
where
    T: Transport,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
    A: Approve,
{
    /// Asks for approval before each payment.
    #[must_use]
    pub fn with_approval<B: Approve>(
        self,
        approval: B,
    ) -> Client<'c, T, W, R, D, B, ENTRY, BUFFER> {
        Client {
            transport: self.transport,
            policy: self.policy,
            wallet: self.wallet,
            rng: self.rng,
            delay: self.delay,
            approval,
            solana_rpc: self.solana_rpc,
            clock: self.clock,
            timeouts: self.timeouts,
            limits: self.limits,
            checks: self.checks,
            memory: self.memory,
        }
    }

    /// Asks this Solana RPC node for what sellers don't supply: a recent blockhash, and the
    /// decimals and program of mints that the policy gives no standard for.
    #[must_use]
    pub fn with_solana_rpc(self, url: &'c str) -> Self {
        Client { solana_rpc: Some(url), ..self }
    }

    /// Takes the time for payments on EVM chains from this clock, in Unix seconds; without one, or
    /// where it says `None`, from the seller's `Date`.
    ///
    /// By that date the seller decides until when a payment that it has refused, or not answered,
    /// can still be settled: a clock is worth having. However late, it settles once, for its price.
    #[must_use]
    pub fn with_clock(self, clock: &'c dyn Fn() -> Option<u64>) -> Self {
        Client { clock: Some(clock), ..self }
    }

    /// Waits so long.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Client { timeouts, ..self }
    }

    /// Reads so much.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Client { limits, ..self }
    }

    /// Takes the seller's word for a receipt's transaction, and saves the time of a signature
    /// verification: two to three times that of signing.
    #[must_use]
    pub fn trusting_receipts(self) -> Self {
        Client { checks: Checks { receipts: false, ..self.checks }, ..self }
    }

    /// Verifies the device's own signature before a payment is sent: against faults of the signer,
    /// or a secure element that is set up with another public key. It takes two to three times as
    /// long as signing. On Solana only: on EVM chains such a signature is another address's, and
    /// moves nothing of the device's.
    #[must_use]
    pub fn verifying_signatures(self) -> Self {
        Client { checks: Checks { signatures: true, ..self.checks }, ..self }
    }

    /// Buys a resource by `GET`.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn get(&mut self, url: &str) -> Result<Response<'_, T::Connection<'c>, D>, Error> {
        self.send(&Request::new(Method::Get, url)).await
    }

    /// Makes a request, pays for it if the seller asks and the policy allows, and answers with the
    /// response: its head has been read, its body not yet.
    ///
    /// Redirects are answered like any other response, never followed.
    ///
    /// # Errors
    /// [`Error`]; where [`Error::unsettled`] says so, money may move all the same.
    pub async fn send(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Response<'_, T::Connection<'c>, D>, Error> {
        let payer = self.wallet.payer();
        let exchange_memory = &mut self.memory.exchange;
        let mut exchange =
            Exchange::new(request, self.policy, payer, self.limits, exchange_memory)?;
        let mut driver = Driver {
            transport: self.transport,
            wallet: &mut self.wallet,
            rng: &mut self.rng,
            delay: &mut self.delay,
            approval: &mut self.approval,
            solana_rpc: self.solana_rpc,
            clock: self.clock,
            timeouts: self.timeouts,
            checks: self.checks,
            connection: None,
            is_reused: false,
            buffer: &mut self.memory.buffer,
            received: 0..0,
        };
        let mut deadline = driver.delay.clone();
        let driving = driver.drive(&mut exchange);
        let driven = within(&mut deadline, self.timeouts.total, driving).await.flatten();
        driven.map_err(|error| doubt(error, exchange.payment_sent()))?;
        let answer = exchange.finish()?;
        tell(&answer.outcome);
        let Driver { connection, received, delay, buffer, .. } = driver;
        let timeout = self.timeouts.transfer;
        Ok(Response { answer, connection, delay, timeout, buffer, received })
    }
}

fn tell(outcome: &Outcome) {
    match outcome {
        Outcome::NotPaid => {}
        Outcome::Settled(receipt) => info!("x402: settled in {}", receipt.transaction.as_str()),
        Outcome::Unknown(doubt) => warning!("x402: paid or not, that is unknown: {}", doubt),
    }
}

/// Once a payment was sent, whatever stops the exchange leaves it unknown whether it settles.
fn doubt(error: Error, payment_sent: bool) -> Error {
    use client::Error::{Refused, Unknown};
    let error = match error {
        Error::Exchange(Refused(_) | Unknown(_)) => error,
        _ if payment_sent => Error::Exchange(Unknown(Doubt::NoAnswer)),
        _ => error,
    };
    warning!("x402: {}", error);
    error
}
