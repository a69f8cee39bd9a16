//! The state machine.

mod answer;
mod challenge;
#[cfg(feature = "evm")]
mod evm;
mod journalled;
mod payment;
mod reason;
#[cfg(feature = "solana")]
mod solana;
mod step;

pub use step::Step;

use answer::unreadable;
use reason::SaidIn;

use core::fmt;

use super::answer::Reading;
#[cfg(feature = "evm")]
use super::evm_payment::EvmStage;
use super::head::{HeadReader, ResponseError, ResponseHead};
use super::limits::Limits;
use super::outcome::{Doubt, Error, Outcome};
use super::payer::Payer;
use super::request::{CheckedRequest, Request};
use super::selection::{Best, Memory, Selection};
#[cfg(feature = "solana")]
use super::solana_payment::{SolanaPayment, Stage};
use super::url::Url;
use crate::codec::http::BodyDecoder;
use crate::policy::{NotCounted, Offer, PaymentPolicy, Refusal, Spending};
use crate::sizes;
use crate::wire::{Network, PaymentRequirements};

/// The answer to a request, but for its body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What the response says before its body.
    pub head: ResponseHead,
    /// What became of the money.
    pub outcome: Outcome,
    /// Takes the framing off the body.
    pub body: BodyDecoder,
}

/// One request and its payment.
///
/// Its `Debug` shows neither the request's header values nor what was signed.
pub struct Exchange<'r, const ENTRY: usize = { sizes::ENTRY }> {
    request: CheckedRequest<'r>,
    policy: &'r PaymentPolicy<'r>,
    payer: Payer,
    limits: Limits,
    memory: &'r mut Memory<ENTRY>,
    state: State,
    /// Bytes of the request that have been given out.
    sent: usize,
    payment_sent: bool,
    /// The payment went out twice: a refusal of the second copy says nothing of the first.
    sent_again: bool,
    may_reuse_connection: bool,
    /// Whether the payment goes into a journal before it is sent.
    is_journalled: bool,
    /// Whether the seller offers to tell payments apart by an identifier, and requires it.
    identifier: Option<bool>,
    head: HeadReader,
    reading: Reading,
    selection: Selection,
    /// Whether the best entry has been chosen for payment.
    is_chosen: bool,
    #[cfg(feature = "solana")]
    solana: Option<SolanaPayment>,
    /// Whether the fee payer's signature in the receipt is genuine.
    #[cfg(feature = "solana")]
    is_verified: bool,
}

#[derive(Debug, Clone)]
enum State {
    Sending,
    ReadingHead,
    /// The body carries the challenge; so many bytes of it may come yet.
    ReadingChallenge(BodyDecoder, u32),
    /// The body is of no interest; so many bytes of it may come yet.
    Draining(BodyDecoder, u32),
    Approving,
    #[cfg(feature = "solana")]
    Solana(Stage),
    #[cfg(feature = "evm")]
    Evm(EvmStage),
    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(dead_code))]
    Recording,
    SendingPayment,
    ReadingAnswer,
    /// The body of a refusal may say why; so many bytes of it may come yet.
    ReadingReason(BodyDecoder, u32),
    Done,
    /// An error was answered: nothing more is read or paid.
    Failed,
}

impl<const ENTRY: usize> fmt::Debug for Exchange<'_, ENTRY> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("request", &self.request)
            .field("state", &self.state)
            .field("payment_sent", &self.payment_sent)
            .finish_non_exhaustive()
    }
}

impl<'r, const ENTRY: usize> Exchange<'r, ENTRY> {
    /// Begins a request that may cost what `policy` allows.
    ///
    /// # Errors
    /// [`Error::Request`] if it can't be made.
    pub fn new(
        request: &Request<'r>,
        policy: &'r PaymentPolicy<'r>,
        payer: Payer,
        limits: Limits,
        memory: &'r mut Memory<ENTRY>,
    ) -> Result<Self, Error> {
        Ok(Exchange {
            request: CheckedRequest::new(request)?,
            policy,
            payer,
            limits,
            memory,
            state: State::Sending,
            sent: 0,
            payment_sent: false,
            sent_again: false,
            may_reuse_connection: false,
            is_journalled: false,
            identifier: None,
            head: HeadReader::new(),
            reading: Reading::Nothing,
            selection: Selection::new(),
            is_chosen: false,
            #[cfg(feature = "solana")]
            solana: None,
            #[cfg(feature = "solana")]
            is_verified: false,
        })
    }

    /// What to do next. It changes nothing: asked twice, it says the same, and works it out again.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`], if the exchange was used after it failed.
    pub fn step(&self) -> Result<Step<'_>, Error> {
        // What a step takes much stack to work out is a function that is not inlined, so that a
        // step's frame does not hold all of them at once.
        Ok(match &self.state {
            State::Sending | State::SendingPayment => Step::Transmit,
            State::ReadingHead
            | State::ReadingChallenge(..)
            | State::Draining(..)
            | State::ReadingAnswer
            | State::ReadingReason(..) => Step::Receive,
            State::Approving => Step::Approve(self.offer()?),
            #[cfg(feature = "solana")]
            State::Solana(stage) => self.solana_step(stage)?,
            #[cfg(feature = "evm")]
            State::Evm(stage) => self.evm_step(stage)?,
            State::Recording => Step::Record,
            State::Done => Step::Done,
            State::Failed => return Err(Error::OutOfOrder),
        })
    }

    /// Where the request goes. The paid request goes to the same URL, whatever the seller says.
    pub fn url(&self) -> &Url<'r> {
        self.request.url()
    }

    /// The network that is being paid on.
    pub fn network(&self) -> Option<Network> {
        self.best().map(|best| best.network)
    }

    /// Whether a signed payment has been given out: from then on a failure leaves it unknown
    /// whether money moves.
    pub fn payment_sent(&self) -> bool {
        self.payment_sent
    }

    /// Whether the connection of the first response can carry the paid request.
    pub fn may_reuse_connection(&self) -> bool {
        self.may_reuse_connection
    }

    /// Fills `out`, which must not be empty, with the next bytes of the request; answers how many.
    /// Call it until
    /// [`step`](Self::step) says something else.
    pub fn transmit(&mut self, out: &mut [u8]) -> usize {
        let paying = match self.state {
            State::Sending => false,
            State::SendingPayment => true,
            _ => return 0,
        };
        self.payment_sent |= paying;
        let payment = if paying { self.payment() } else { None };
        let written = self.request.with_text(payment.as_ref(), |text| text.read(self.sent, out));
        self.sent += written;
        if written < out.len() {
            self.begin_to_read(if paying { State::ReadingAnswer } else { State::ReadingHead });
        }
        written
    }

    /// Whether [`retransmit`](Self::retransmit) is possible: the payment was sent, and not a byte
    /// of an answer came.
    pub fn may_retransmit(&self) -> bool {
        match self.state {
            State::SendingPayment => true,
            State::ReadingAnswer => self.head.is_empty(),
            _ => false,
        }
    }

    /// Begins to send the paid request again, the same bytes, for a new connection: for when a
    /// kept connection turns out to be closed. One payment sent twice settles once.
    pub fn retransmit(&mut self) {
        if self.may_retransmit() {
            self.sent = 0;
            self.sent_again = true;
            self.state = State::SendingPayment;
        }
    }

    /// Takes note that the rest of the request can't be sent. The seller may have answered before it
    /// had read all of it: receive what there is.
    pub fn transmit_failed(&mut self) {
        match self.state {
            State::Sending => self.begin_to_read(State::ReadingHead),
            State::SendingPayment => self.begin_to_read(State::ReadingAnswer),
            _ => {}
        }
    }

    fn begin_to_read(&mut self, state: State) {
        self.head = HeadReader::new();
        self.reading = Reading::Nothing;
        self.state = state;
    }

    /// Whether what is received is of no interest, but for keeping the connection: an error in it
    /// is no more than [`closed`](Self::closed).
    pub fn is_draining(&self) -> bool {
        matches!(self.state, State::Draining(..))
    }

    /// Takes received bytes; answers how many of them it consumed. It stops where the body of the
    /// final response begins: the rest belongs to [`Answer::body`].
    ///
    /// # Errors
    /// [`Error`]: the exchange is over.
    pub fn receive(&mut self, input: &[u8]) -> Result<usize, Error> {
        self.receive_within(input, &NotCounted)
    }

    /// As [`receive`](Self::receive), for a policy with budgets: `spent` says what of them is left.
    ///
    /// # Errors
    /// [`Error`]: the exchange is over.
    pub fn receive_within(&mut self, input: &[u8], spent: &dyn Spending) -> Result<usize, Error> {
        let taken = self.take(input, spent);
        self.fail_unless_ok(taken)
    }

    fn take(&mut self, input: &[u8], spent: &dyn Spending) -> Result<usize, Error> {
        let mut consumed = 0;
        while let Some(rest) = input.get(consumed..)
            && !rest.is_empty()
        {
            consumed += match &self.state {
                State::ReadingHead => self.challenge_head(rest, spent)?,
                State::ReadingAnswer => self.answer_head(rest)?,
                State::ReadingChallenge(..) => self.challenge_body(rest, spent)?,
                State::Draining(..) => self.drained_body(rest)?,
                State::ReadingReason(..) => self.reason_body(rest)?,
                _ => break,
            };
        }
        Ok(consumed)
    }

    /// Takes note that the seller closed the connection.
    ///
    /// # Errors
    /// [`Error`], unless that is how the response ends.
    pub fn closed(&mut self) -> Result<(), Error> {
        self.may_reuse_connection = false;
        let taken = self.take_end();
        self.fail_unless_ok(taken)
    }

    fn take_end(&mut self) -> Result<(), Error> {
        match &mut self.state {
            State::ReadingHead => Err(ResponseError::Truncated.into()),
            State::ReadingChallenge(body, _) => {
                body.closed().map_err(ResponseError::from)?;
                self.finish_challenge_body()
            }
            State::Draining(..) => {
                self.state = State::Approving;
                Ok(())
            }
            State::ReadingAnswer if self.head.is_empty() => Err(Error::Unknown(Doubt::NoAnswer)),
            State::ReadingAnswer => Err(unreadable(ResponseError::Truncated)),
            State::ReadingReason(body, _) => {
                body.closed().map_err(|error| unreadable(error.into()))?;
                self.finish_reason(SaidIn::ChallengeV1)
            }
            _ => Ok(()),
        }
    }

    /// Takes the answer to [`Step::Approve`].
    ///
    /// # Errors
    /// [`Refusal::NotApproved`] if it was no.
    pub fn approve(&mut self, approved: bool) -> Result<(), Error> {
        let best = self.best_if(matches!(self.state, State::Approving))?;
        let begun = match approved {
            true => self.begin_payment(best),
            false => Err(Error::Policy(Refusal::NotApproved)),
        };
        self.fail_unless_ok(begun)
    }

    /// The answer, once [`step`](Self::step) says [`Step::Done`].
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] before that.
    pub fn finish(self) -> Result<Answer, Error> {
        if !matches!(self.state, State::Done) {
            return Err(Error::OutOfOrder);
        }
        let head = *self.head.head();
        let outcome = self.outcome();
        Ok(Answer { head, outcome, body: BodyDecoder::new(head.framing()) })
    }

    fn fail_unless_ok<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// The payment is signed: it is sent, after it was recorded if there is a journal.
    #[cfg(any(feature = "solana", feature = "evm"))]
    fn signed(&mut self) {
        self.sent = 0;
        self.state = State::SendingPayment;
        if self.is_journalled {
            self.state = State::Recording;
        }
    }

    /// The best entry, if the state is the one in which it is asked for.
    fn best_if(&self, in_state: bool) -> Result<Best, Error> {
        self.best().filter(|_| in_state).ok_or(Error::OutOfOrder)
    }

    /// The entry that is being paid.
    fn best(&self) -> Option<Best> {
        self.selection.best().filter(|_| self.is_chosen)
    }

    fn entry(&self) -> &[u8] {
        self.selection.chosen(self.memory)
    }

    #[inline(never)] // For the stack: see `step`.
    fn offer(&self) -> Result<Offer<'_>, Error> {
        let best = self.best().ok_or(Error::OutOfOrder)?;
        let entry = PaymentRequirements::parse(self.entry()).map_err(|_| Error::OutOfOrder)?;
        let rule = self.policy.rules.get(usize::from(best.rank.rule)).ok_or(Error::OutOfOrder)?;
        Ok(Offer {
            origin: self.url().origin(),
            network: best.network,
            symbol: rule.asset.symbol,
            asset: rule.asset.address,
            amount: best.rank.amount,
            pay_to: entry.pay_to,
        })
    }
}

/// Framing counts too: without it a seller could send chunk extensions for ever.
fn subtract(left: u32, consumed: usize) -> Option<u32> {
    left.checked_sub(u32::try_from(consumed).ok()?)
}
