//! A payment that goes into a journal before it is sent, and one that comes out of it.

use super::{Exchange, Limits, Payer, State};
#[cfg(feature = "evm")]
use crate::client::evm_payment::{self, EvmStage};
use crate::client::head::HeadReader;
use crate::client::outcome::Error;
use crate::client::request::Request;
use crate::client::selection::Memory;
#[cfg(feature = "solana")]
use crate::client::solana_payment::{self, Stage};
use crate::journal::{AssetKey, RecordedPayment, RequestKey, Reservation};
use crate::policy::PaymentPolicy;
use crate::wire::Network;

impl<'r, const ENTRY: usize> Exchange<'r, ENTRY> {
    /// Reserves and records the payment in a journal before it is sent: the exchange then asks for
    /// [`Step::Reserve`](super::Step::Reserve) and [`Step::Record`](super::Step::Record).
    #[must_use]
    pub fn journalled(mut self) -> Self {
        self.is_journalled = true;
        self
    }

    /// What the request is recognised by.
    pub fn request_key(&self) -> RequestKey {
        self.request.key()
    }

    /// Begins where a recorded payment is sent: the same bytes again, on a new connection. What the
    /// seller answers can settle it or leave it unknown, never refuse it: the first copy may have
    /// settled.
    ///
    /// # Errors
    /// [`Error::Request`] if the request can't be made, [`Error::Scheme`] or [`Error::OutOfOrder`]
    /// if the record is not one of this payer's, or of another build of the crate.
    pub fn resume(
        request: &Request<'r>,
        policy: &'r PaymentPolicy<'r>,
        payer: Payer,
        limits: Limits,
        memory: &'r mut Memory<ENTRY>,
        recorded: &RecordedPayment<'_>,
    ) -> Result<Self, Error> {
        let mut exchange = Exchange::new(request, policy, payer, limits, memory)?;
        exchange.selection.restore(recorded, exchange.memory)?;
        exchange.is_chosen = true;
        exchange.identifier = recorded.identifier;
        exchange.rebuild(recorded)?;
        exchange.payment_sent = true;
        exchange.sent_again = true;
        exchange.head = HeadReader::new();
        exchange.state = State::SendingPayment;
        Ok(exchange)
    }

    /// Takes note that the amount is reserved.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if that was not asked for.
    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(unreachable_code))]
    pub fn reserved(&mut self) -> Result<(), Error> {
        self.state = match self.state {
            #[cfg(feature = "solana")]
            State::Solana(Stage::Reserving) => State::Solana(Stage::Signing),
            #[cfg(feature = "evm")]
            State::Evm(EvmStage::Reserving { .. }) => State::Evm(EvmStage::Signing),
            _ => return Err(Error::OutOfOrder),
        };
        Ok(())
    }

    /// The answer to [`Step::Record`](super::Step::Record): what the payment can be made from again.
    /// `signed` must hold [`sizes::SIGNED`](crate::sizes::SIGNED) bytes.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn recorded_payment<'s>(
        &'s self,
        signed: &'s mut [u8],
    ) -> Result<RecordedPayment<'s>, Error> {
        let best = self.best_if(matches!(self.state, State::Recording))?;
        let length = self.write_signed(best.network, signed)?;
        Ok(RecordedPayment {
            version: best.version,
            network: best.network,
            amount: best.rank.amount.0,
            identifier: self.identifier,
            entry: self.entry(),
            signed: signed.get(..length).ok_or(Error::OutOfOrder)?,
        })
    }

    /// Takes note that the payment is recorded. From here on it can be given out.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if that was not asked for.
    pub fn recorded(&mut self) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Recording))?;
        self.state = State::SendingPayment;
        Ok(())
    }

    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(dead_code))]
    pub(super) fn reservation(&self, lifetime: u32) -> Result<Reservation, Error> {
        let best = self.best().ok_or(Error::OutOfOrder)?;
        let rule = self.policy.rules.get(usize::from(best.rank.rule)).ok_or(Error::OutOfOrder)?;
        Ok(Reservation {
            request: self.request_key(),
            asset: AssetKey::new(&rule.asset),
            amount: best.rank.amount.0,
            lifetime,
        })
    }

    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(unused_variables))]
    fn write_signed(&self, network: Network, out: &mut [u8]) -> Result<usize, Error> {
        match network {
            #[cfg(feature = "evm")]
            Network::Eip155(_) => evm_payment::copy(self.stored(), out),
            #[cfg(feature = "solana")]
            _ if network.is_solana() => {
                let payment = self.solana.as_ref().ok_or(Error::OutOfOrder)?;
                let sequence = self.memory.sequence.wrapping_sub(1);
                let source = self.memory.token_accounts.last_own().ok_or(Error::OutOfOrder)?;
                solana_payment::write(payment, self.transaction(), &source, sequence, out)
            }
            _ => Err(Error::OutOfOrder),
        }
    }

    /// Makes the payment again, byte for byte.
    fn rebuild(&mut self, recorded: &RecordedPayment<'_>) -> Result<(), Error> {
        match recorded.network {
            #[cfg(feature = "evm")]
            Network::Eip155(_) => {
                let (_, buffer) = self.selection.split_entries(self.memory);
                evm_payment::copy(recorded.signed, buffer)?;
                let from = evm_payment::load(self.stored()).map(|payment| payment.from);
                from.filter(|from| self.payer.evm == Some(*from)).ok_or(Error::OutOfOrder)?;
                Ok(())
            }
            #[cfg(feature = "solana")]
            network if network.is_solana() => {
                let payer = self.payer.solana.ok_or(Error::OutOfOrder)?;
                let (entry, buffer, accounts) = self.selection.split(self.memory);
                let payment =
                    solana_payment::rebuild(recorded.signed, payer, entry, buffer, accounts)?;
                self.solana = Some(payment);
                Ok(())
            }
            _ => Err(Error::OutOfOrder),
        }
    }
}

#[cfg(all(test, feature = "solana", feature = "evm", feature = "k256"))]
mod tests;
