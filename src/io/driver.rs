//! Drives an exchange over a transport: does what it says, and tells it.

use core::ops::Range;

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use rand_core::TryCryptoRng;

#[cfg(feature = "solana")]
use super::json_rpc::JsonRpc;
use super::settings::Settings;
#[cfg(feature = "solana")]
use super::solana_rpc::SolanaRpc;
use super::timeout::within;
use super::{Error, Ledger, Transport, Wallet};
use crate::client;
#[cfg(feature = "solana")]
use crate::client::Doubt;
use crate::client::{Exchange, Step, Url};
use crate::journal::Reservation;
use crate::policy::Approve;
#[cfg(feature = "solana")]
use crate::signer::Ed25519Signer;
#[cfg(any(feature = "solana", feature = "evm"))]
use crate::signer::SignerError;
#[cfg(feature = "evm")]
use crate::signer::{RecoverableSignature, Secp256k1Signer};
use crate::sizes;
#[cfg(feature = "solana")]
use crate::solana::{Pubkey, Signature};

/// Everything that an exchange needs from outside.
pub(super) struct Driver<'d, 'c, T: Transport + 'c, W, R, D, A, J> {
    pub(super) transport: &'c T,
    pub(super) wallet: &'d mut W,
    pub(super) rng: &'d mut R,
    pub(super) delay: &'d mut D,
    pub(super) approval: &'d mut A,
    pub(super) journal: &'d mut J,
    pub(super) settings: &'d Settings<'c>,
    /// The payment's number in the journal.
    pub(super) number: Option<u32>,
    pub(super) connection: Option<T::Connection<'c>>,
    /// Whether the connection has carried a response already: it may have closed since.
    pub(super) is_reused: bool,
    pub(super) buffer: &'d mut [u8],
    pub(super) received: Range<usize>,
}

impl<'c, T, W, R, D, A, J> Driver<'_, 'c, T, W, R, D, A, J>
where
    T: Transport,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
    A: Approve,
    J: Ledger,
{
    /// Does what the exchange says until it is done.
    pub(super) async fn drive<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        loop {
            match exchange.step()? {
                Step::Transmit => self.transmit(exchange).await?,
                Step::Receive => self.receive(exchange).await?,
                Step::Approve(offer) => {
                    // Before anybody is asked to press a button for nothing.
                    self.journal.check_room()?;
                    let approved = self.approval.approve(&offer).await;
                    info!("x402: {} units asked, approved: {}", offer.amount.0, approved);
                    self.keep_connection(exchange.may_reuse_connection());
                    exchange.approve(approved)?;
                }
                Step::Reserve(reservation) => self.reserve(exchange, reservation).await?,
                Step::Record => self.record(exchange).await?,
                Step::Done => return Ok(()),
                #[cfg(feature = "solana")]
                Step::MintFacts { mint } => {
                    let facts = self.rpc()?.mint_facts(&mint).await?;
                    exchange.mint_facts(facts)?;
                }
                #[cfg(feature = "solana")]
                Step::Entropy => exchange.entropy(self.draw()?)?,
                #[cfg(feature = "solana")]
                Step::RecentBlockhash => {
                    let blockhash = self.rpc()?.latest_blockhash().await?;
                    exchange.recent_blockhash(blockhash)?;
                }
                #[cfg(feature = "solana")]
                Step::Sign { message } => {
                    let signature = self.sign(message).await?;
                    exchange.signature(&signature)?;
                }
                #[cfg(feature = "solana")]
                Step::VerifyReceipt { fee_payer, message, signature } => {
                    let verified = self.verify_receipt(&fee_payer, message, &signature).await?;
                    exchange.verified(verified)?;
                }
                #[cfg(feature = "evm")]
                Step::Time => exchange.time(self.settings.unix())?,
                #[cfg(feature = "evm")]
                Step::Nonce => exchange.nonce(self.draw()?)?,
                #[cfg(feature = "evm")]
                Step::SignDigest { digest } => {
                    let signature = self.sign_digest(&digest).await?;
                    exchange.recoverable_signature(&signature)?;
                }
            }
        }
    }

    async fn reserve<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
        reservation: Reservation,
    ) -> Result<(), Error> {
        let now = self.settings.now();
        self.number = Some(self.journal.reserve(&reservation, now, self.buffer).await?);
        Ok(exchange.reserved()?)
    }

    async fn record<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        let number = self.number.ok_or(client::Error::OutOfOrder)?;
        let mut signed = [0; sizes::SIGNED];
        let payment = exchange.recorded_payment(&mut signed)?;
        self.journal.record(number, &payment, self.buffer).await?;
        Ok(exchange.recorded()?)
    }

    /// Random bytes.
    #[cfg(any(feature = "solana", feature = "evm"))]
    fn draw<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.rng.try_fill_bytes(&mut bytes).map_err(|_| Error::Entropy)?;
        Ok(bytes)
    }

    #[cfg(feature = "solana")]
    async fn sign(&mut self, message: &[u8]) -> Result<Signature, Error> {
        let signer = self.wallet.solana().ok_or(SignerError::Unavailable)?;
        let signature = signer.sign(message).await?;
        if self.settings.checks.signatures {
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
    ) -> Result<bool, client::Error> {
        if !self.settings.checks.receipts {
            return Ok(true);
        }
        let unverified = client::Error::Unknown(Doubt::Unverified);
        let signer = self.wallet.solana().ok_or(unverified)?;
        let verified = signer.verify(fee_payer.as_bytes(), message, signature.as_bytes()).await;
        verified.map_err(|_| unverified)
    }

    #[cfg(feature = "evm")]
    async fn sign_digest(&mut self, digest: &[u8; 32]) -> Result<RecoverableSignature, Error> {
        let signer = self.wallet.evm().ok_or(SignerError::Unavailable)?;
        let signature = signer.sign_prehash(digest).await?;
        if self.settings.checks.signatures && !signer.verify_prehash(digest, &signature).await? {
            return Err(SignerError::Failed.into());
        }
        Ok(signature)
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
        let connected = within(self.delay, self.settings.timeouts.connect, connecting).await?;
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
        let written = within(self.delay, self.settings.timeouts.transfer, writing).await?;
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
        let spent = self.journal.spent(self.settings.now());
        self.received.start += exchange.receive_within(received, &spent)?;
        Ok(())
    }

    async fn receive_more<const ENTRY: usize>(
        &mut self,
        exchange: &mut Exchange<'_, ENTRY>,
    ) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else { return Ok(exchange.closed()?) };
        let paid = exchange.payment_sent();
        let timeout =
            if paid { self.settings.timeouts.settle } else { self.settings.timeouts.transfer };
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
        let url = self.settings.solana_rpc.ok_or(super::RpcError::NotConfigured)?;
        Ok(SolanaRpc(JsonRpc {
            transport: self.transport,
            delay: self.delay,
            timeouts: self.settings.timeouts,
            url,
            buffer: self.buffer,
        }))
    }
}
