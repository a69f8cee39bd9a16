//! The client: drives an exchange over a transport.

use core::fmt;
use core::ops::Range;

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use rand_core::TryCryptoRng;

#[cfg(feature = "solana")]
use super::solana_rpc::SolanaRpc;
use super::timeout::within;
use super::{Error, Response, Timeouts, Transport, Wallet};
use crate::client;
use crate::client::{Doubt, Exchange, Limits, Memory, Method, Outcome, Request, Step, Url};
use crate::policy::{Always, Approve, PaymentPolicy};
#[cfg(feature = "solana")]
use crate::signer::Ed25519Signer;
#[cfg(feature = "evm")]
use crate::signer::Secp256k1Signer;
#[cfg(any(feature = "solana", feature = "evm"))]
use crate::signer::SignerError;
use crate::sizes;
#[cfg(feature = "solana")]
use crate::solana::{Pubkey, Signature};

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
    /// long as signing.
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

/// Which signatures are verified.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "solana"), expect(dead_code, reason = "no network to pay on"))]
struct Checks {
    /// The fee payer's, in the receipt.
    receipts: bool,
    /// The device's own.
    signatures: bool,
}

/// Everything that an exchange needs from outside.
#[cfg_attr(not(feature = "solana"), expect(dead_code, reason = "no network to pay on"))]
struct Driver<'d, 'c, T: Transport + 'c, W, R, D, A> {
    transport: &'c T,
    wallet: &'d mut W,
    rng: &'d mut R,
    delay: &'d mut D,
    approval: &'d mut A,
    solana_rpc: Option<&'c str>,
    #[cfg_attr(not(feature = "evm"), expect(dead_code, reason = "Solana needs no clock"))]
    clock: Option<&'c dyn Fn() -> Option<u64>>,
    timeouts: Timeouts,
    checks: Checks,
    connection: Option<T::Connection<'c>>,
    /// Whether the connection has carried a response already: it may have closed since.
    is_reused: bool,
    buffer: &'d mut [u8],
    received: Range<usize>,
}

impl<'c, T, W, R, D, A> Driver<'_, 'c, T, W, R, D, A>
where
    T: Transport,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
    A: Approve,
{
    async fn drive<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        loop {
            match exchange.step()? {
                Step::Transmit => self.transmit(exchange).await?,
                Step::Receive => self.receive(exchange).await?,
                Step::Approve(offer) => {
                    let approved = self.approval.approve(&offer).await;
                    info!("x402: {} units asked, approved: {}", offer.amount.0, approved);
                    self.keep_connection(exchange.may_reuse_connection());
                    exchange.approve(approved)?;
                }
                Step::Done => return Ok(()),
                #[cfg(feature = "evm")]
                Step::Time | Step::Nonce | Step::SignDigest { .. } => {
                    self.pay_on_evm(exchange).await?;
                }
                #[cfg(feature = "solana")]
                _ => self.pay_on_solana(exchange).await?,
            }
        }
    }

    #[cfg(feature = "solana")]
    async fn pay_on_solana<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        match exchange.step()? {
            Step::MintFacts { mint } => {
                let facts = self.rpc()?.mint_facts(&mint).await?;
                exchange.mint_facts(facts)?;
            }
            Step::Entropy => {
                let mut entropy = [0; 16];
                self.rng.try_fill_bytes(&mut entropy).map_err(|_| Error::Entropy)?;
                exchange.entropy(entropy)?;
            }
            Step::RecentBlockhash => {
                let blockhash = self.rpc()?.latest_blockhash().await?;
                exchange.recent_blockhash(blockhash)?;
            }
            Step::Sign { message } => {
                let signature = self.sign(message).await?;
                exchange.signature(&signature)?;
            }
            Step::VerifyReceipt { fee_payer, message, signature } => {
                let verified = self.verify_receipt(&fee_payer, message, &signature).await;
                exchange
                    .verified(verified.map_err(|_| client::Error::Unknown(Doubt::Unverified))?)?;
            }
            _ => return Err(client::Error::OutOfOrder.into()),
        }
        Ok(())
    }

    #[cfg(feature = "solana")]
    async fn sign(&mut self, message: &[u8]) -> Result<Signature, Error> {
        let signer = self.wallet.solana().ok_or(SignerError::Unavailable)?;
        let signature = signer.sign(message).await?;
        if self.checks.signatures {
            let public_key = signer.public_key();
            if !signer.verify(&public_key, message, &signature).await? {
                return Err(SignerError::Failed.into());
            }
        }
        Ok(Signature::new(signature))
    }

    #[cfg(feature = "solana")]
    async fn verify_receipt(
        &mut self,
        fee_payer: &Pubkey,
        message: &[u8],
        signature: &Signature,
    ) -> Result<bool, SignerError> {
        if !self.checks.receipts {
            return Ok(true);
        }
        let signer = self.wallet.solana().ok_or(SignerError::Unavailable)?;
        signer.verify(fee_payer.as_bytes(), message, signature.as_bytes()).await
    }

    #[cfg(feature = "evm")]
    async fn pay_on_evm<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        match exchange.step()? {
            Step::Time => exchange.time(self.clock.and_then(|now| now()))?,
            Step::Nonce => {
                let mut nonce = [0; 32];
                self.rng.try_fill_bytes(&mut nonce).map_err(|_| Error::Entropy)?;
                exchange.nonce(nonce)?;
            }
            Step::SignDigest { digest } => {
                let signer = self.wallet.evm().ok_or(SignerError::Unavailable)?;
                let signature = signer.sign_prehash(&digest).await?;
                exchange.recoverable_signature(&signature)?;
            }
            _ => return Err(client::Error::OutOfOrder.into()),
        }
        Ok(())
    }

    async fn transmit<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        if self.connection.is_none() {
            self.connect(exchange.url()).await?;
        }
        self.received = 0..0;
        let length = exchange.transmit(self.buffer);
        let is_last = length < self.buffer.len();
        let written = self.write(length, is_last).await?;
        match written {
            Ok(()) => {}
            Err(_) if self.is_reused && exchange.may_retransmit() => self.transmit_again(exchange),
            Err(_) => exchange.transmit_failed(),
        }
        Ok(())
    }

    async fn connect(&mut self, url: &Url<'_>) -> Result<(), Error> {
        let connecting = self.transport.connect(url);
        let connected = within(self.delay, self.timeouts.connect, connecting).await?;
        self.connection = Some(connected?);
        self.is_reused = false;
        Ok(())
    }

    /// Writes the front of the buffer; what the connection makes of it is the inner result.
    async fn write(
        &mut self,
        length: usize,
        is_last: bool,
    ) -> Result<Result<(), ErrorKind>, Error> {
        let text = self.buffer.get(..length).unwrap_or_default();
        let Some(connection) = &mut self.connection else { return Ok(Err(ErrorKind::Other)) };
        let writing = async {
            connection.write_all(text).await?;
            if is_last { connection.flush().await } else { Ok(()) }
        };
        let written = within(self.delay, self.timeouts.transfer, writing).await?;
        Ok(written.map_err(|error| error.kind()))
    }

    async fn receive<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        if self.received.is_empty() {
            return self.receive_more(exchange).await;
        }
        let received = self.buffer.get(self.received.clone()).unwrap_or_default();
        self.received.start += exchange.receive(received)?;
        Ok(())
    }

    async fn receive_more<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else { return Ok(exchange.closed()?) };
        let paid = exchange.payment_sent();
        let timeout = if paid { self.timeouts.settle } else { self.timeouts.transfer };
        match within(self.delay, timeout, connection.read(self.buffer)).await {
            Ok(Ok(length @ 1..)) => self.received = 0..length,
            Ok(_) if self.is_reused && exchange.may_retransmit() => self.transmit_again(exchange),
            Ok(Ok(0)) => self.connection = None,
            _ if exchange.is_draining() => self.connection = None,
            Ok(Err(error)) => return Err(Error::Transport(error.kind())),
            Err(timeout) => return Err(timeout),
        }
        Ok(())
    }

    /// The kept connection had closed: the same bytes go out on a new one.
    fn transmit_again<const ENTRY: usize>(&mut self, exchange: &mut Exchange<'_, ENTRY>) {
        self.connection = None;
        exchange.retransmit();
    }

    /// Keeps the connection for the paid request, if the seller does and has sent nothing beyond
    /// its response.
    fn keep_connection(&mut self, keep: bool) {
        self.is_reused = keep && self.received.is_empty() && self.connection.is_some();
        if !self.is_reused {
            self.connection = None;
        }
    }

    /// A node to ask. The connection to the seller is closed for it, so that one socket is enough.
    #[cfg(feature = "solana")]
    fn rpc(&mut self) -> Result<SolanaRpc<'_, T, D>, Error> {
        self.connection = None;
        let url = self.solana_rpc.ok_or(super::RpcError::NotConfigured)?;
        Ok(SolanaRpc {
            transport: self.transport,
            delay: self.delay,
            timeouts: self.timeouts,
            url,
            buffer: self.buffer,
        })
    }
}
