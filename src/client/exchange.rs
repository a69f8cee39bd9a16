//! The state machine.

use super::answer::{FieldDecoder, Reading};
use super::head::{Carrier, HeadOutput, HeadReader, ResponseError, ResponseHead};
use super::outcome::{Doubt, Error, Outcome};
use super::request::{CheckedRequest, Request};
use super::selection::{Best, Memory, Selection};
#[cfg(feature = "solana")]
use super::solana_payment::{self, SolanaPayment};
use super::url::Url;
use crate::codec::http::{BodyDecoder, Framing};
use crate::policy::{Offer, PaymentPolicy, Refusal};
#[cfg(feature = "solana")]
use crate::scheme::MintFacts;
use crate::sizes;
#[cfg(feature = "solana")]
use crate::solana::{Blockhash, Pubkey, Signature};
use crate::wire::{
    Accepted, ChallengeError, PaymentPayload, PaymentRequiredReader, PaymentRequirements,
    ProtocolVersion, Reason, SchemePayload, SettlementReader, SettlementResponse, Source,
};

/// Who pays, by network.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Payer {
    /// The wallet on Solana; without one, entries on Solana are skipped.
    #[cfg(feature = "solana")]
    pub solana: Option<Pubkey>,
}

/// How much is read of what a seller sends; see [`crate::sizes`]. None of it takes memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// Bytes of a response's head.
    pub head: u32,
    /// Bytes of a body that carries a challenge.
    pub challenge_body: u32,
    /// Bytes of a body read only to keep the connection.
    pub drained_body: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            head: sizes::HEAD,
            challenge_body: sizes::CHALLENGE_BODY,
            drained_body: sizes::DRAINED_BODY,
        }
    }
}

/// What to do next, and how to tell the exchange of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<'s> {
    /// Send what [`Exchange::transmit`] gives, to the seller that [`Exchange::url`] names: on a new
    /// connection, or on the last one if [`Exchange::may_reuse_connection`].
    Transmit,
    /// Receive from the seller: [`Exchange::receive`], or [`Exchange::closed`].
    Receive,
    /// Ask for approval: [`Exchange::approve`].
    Approve(Offer<'s>),
    /// Find out who owns this mint, and its decimals: [`Exchange::mint_facts`].
    #[cfg(feature = "solana")]
    MintFacts {
        /// The mint.
        mint: Pubkey,
    },
    /// Draw random bytes: [`Exchange::entropy`].
    #[cfg(feature = "solana")]
    Entropy,
    /// Find out a recent blockhash: [`Exchange::recent_blockhash`].
    #[cfg(feature = "solana")]
    RecentBlockhash,
    /// Sign this message with the payer's key: [`Exchange::signature`].
    #[cfg(feature = "solana")]
    Sign {
        /// All of the bytes to sign.
        message: &'s [u8],
    },
    /// Verify that the fee payer signed this message: [`Exchange::verified`].
    #[cfg(feature = "solana")]
    VerifyReceipt {
        /// The public key.
        fee_payer: Pubkey,
        /// What was signed.
        message: &'s [u8],
        /// The signature.
        signature: Signature,
    },
    /// The answer's head has been read, its body follows: [`Exchange::finish`].
    Done,
}

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
#[derive(Debug)]
pub struct Exchange<'r, const ENTRY: usize = { sizes::ENTRY }> {
    request: CheckedRequest<'r>,
    policy: &'r PaymentPolicy<'r>,
    #[cfg_attr(not(feature = "solana"), expect(dead_code, reason = "no network to pay on"))]
    payer: Payer,
    limits: Limits,
    memory: &'r mut Memory<ENTRY>,
    state: State,
    /// Bytes of the request that have been given out.
    sent: usize,
    payment_sent: bool,
    may_reuse_connection: bool,
    head: HeadReader,
    reading: Reading,
    selection: Selection,
    best: Option<Best>,
    #[cfg(feature = "solana")]
    solana: Option<SolanaPayment>,
    outcome: Settlement,
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
    NeedsMintFacts,
    #[cfg(feature = "solana")]
    NeedsEntropy,
    #[cfg(feature = "solana")]
    NeedsBlockhash,
    #[cfg(feature = "solana")]
    Signing,
    SendingPayment,
    ReadingAnswer,
    /// The body of a refusal may say why; so many bytes of it may come yet.
    ReadingReason(BodyDecoder, u32),
    #[cfg(feature = "solana")]
    Verifying(Signature),
    Done,
}

/// The outcome; the receipt of a settled payment is where it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settlement {
    NotPaid,
    Settled,
    Unknown(Doubt),
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
            may_reuse_connection: false,
            head: HeadReader::new(limits.head),
            reading: Reading::Nothing,
            selection: Selection::new(),
            best: None,
            #[cfg(feature = "solana")]
            solana: None,
            outcome: Settlement::NotPaid,
        })
    }

    /// What to do next. It changes nothing: asked twice, it says the same.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`], if the exchange was used after it failed.
    pub fn step(&self) -> Result<Step<'_>, Error> {
        Ok(match &self.state {
            State::Sending | State::SendingPayment => Step::Transmit,
            State::ReadingHead
            | State::ReadingChallenge(..)
            | State::Draining(..)
            | State::ReadingAnswer
            | State::ReadingReason(..) => Step::Receive,
            State::Approving => Step::Approve(self.offer()?),
            #[cfg(feature = "solana")]
            State::NeedsMintFacts => {
                let mint = *solana_payment::read(self.entry())?.mint();
                Step::MintFacts { mint }
            }
            #[cfg(feature = "solana")]
            State::NeedsEntropy => Step::Entropy,
            #[cfg(feature = "solana")]
            State::NeedsBlockhash => Step::RecentBlockhash,
            #[cfg(feature = "solana")]
            State::Signing => Step::Sign { message: solana_payment::message(self.transaction())? },
            #[cfg(feature = "solana")]
            State::Verifying(signature) => Step::VerifyReceipt {
                fee_payer: *solana_payment::read(self.entry())?.fee_payer(),
                message: solana_payment::message(self.transaction())?,
                signature: *signature,
            },
            State::Done => Step::Done,
        })
    }

    /// Where the request goes. The paid request goes to the same URL, whatever the seller says.
    pub fn url(&self) -> &Url<'r> {
        self.request.url()
    }

    /// The network that is being paid on.
    pub fn network(&self) -> Option<crate::wire::Network> {
        self.best.map(|best| best.network)
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

    /// Fills `out` with the next bytes of the request; answers how many. Call it until
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
            self.head = HeadReader::new(self.limits.head);
            self.reading = Reading::Nothing;
            self.state = if paying { State::ReadingAnswer } else { State::ReadingHead };
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
            self.state = State::SendingPayment;
        }
    }

    /// Takes received bytes; answers how many of them it consumed. It stops where the body of the
    /// final response begins: the rest belongs to [`Answer::body`].
    ///
    /// # Errors
    /// [`Error`]: the exchange is over.
    pub fn receive(&mut self, input: &[u8]) -> Result<usize, Error> {
        let mut consumed = 0;
        while let Some(rest) = input.get(consumed..)
            && let Some((first, _)) = rest.split_first()
        {
            consumed += match &mut self.state {
                State::ReadingHead => self.head_byte(*first)?,
                State::ReadingAnswer => self.answer_byte(*first)?,
                State::ReadingChallenge(..) | State::ReadingReason(..) | State::Draining(..) => {
                    self.body_bytes(rest)?
                }
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
                self.refusal_without_reason()
            }
            _ => Ok(()),
        }
    }

    /// Takes the answer to [`Step::Approve`].
    ///
    /// # Errors
    /// [`Refusal::NotApproved`] if it was no.
    pub fn approve(&mut self, approved: bool) -> Result<(), Error> {
        let best = self.expect(matches!(self.state, State::Approving))?;
        if !approved {
            return Err(Error::Policy(Refusal::NotApproved));
        }
        self.begin_payment(best)
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
        let outcome = match (self.outcome, self.reading) {
            (Settlement::NotPaid, _) => Outcome::NotPaid,
            (Settlement::Settled, Reading::Receipt(receipt)) => Outcome::Settled(receipt),
            (Settlement::Settled, _) => return Err(Error::OutOfOrder),
            (Settlement::Unknown(doubt), _) => Outcome::Unknown(doubt),
        };
        Ok(Answer { head, outcome, body: BodyDecoder::new(head.framing()) })
    }

    /// The best entry, if the state is the one in which it is asked for.
    fn expect(&self, in_state: bool) -> Result<Best, Error> {
        self.best.filter(|_| in_state).ok_or(Error::OutOfOrder)
    }

    fn entry(&self) -> &[u8] {
        self.selection.chosen(self.memory)
    }

    fn offer(&self) -> Result<Offer<'_>, Error> {
        let best = self.best.ok_or(Error::OutOfOrder)?;
        let entry = PaymentRequirements::parse(self.entry()).map_err(|_| Error::OutOfOrder)?;
        let rule = self.policy.rules.get(best.rank.rule).ok_or(Error::OutOfOrder)?;
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

/// The first response.
impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    fn head_byte(&mut self, byte: u8) -> Result<usize, Error> {
        let output = self.head.push(byte)?;
        let is_challenge = self.head.head().status == 402;
        match output {
            HeadOutput::Begin(Carrier::PaymentRequired) if is_challenge => {
                let reader = PaymentRequiredReader::new(Source::Header);
                self.reading = Reading::Challenge(reader, FieldDecoder::default());
            }
            HeadOutput::Character(Carrier::PaymentRequired, byte) if is_challenge => {
                self.challenge_character(byte)?;
            }
            HeadOutput::Finish(Carrier::PaymentRequired) if is_challenge => {
                self.finish_challenge_field()?;
            }
            HeadOutput::End if is_challenge => self.end_of_challenge_head()?,
            HeadOutput::End => self.state = State::Done,
            _ => {}
        }
        Ok(1)
    }

    fn challenge_character(&mut self, character: u8) -> Result<(), Error> {
        let Reading::Challenge(_, field) = &mut self.reading else { return Ok(()) };
        match field.push(character).map_err(ChallengeError::from)? {
            Some(byte) => self.challenge_byte(byte, Source::Header),
            None => Ok(()),
        }
    }

    fn challenge_byte(&mut self, byte: u8, source: Source) -> Result<(), Error> {
        let Reading::Challenge(reader, _) = &mut self.reading else { return Ok(()) };
        let buffer = self.selection.incoming(self.memory);
        if let Some(entry) = reader.push(byte, buffer)? {
            let origin = self.request.url().origin();
            let chooser = super::selection::Chooser {
                source,
                policy: self.policy,
                payer: &self.payer,
                origin,
            };
            self.selection.consider(entry, &chooser, self.memory);
        }
        Ok(())
    }

    fn finish_challenge_field(&mut self) -> Result<(), Error> {
        let Reading::Challenge(_, field) = &self.reading else { return Ok(()) };
        field.finish().map_err(ChallengeError::from)?;
        self.choose()
    }

    /// The challenge is complete: what of it is paid?
    fn choose(&mut self) -> Result<(), Error> {
        let Reading::Challenge(reader, _) = &self.reading else { return Ok(()) };
        let version = reader.finish()?;
        self.best = Some(self.selection.finish(version)?);
        Ok(())
    }

    fn end_of_challenge_head(&mut self) -> Result<(), Error> {
        let head = *self.head.head();
        let body = BodyDecoder::new(head.framing());
        if self.best.is_some() {
            self.drain(body, &head);
            return Ok(());
        }
        if head.framing() == Framing::Empty || head.content_length == Some(0) {
            return Err(ChallengeError::NotAChallenge.into());
        }
        self.check_challenge_length(&head)?;
        let reader = PaymentRequiredReader::new(Source::Body);
        self.reading = Reading::Challenge(reader, FieldDecoder::default());
        self.state = State::ReadingChallenge(body, self.limits.challenge_body);
        Ok(())
    }

    fn check_challenge_length(&self, head: &ResponseHead) -> Result<(), Error> {
        let limit = self.limits.challenge_body;
        if head.content_length.is_some_and(|length| length > limit.into()) {
            return Err(ResponseError::BodyTooLarge { limit }.into());
        }
        Ok(())
    }

    /// Reads the body away if that keeps the connection, else gives the connection up.
    fn drain(&mut self, body: BodyDecoder, head: &ResponseHead) {
        let left = self.limits.drained_body;
        let too_long = head.content_length.is_some_and(|length| length > left.into());
        self.may_reuse_connection = head.keep_alive && !too_long;
        self.state = if self.may_reuse_connection && !body.is_done() {
            State::Draining(body, left)
        } else {
            State::Approving
        };
    }

    fn body_bytes(&mut self, input: &[u8]) -> Result<usize, Error> {
        match &mut self.state {
            State::Draining(body, left) => {
                let decoded = body.decode(input);
                let (consumed, data) = decoded.unwrap_or((input.len(), input));
                let enough = u32::try_from(data.len()).ok().and_then(|read| left.checked_sub(read));
                let done = body.is_done();
                *left = enough.unwrap_or(0);
                if decoded.is_err() || enough.is_none() {
                    self.may_reuse_connection = false;
                    self.state = State::Approving;
                } else if done {
                    self.state = State::Approving;
                }
                Ok(consumed)
            }
            State::ReadingChallenge(..) => self.challenge_body(input),
            State::ReadingReason(..) => self.reason_body(input),
            _ => Err(Error::OutOfOrder),
        }
    }

    fn challenge_body(&mut self, input: &[u8]) -> Result<usize, Error> {
        let limit = self.limits.challenge_body;
        let State::ReadingChallenge(body, left) = &mut self.state else {
            return Err(Error::OutOfOrder);
        };
        let (consumed, data) = body.decode(input).map_err(ResponseError::from)?;
        *left = subtract(*left, data).ok_or(ResponseError::BodyTooLarge { limit })?;
        let done = body.is_done();
        for byte in data {
            self.challenge_byte(*byte, Source::Body)?;
        }
        if done {
            self.may_reuse_connection = self.head.head().keep_alive;
            self.finish_challenge_body()?;
        }
        Ok(consumed)
    }

    fn finish_challenge_body(&mut self) -> Result<(), Error> {
        self.choose()?;
        self.state = State::Approving;
        Ok(())
    }
}

/// The payment.
impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    #[cfg(not(feature = "solana"))]
    fn begin_payment(&mut self, best: Best) -> Result<(), Error> {
        Err(Error::Policy(Refusal::NetworkNotBuilt { network: best.network }))
    }

    #[cfg(feature = "solana")]
    fn begin_payment(&mut self, best: Best) -> Result<(), Error> {
        let rule = self.policy.rules.get(best.rank.rule).ok_or(Error::OutOfOrder)?;
        let payer = self.payer.solana.ok_or(Error::OutOfOrder)?;
        let payment = SolanaPayment::new(payer, rule.asset.standard);
        self.state =
            if payment.needs_mint_facts() { State::NeedsMintFacts } else { State::NeedsEntropy };
        self.solana = Some(payment);
        Ok(())
    }

    #[cfg(not(feature = "solana"))]
    fn payment(&self) -> Option<PaymentPayload<'_>> {
        None
    }

    #[cfg(feature = "solana")]
    fn payment(&self) -> Option<PaymentPayload<'_>> {
        let best = self.best?;
        let accepted = match best.version {
            ProtocolVersion::V1 => Accepted::Network(best.network.v1_name()?),
            ProtocolVersion::V2 => Accepted::Verbatim(self.entry()),
        };
        let payload = SchemePayload::SolanaTransaction(self.transaction());
        Some(PaymentPayload { accepted, payload })
    }
}

/// The payment on Solana.
#[cfg(feature = "solana")]
impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    /// Takes the answer to [`Step::MintFacts`].
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if they were not asked for.
    pub fn mint_facts(&mut self, facts: MintFacts) -> Result<(), Error> {
        self.expect(matches!(self.state, State::NeedsMintFacts))?;
        self.solana.as_mut().ok_or(Error::OutOfOrder)?.set_mint_facts(facts);
        self.state = State::NeedsEntropy;
        Ok(())
    }

    /// Takes the answer to [`Step::Entropy`].
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements make no safe transaction.
    pub fn entropy(&mut self, entropy: [u8; 16]) -> Result<(), Error> {
        self.expect(matches!(self.state, State::NeedsEntropy))?;
        self.solana.as_mut().ok_or(Error::OutOfOrder)?.set_entropy(entropy);
        self.state = State::NeedsBlockhash;
        match solana_payment::read(self.entry())?.recent_blockhash() {
            Some(blockhash) => self.recent_blockhash(blockhash),
            None => Ok(()),
        }
    }

    /// Takes the answer to [`Step::RecentBlockhash`].
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements make no safe transaction.
    pub fn recent_blockhash(&mut self, blockhash: Blockhash) -> Result<(), Error> {
        self.expect(matches!(self.state, State::NeedsBlockhash))?;
        let payment = self.solana.as_mut().ok_or(Error::OutOfOrder)?;
        let sequence = self.memory.sequence;
        let (entry, buffer, accounts) = self.selection.split(self.memory);
        payment.build(entry, buffer, blockhash, accounts, sequence)?;
        self.memory.sequence = sequence.wrapping_add(1);
        self.state = State::Signing;
        Ok(())
    }

    /// Takes the answer to [`Step::Sign`]. From here on the payment can be given out.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn signature(&mut self, signature: &Signature) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Signing))?;
        let payment = self.solana.as_ref().ok_or(Error::OutOfOrder)?;
        payment.sign(self.selection.incoming(self.memory), signature)?;
        self.sent = 0;
        self.state = State::SendingPayment;
        Ok(())
    }

    /// Takes the answer to [`Step::VerifyReceipt`]: whether the signature is the fee payer's.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn verified(&mut self, verified: bool) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Verifying(_)))?;
        self.outcome = match verified {
            true => Settlement::Settled,
            false => Settlement::Unknown(Doubt::OtherTransaction),
        };
        self.state = State::Done;
        Ok(())
    }

    fn transaction(&self) -> &[u8] {
        let length = self.solana.map_or(0, |payment| payment.length());
        self.selection.built(self.memory, length)
    }
}

/// The answer to the payment.
impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    fn answer_byte(&mut self, byte: u8) -> Result<usize, Error> {
        let output = self.head.push(byte).map_err(unreadable)?;
        match output {
            HeadOutput::Begin(carrier) => self.begin_answer_field(carrier),
            HeadOutput::Character(_, character) => {
                self.reading.answer_character(character).map_err(challenge_unreadable)?;
            }
            HeadOutput::Finish(_) => self.reading.finish_answer_field(),
            HeadOutput::End => self.end_of_answer_head()?,
            HeadOutput::Nothing => {}
        }
        Ok(1)
    }

    /// A receipt says more than a new challenge.
    fn begin_answer_field(&mut self, carrier: Carrier) {
        let field = FieldDecoder::default();
        match (carrier, &self.reading) {
            (Carrier::PaymentResponse, _) => {
                self.reading = Reading::ReceiptField(SettlementReader::new(), field);
            }
            (Carrier::PaymentRequired, Reading::Nothing) => {
                let reader = PaymentRequiredReader::new(Source::Header);
                self.reading = Reading::Challenge(reader, field);
            }
            _ => {}
        }
    }

    fn end_of_answer_head(&mut self) -> Result<(), Error> {
        let head = *self.head.head();
        match &self.reading {
            Reading::Receipt(receipt) if receipt.success => self.claimed_settlement(),
            Reading::Receipt(receipt) if head.status == 402 => Err(failure(receipt)),
            Reading::Receipt(receipt) => self.done(Doubt::Failed(receipt.error_reason)),
            Reading::FailedReceipt(error) => self.done(Doubt::Receipt(*error)),
            Reading::Challenge(reader, _) if head.status == 402 => Err(refusal(reader.reason())),
            _ if head.status == 402 => self.read_reason(&head),
            _ => self.done(Doubt::NoReceipt { status: head.status }),
        }
    }

    fn done(&mut self, doubt: Doubt) -> Result<(), Error> {
        self.outcome = Settlement::Unknown(doubt);
        self.state = State::Done;
        Ok(())
    }

    fn claimed_settlement(&mut self) -> Result<(), Error> {
        let Reading::Receipt(receipt) = &self.reading else { return Err(Error::OutOfOrder) };
        match self.check_receipt(receipt) {
            Ok(state) => {
                self.state = state;
                Ok(())
            }
            Err(doubt) => self.done(doubt),
        }
    }

    /// Whether the receipt is about what was signed, as far as it says.
    fn check_receipt(&self, receipt: &SettlementResponse) -> Result<State, Doubt> {
        let best = self.best.ok_or(Doubt::OtherTransaction)?;
        if receipt.network.is_some_and(|network| network != best.network) {
            return Err(Doubt::OtherNetwork);
        }
        if receipt.amount.is_some_and(|amount| amount != best.rank.amount) {
            return Err(Doubt::OtherAmount);
        }
        #[cfg(feature = "solana")]
        if let Some(payment) = &self.solana {
            return Ok(State::Verifying(payment.claimed_signature(receipt)?));
        }
        Err(Doubt::OtherTransaction)
    }

    /// Version 1 says why in the body.
    fn read_reason(&mut self, head: &ResponseHead) -> Result<(), Error> {
        let body = BodyDecoder::new(head.framing());
        let reader = PaymentRequiredReader::new(Source::Body);
        self.reading = Reading::Challenge(reader, FieldDecoder::default());
        if body.is_done() {
            return self.refusal_without_reason();
        }
        self.state = State::ReadingReason(body, self.limits.challenge_body);
        Ok(())
    }

    fn reason_body(&mut self, input: &[u8]) -> Result<usize, Error> {
        let limit = self.limits.challenge_body;
        let State::ReadingReason(body, left) = &mut self.state else {
            return Err(Error::OutOfOrder);
        };
        let (consumed, data) = body.decode(input).map_err(|error| unreadable(error.into()))?;
        *left = subtract(*left, data).ok_or(unreadable(ResponseError::BodyTooLarge { limit }))?;
        let done = body.is_done();
        let Reading::Challenge(reader, _) = &mut self.reading else {
            return Err(Error::OutOfOrder);
        };
        for byte in data {
            reader.push(*byte, &mut []).map_err(challenge_unreadable)?;
        }
        if done {
            self.refusal_without_reason()?;
        }
        Ok(consumed)
    }

    /// The body is over: it said why, or not.
    fn refusal_without_reason(&self) -> Result<(), Error> {
        match &self.reading {
            Reading::Challenge(reader, _) => Err(refusal(reader.reason())),
            _ => Err(Error::OutOfOrder),
        }
    }
}

/// Reasons that say that the payment may have settled, or may yet.
const MAY_SETTLE: [&str; 3] =
    ["duplicate_settlement", "settlement_pending", "transaction_confirmation_timed_out"];

/// A refusal before settlement.
fn refusal(reason: Reason) -> Error {
    if MAY_SETTLE.iter().any(|known| reason.as_str().contains(known)) {
        Error::Unknown(Doubt::Failed(reason))
    } else {
        Error::Refused(reason)
    }
}

/// A settlement that failed: once a transaction was sent, it may still land.
fn failure(receipt: &SettlementResponse) -> Error {
    if receipt.transaction.is_empty() {
        refusal(receipt.error_reason)
    } else {
        Error::Unknown(Doubt::Failed(receipt.error_reason))
    }
}

fn unreadable(error: ResponseError) -> Error {
    Error::Unknown(Doubt::Answer(error))
}

fn challenge_unreadable(_: ChallengeError) -> Error {
    unreadable(ResponseError::Reason)
}

fn subtract(left: u32, data: &[u8]) -> Option<u32> {
    left.checked_sub(u32::try_from(data.len()).ok()?)
}
