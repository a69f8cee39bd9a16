//! The client: a policy, a wallet and a transport, and requests made with them.

use core::fmt;
use core::pin::pin;

use embedded_hal_async::delay::DelayNs;
use rand_core::TryCryptoRng;

use super::attempt::{Attempt, doubt};
use super::settings::{Checks, Settings};
use super::timeout::within;
use super::{Error, Ledger, NoJournal, Notice, Response, Timeouts, Transport, Wallet};
use crate::client;
use crate::client::{CheckedRequest, Limits, Memory, Method, Outcome, Request};
use crate::journal::{Books, Journal};
use crate::policy::{Always, Approve, PaymentPolicy};
use crate::sizes;

/// The memory of a client: put it in a `static`.
///
/// `ENTRY` is the size of one entry of `accepts` ([`sizes::ENTRY`]); `BUFFER` that of the one
/// buffer for sending and receiving.
pub struct ClientMemory<const ENTRY: usize = { sizes::ENTRY }, const BUFFER: usize = 1024> {
    pub(super) exchange: Memory<ENTRY>,
    pub(super) buffer: [u8; BUFFER],
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
/// It makes one payment at most for each request. With a [journal](Self::with_journal) it remembers
/// the payments in flight and what was spent, across calls, dropped futures and resets. Without one,
/// mind `with_timeout(..., client.get(url))`: a future that is dropped after the
/// payment was sent leaves unknown whether it settles, without a word. Set [`Timeouts::total`]
/// instead.
pub struct Client<
    'c,
    T,
    W,
    R,
    D,
    A = Always,
    J = NoJournal,
    const ENTRY: usize = { sizes::ENTRY },
    const BUFFER: usize = 1024,
> {
    pub(super) transport: &'c T,
    pub(super) policy: &'c PaymentPolicy<'c>,
    pub(super) wallet: W,
    pub(super) rng: R,
    pub(super) delay: D,
    pub(super) approval: A,
    pub(super) journal: J,
    pub(super) settings: Settings<'c>,
    pub(super) memory: &'c mut ClientMemory<ENTRY, BUFFER>,
}

impl<'c, T, W, R, D, const ENTRY: usize, const BUFFER: usize>
    Client<'c, T, W, R, D, Always, NoJournal, ENTRY, BUFFER>
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
            journal: NoJournal,
            settings: Settings::default(),
            memory,
        }
    }
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
    /// Asks for approval before each payment.
    #[must_use]
    pub fn with_approval<B: Approve>(
        self,
        approval: B,
    ) -> Client<'c, T, W, R, D, B, J, ENTRY, BUFFER> {
        Client {
            transport: self.transport,
            policy: self.policy,
            wallet: self.wallet,
            rng: self.rng,
            delay: self.delay,
            approval,
            journal: self.journal,
            settings: self.settings,
            memory: self.memory,
        }
    }

    /// Keeps payments in flight and what was spent in a journal, and holds the policy's budgets by
    /// it. `uptime` tells seconds that pass evenly while the device is on, from any start.
    ///
    /// A request whose payment got no answer that holds is then made again, with the same payment,
    /// until the payment expires: within this call as long as [`Timeouts::total`] allows, and in the
    /// next call for the same request.
    #[must_use]
    pub fn with_journal<S, const WINDOWS: usize, const OPEN: usize>(
        self,
        journal: &'c mut Journal<S, WINDOWS, OPEN>,
        uptime: &'c dyn Fn() -> u64,
    ) -> Client<'c, T, W, R, D, A, &'c mut Journal<S, WINDOWS, OPEN>, ENTRY, BUFFER> {
        const {
            // What is recorded of a payment is its entry, and little more.
            assert!(
                ENTRY <= sizes::ENTRY,
                "a journal has no room for the record of a larger entry"
            );
            let books = Books::<WINDOWS, OPEN>::MAX_LEN;
            assert!(books <= ENTRY && books <= BUFFER, "give ClientMemory room for the books");
            assert!(sizes::RECORD <= BUFFER, "give ClientMemory a buffer for a record");
        }
        Client {
            transport: self.transport,
            policy: self.policy,
            wallet: self.wallet,
            rng: self.rng,
            delay: self.delay,
            approval: self.approval,
            journal,
            settings: Settings { uptime, ..self.settings },
            memory: self.memory,
        }
    }

    /// Tells what becomes of payments in the journal, while a request goes on.
    #[must_use]
    pub fn with_notices(self, notices: &'c dyn Fn(Notice)) -> Self {
        let settings = Settings { notices, ..self.settings };
        Client { settings, ..self }
    }

    /// Asks this Solana RPC node for what sellers don't supply: a recent blockhash, and the
    /// decimals and program of mints that the policy gives no standard for.
    ///
    /// With a [journal](Self::with_journal) it is also asked what became of a payment that expired.
    /// Its word decides whether that amount is free again, so let it be a node that you trust. One
    /// that is merely behind does no harm, as long as its clock (`Date`) or that of the device
    /// ([`with_clock`](Self::with_clock)) is right.
    #[must_use]
    pub fn with_solana_rpc(self, url: &'c str) -> Self {
        let settings = Settings { solana_rpc: Some(url), ..self.settings };
        Client { settings, ..self }
    }

    /// Asks this node of an EVM chain what became of a payment that expired: whether the token's
    /// contract has seen the authorization. It is asked with a [journal](Self::with_journal) only.
    /// Its word decides whether that amount is free again, so let it be a node that you trust; one
    /// that is merely behind, or of another chain, does no harm.
    #[must_use]
    pub fn with_evm_rpc(self, url: &'c str) -> Self {
        let settings = Settings { evm_rpc: Some(url), ..self.settings };
        Client { settings, ..self }
    }

    /// Takes the time for payments on EVM chains from this clock, in Unix seconds, or from the seller's
    /// `Date` if that is earlier; without a clock, or where it says `None`, from the `Date` alone.
    ///
    /// By that date the seller decides until when a payment that it has refused, or not answered,
    /// can still be settled: a clock is worth having. However late, it settles once, for its price.
    #[must_use]
    pub fn with_clock(self, clock: &'c dyn Fn() -> Option<u64>) -> Self {
        let settings = Settings { clock: Some(clock), ..self.settings };
        Client { settings, ..self }
    }

    /// Waits so long.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        let settings = Settings { timeouts, ..self.settings };
        Client { settings, ..self }
    }

    /// Reads so much.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        let settings = Settings { limits, ..self.settings };
        Client { settings, ..self }
    }

    /// Takes the seller's word for a receipt's transaction, and saves the time of a signature
    /// verification: two to three times that of signing.
    #[must_use]
    pub fn trusting_receipts(self) -> Self {
        let checks = Checks { receipts: false, ..self.settings.checks };
        let settings = Settings { checks, ..self.settings };
        Client { settings, ..self }
    }

    /// Verifies the device's own signature before a payment is sent: against faults of the signer,
    /// from which its key can be computed, or a secure element that is set up with another public
    /// key. It takes two to three times as long as signing on Solana, and about as long on EVM chains,
    /// where it wants the feature `k256` or a signer that verifies by itself: see
    /// [`Secp256k1Signer::verify_prehash`](crate::signer::Secp256k1Signer::verify_prehash).
    #[must_use]
    pub fn verifying_signatures(self) -> Self {
        let checks = Checks { signatures: true, ..self.settings.checks };
        let settings = Settings { checks, ..self.settings };
        Client { settings, ..self }
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
        let checked = CheckedRequest::new(request).map_err(client::Error::from)?;
        let attempt = if J::IS_KEPT {
            let (mut deadline, total) = (self.delay.clone(), self.settings.timeouts.total);
            let key = checked.key();
            let paid =
                within(&mut deadline, total, pin!(self.pay_once(request, key))).await.flatten();
            let is_open = || self.journal.unsettled(checked.key()).is_some();
            match paid {
                Err(Error::Timeout) => return Err(doubt(Error::Timeout, is_open())),
                paid => paid?,
            }
        } else {
            self.attempt(request, None).await?
        };
        Ok(self.response(attempt))
    }

    fn response(
        &mut self,
        attempt: Attempt<T::Connection<'c>>,
    ) -> Response<'_, T::Connection<'c>, D> {
        let Attempt { answer, connection, received } = attempt;
        tell(&answer.outcome);
        let timeout = self.settings.timeouts.transfer;
        let (delay, buffer) = (&mut self.delay, &mut self.memory.buffer);
        Response { answer, connection, delay, timeout, buffer, received }
    }
}

fn tell(outcome: &Outcome) {
    match outcome {
        Outcome::NotPaid => {}
        Outcome::Settled(receipt) => info!("x402: settled in {}", receipt.transaction.as_str()),
        Outcome::Unknown(doubt) => warning!("x402: paid or not, that is unknown: {}", doubt),
    }
}
