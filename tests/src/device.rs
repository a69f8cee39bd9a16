//! A device that drives an exchange by its written rule: ask for the step, do it, tell.

use ed25519_dalek::Signer;
use embassy_futures::block_on;
use embedded_x402::client::{
    Answer, Error, Exchange, Limits, Memory, Method, Outcome, Payer, Request, Step,
};
use embedded_x402::policy::{PaymentPolicy, Refusal, Rule, assets};
use embedded_x402::scheme::MintFacts;
use embedded_x402::signer::Ed25519Signer;
use embedded_x402::sizes;
use embedded_x402::solana::{Blockhash, Signature, TokenProgram};
use embedded_x402::wire::Amount;

use crate::keys::{DEVICE_KEY_PAIR, device_payer, device_signer};
use crate::seller::Seller;
use crate::sent::{Payment, SentRequest};

/// Where the device asks.
pub const URL: &str = "http://seller.lan/weather";

/// Up to 5000 units of USDC on devnet, to anyone.
pub const USDC_RULE: Rule<'static> = Rule::new(assets::USDC_SOLANA_DEVNET, Amount(5000));

/// That rule alone.
pub const USDC_POLICY: PaymentPolicy<'static> = PaymentPolicy { rules: &[USDC_RULE] };

/// The blockhash that the device's node knows.
pub const NODE_BLOCKHASH: [u8; 32] = [9; 32];

/// Received bytes come in pieces of these sizes.
const FRAGMENTS: [usize; 5] = [1, 2, 7, 64, usize::MAX];

/// A device: its policy and what its surroundings answer.
#[derive(Clone)]
pub struct Device<'d> {
    pub policy: PaymentPolicy<'d>,
    pub payer: Payer,
    pub limits: Limits,
    pub request: Request<'d>,
    pub approves: bool,
    pub entropy: [u8; 16],
    pub mint_facts: MintFacts,
}

/// What the exchange asked of the device's surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Approval of this amount, in this asset, by its symbol.
    Approval(u64, String),
    MintFacts(String),
    Entropy,
    RecentBlockhash,
    Signature,
    Verification,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub result: Result<Answered, Error>,
    pub requests: Vec<SentRequest>,
    pub asked: Vec<Asked>,
    pub payment_sent: bool,
}

/// An answer, its body read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub outcome: Outcome,
    /// The body as far as it came, or that it is malformed.
    pub body: Option<Vec<u8>>,
}

impl Default for Device<'_> {
    fn default() -> Self {
        Device {
            policy: USDC_POLICY,
            payer: device_payer(),
            limits: Limits::default(),
            request: Request::new(Method::Get, URL),
            approves: true,
            entropy: [0xab; 16],
            mint_facts: MintFacts { token_program: TokenProgram::Token, decimals: 6 },
        }
    }
}

impl<'d> Device<'d> {
    /// The usual device with another policy.
    pub fn with_rules(rules: &'d [Rule<'d>]) -> Self {
        Device { policy: PaymentPolicy { rules }, ..Device::default() }
    }

    /// Buys from this seller, its words in fragments of all sizes: the result must be the same.
    pub fn buy(&self, seller: impl Seller + Clone) -> Run {
        self.buy_within::<{ sizes::ENTRY }>(seller)
    }

    /// The same with other memory for an entry.
    pub fn buy_within<const ENTRY: usize>(&self, seller: impl Seller + Clone) -> Run {
        let run =
            |fragment| self.buy_once(&mut Memory::<ENTRY>::new(), fragment, &mut seller.clone());
        let whole = run(usize::MAX);
        FRAGMENTS.iter().for_each(|fragment| assert_eq!(run(*fragment), whole, "by {fragment}"));
        whole
    }

    /// Buys once, in memory that may have been used before.
    pub fn buy_once<const ENTRY: usize>(
        &self,
        memory: &mut Memory<ENTRY>,
        fragment: usize,
        seller: &mut impl Seller,
    ) -> Run {
        let exchange = Exchange::new(&self.request, &self.policy, self.payer, self.limits, memory);
        let exchange = exchange.expect("a well-formed request");
        Driver::new(self, exchange, fragment).run(seller)
    }
}

impl Run {
    /// The error that it ended with.
    pub fn error(&self) -> Error {
        self.result.clone().expect_err("an error")
    }

    /// Why the policy refused. That nothing was paid is checked.
    pub fn refusal(&self) -> Refusal {
        self.unpaid();
        match self.error() {
            Error::Policy(refusal) => refusal,
            other => panic!("refused by the policy, not: {other:?}"),
        }
    }

    /// The error of a run that must not have paid, or signed.
    pub fn unpaid(&self) -> Error {
        assert!(!self.payment_sent && self.payments().is_empty(), "paid: {self:?}");
        assert!(!self.asked.contains(&Asked::Signature), "signed: {self:?}");
        self.error()
    }

    /// What became of the money.
    pub fn outcome(&self) -> Outcome {
        self.result.clone().expect("an answer").outcome
    }

    /// The one payment that was sent.
    pub fn payment(&self) -> Payment {
        assert!(self.payment_sent);
        let mut payments = self.payments();
        assert_eq!(payments.len(), 1, "one payment");
        payments.remove(0)
    }

    fn payments(&self) -> Vec<Payment> {
        self.requests.iter().filter_map(SentRequest::payment).collect()
    }
}

struct Driver<'d, 'x, const ENTRY: usize> {
    device: &'d Device<'d>,
    exchange: Exchange<'x, ENTRY>,
    fragment: usize,
    /// What the seller said and the exchange has not taken.
    incoming: Vec<u8>,
    requests: Vec<SentRequest>,
    asked: Vec<Asked>,
}

impl<'d, 'x, const ENTRY: usize> Driver<'d, 'x, ENTRY> {
    fn new(device: &'d Device<'d>, exchange: Exchange<'x, ENTRY>, fragment: usize) -> Self {
        let (incoming, requests, asked) = Default::default();
        Driver { device, exchange, fragment, incoming, requests, asked }
    }

    fn run(mut self, seller: &mut impl Seller) -> Run {
        let driven = self.drive(seller);
        let payment_sent = self.exchange.payment_sent();
        let Driver { exchange, incoming, requests, asked, .. } = self;
        let result =
            driven.and_then(|()| exchange.finish()).map(|answer| answered(answer, &incoming));
        Run { result, requests, asked, payment_sent }
    }

    fn drive(&mut self, seller: &mut impl Seller) -> Result<(), Error> {
        loop {
            let exchange = &mut self.exchange;
            match exchange.step()? {
                Step::Transmit => self.transmit(seller),
                Step::Receive => self.receive()?,
                Step::Approve(offer) => {
                    let asked = Asked::Approval(offer.amount.0, offer.symbol.to_owned());
                    self.asked.push(asked);
                    exchange.approve(self.device.approves)?;
                }
                Step::MintFacts { mint } => {
                    self.asked.push(Asked::MintFacts(mint.to_base58().as_str().to_owned()));
                    exchange.mint_facts(self.device.mint_facts)?;
                }
                Step::Entropy => {
                    self.asked.push(Asked::Entropy);
                    exchange.entropy(self.device.entropy)?;
                }
                Step::RecentBlockhash => {
                    self.asked.push(Asked::RecentBlockhash);
                    exchange.recent_blockhash(Blockhash::new(NODE_BLOCKHASH))?;
                }
                Step::Sign { message } => {
                    self.asked.push(Asked::Signature);
                    let signature = Signature::new(sign(message));
                    exchange.signature(&signature)?;
                }
                Step::VerifyReceipt { fee_payer, message, signature } => {
                    self.asked.push(Asked::Verification);
                    let verifying = verify(fee_payer.as_bytes(), message, signature.as_bytes());
                    exchange.verified(verifying)?;
                }
                Step::Done => return Ok(()),
                other => panic!("a step that no test knows: {other:?}"),
            }
        }
    }

    fn transmit(&mut self, seller: &mut impl Seller) {
        let request = transmitted(&mut self.exchange, 100);
        self.incoming = seller.answer(&request);
        self.requests.push(request);
    }

    fn receive(&mut self) -> Result<(), Error> {
        if self.incoming.is_empty() {
            return self.exchange.closed();
        }
        let fragment = self.incoming.len().min(self.fragment);
        let consumed = self.exchange.receive(&self.incoming[..fragment])?;
        assert!(consumed > 0, "an exchange that wants bytes takes some");
        self.incoming.drain(..consumed);
        Ok(())
    }
}

/// All of the request, taken in buffers of this size.
pub fn transmitted<const ENTRY: usize>(
    exchange: &mut Exchange<'_, ENTRY>,
    buffer: usize,
) -> SentRequest {
    let mut text = Vec::new();
    while matches!(exchange.step(), Ok(Step::Transmit)) {
        let mut window = vec![0; buffer];
        let length = exchange.transmit(&mut window);
        text.extend_from_slice(&window[..length]);
    }
    SentRequest::new(text)
}

/// The device's signature.
pub fn sign(message: &[u8]) -> [u8; 64] {
    let key = ed25519_dalek::SigningKey::from_keypair_bytes(&DEVICE_KEY_PAIR).expect("a key pair");
    key.sign(message).to_bytes()
}

/// The crate's own answer to whether a signature holds.
pub fn verify(public_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    block_on(device_signer().verify(public_key, message, signature)).expect("a software signer")
}

fn answered(answer: Answer, incoming: &[u8]) -> Answered {
    let Answer { head, outcome, mut body } = answer;
    let mut read = Vec::new();
    let mut rest = incoming;
    let mut is_well_formed = true;
    while !rest.is_empty() && !body.is_done() {
        match body.decode(rest) {
            Ok((consumed, data)) => {
                read.extend_from_slice(data);
                rest = &rest[consumed..];
            }
            Err(_) => {
                is_well_formed = false;
                break;
            }
        }
    }
    is_well_formed &= body.closed().is_ok();
    Answered { status: head.status, outcome, body: is_well_formed.then_some(read) }
}
