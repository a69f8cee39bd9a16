//! The simulator's market, put through histories.
//!
//! The device's requests are answered in this process, without a socket; seller, facilitator and
//! chains speak over loopback as ever. The device's time stands still meanwhile, and what takes its
//! time is told by how long it takes, so that a seed makes the same history each time.

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use embedded_x402_sim::fault::{Afterwards, Answer as _, Answered, FaultyFacilitator};
use embedded_x402_sim::fault::{FacilitatorFault, Faults, FaultySeller, SellerFault};
use embedded_x402_tests::histories::{
    Answer, Coin, Market, Nodes, OnSolana, Payment, Question, Settlement, World,
};
use embedded_x402_tests::keys;
use embedded_x402_tests::mutation::Dice;
use embedded_x402_tests::sent::SentRequest;
use tower::ServiceExt;

use super::chains::Chains;
use super::conversation;
use super::faults::{Ways, counted, faults};
use super::office::Left;
use super::services::Services;
use super::wallet::{DeviceWallet, wallet};

const NODES: Nodes = Nodes { solana: Some("http://solana.node/"), evm: Some("http://evm.node/") };

/// The market.
pub(super) struct Simulated {
    chains: Chains,
    services: Services,
    ways: Ways,
    seller: FaultySeller,
    facilitator: FaultyFacilitator,
    /// Whether nothing goes wrong any more.
    is_honest: bool,
    /// Work, and when it is due, in Unix seconds.
    later: Vec<(u64, Afterwards)>,
    settled_later: u64,
    node_failures: u64,
    /// Payments that came and have not settled.
    unsettled: Vec<Payment>,
    settlements: Vec<Settlement>,
}

impl Simulated {
    /// Opens one that sells for this coin.
    pub(super) fn open(coin: Coin, seed: u64) -> Self {
        let chains = Chains::new(seed);
        let services = Services::start(&chains, coin, [1000, 1500, 2000][seed as usize % 3]);
        let seller = FaultySeller::new(services.seller.clone(), Faults::default());
        let facilitator = FaultyFacilitator::new(services.facilitator.clone(), Faults::default());
        Simulated {
            chains,
            services,
            ways: Ways::default(),
            seller,
            facilitator,
            is_honest: true,
            later: Vec::new(),
            settled_later: 0,
            node_failures: 0,
            unsettled: Vec::new(),
            settlements: Vec::new(),
        }
    }

    /// Does the work that is due first, at its time, if any is due by now.
    fn work(&mut self, now: u64) -> bool {
        let due = |index: &usize| self.later[*index].0;
        let first = (0..self.later.len()).min_by_key(due).filter(|index| due(index) <= now);
        let Some(first) = first else { return false };
        let (at, Afterwards { work, .. }) = self.later.remove(first);
        self.chains.go_on_to(at.max(self.chains.now()));
        self.services.run(work);
        self.settled_later += self.note_settlements();
        true
    }

    /// Asks the chains what has become of payments, and answers how many have settled.
    fn note_settlements(&mut self) -> u64 {
        let payments = self.unsettled.drain(..);
        let (settled, unsettled): (Vec<_>, _) =
            payments.partition(|payment| self.chains.has_settled(payment));
        self.unsettled = unsettled;
        let (at, number) = (self.chains.now(), settled.len() as u64);
        self.settlements.extend(settled.into_iter().map(|payment| {
            let Payment { id, coin, amount, .. } = payment;
            Settlement { id, coin, amount, at }
        }));
        number
    }

    /// A payment comes, maybe not for the first time.
    fn take_note(&mut self, payment: &Payment) {
        let mut settled = self.settlements.iter().map(|settlement| &settlement.id);
        let mut unsettled = self.unsettled.iter().map(|payment| &payment.id);
        let is_it = |id: &String| *id == payment.id;
        if !settled.any(is_it) && !unsettled.any(is_it) {
            self.unsettled.push(payment.clone());
        }
    }

    /// The seller's answer.
    fn sell(&mut self, request: &SentRequest) -> Answer {
        let seller = match self.is_honest {
            true => FaultySeller::new(self.services.seller.clone(), Faults::default()),
            false => self.seller.clone(),
        };
        let answering = seller.answer(conversation::request(request));
        let Answered { response, delay, .. } = self.services.run(answering);
        let what = match &response {
            Ok(response) => format!("answers {}", response.status()),
            Err(severed) => severed.to_string(),
        };
        let now = self.chains.now();
        let date = (self.is_honest || !self.ways.is_dateless).then_some(now);
        let reply = self.services.run(conversation::reply(response, date));
        let Left { delay: at_office, afterwards } = self.services.office.left();
        self.later.extend(afterwards.into_iter().map(|work| (now + work.delay.as_secs(), work)));
        let delay = (delay + at_office).as_millis() as u64;
        Answer { what: format!("{what} after {delay} ms"), reply, delay }
    }

    /// A node's answer.
    fn node(&mut self, node: Router, request: &SentRequest, dice: &mut Dice) -> Answer {
        let fails = !self.is_honest && dice.below(100) < self.ways.nodes_fail;
        self.node_failures += u64::from(fails);
        let response = match fails {
            true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            false => match self.services.run(node.oneshot(conversation::request(request))) {
                Ok(response) => response,
                Err(never) => match never {},
            },
        };
        let what = if fails { "fails" } else { "answers" };
        let now = self.chains.now();
        Answer::new(what, self.services.run(conversation::reply(Ok(response), Some(now))))
    }
}

impl Market for Simulated {
    type Wallet<'w> = DeviceWallet<'w>;

    fn wallet(world: &World<Self>) -> DeviceWallet<'_> {
        wallet(world)
    }

    fn nodes(&self) -> Nodes {
        if self.ways.has_nodes { NODES } else { Nodes::default() }
    }

    fn set_out(&mut self, dice: &mut Dice) -> String {
        self.ways = Ways::draw(dice);
        let Services { seller, facilitator, office, .. } = &self.services;
        let seed = dice.below(1 << 31) as u64;
        let faults_of_seller = faults(&self.ways.seller, seed);
        let seller = FaultySeller::new(seller.clone(), faults_of_seller);
        self.seller = seller.with_clock(self.chains.clock());
        let faults_of_facilitator = faults(&self.ways.facilitator, seed);
        self.facilitator = FaultyFacilitator::new(facilitator.clone(), faults_of_facilitator);
        office.hand_over(self.facilitator.clone());
        self.is_honest = false;
        format!("{:?}", self.ways)
    }

    fn behave(&mut self) {
        self.is_honest = true;
        let facilitator = self.services.facilitator.clone();
        self.services.office.hand_over(FaultyFacilitator::new(facilitator, Faults::default()));
    }

    fn pass(&mut self, now: u64) {
        while self.work(now) {}
        if now > self.chains.now() {
            self.chains.go_on_to(now);
        }
    }

    fn payment(&self, request: &SentRequest) -> Option<Payment> {
        Payment::read(request, |transaction| OnSolana {
            valid: self.chains.validity(&transaction.message.recent_blockhash),
            transaction: keys::settle(transaction.message_bytes()),
        })
    }

    fn answer(&mut self, question: Question<'_>, _: u64, dice: &mut Dice) -> Answer {
        let Question { host, request, payment } = question;
        match host {
            "solana.node" => return self.node(self.services.solana_node.clone(), request, dice),
            "evm.node" => return self.node(self.services.evm_node.clone(), request, dice),
            _ => {}
        }
        if let Some(payment) = payment {
            self.take_note(payment);
        }
        let answer = self.sell(request);
        self.note_settlements();
        answer
    }

    fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    fn moved(&self, coin: Coin) -> u64 {
        self.chains.moved(coin)
    }

    fn troubles(&self) -> Vec<(String, u64)> {
        let mut troubles = vec![
            ("settled later".to_owned(), self.settled_later),
            ("node fails".to_owned(), self.node_failures),
        ];
        troubles.extend(counted::<SellerFault>(&self.ways.seller, &self.seller.struck()));
        let struck = self.facilitator.struck();
        troubles.extend(counted::<FacilitatorFault>(&self.ways.facilitator, &struck));
        troubles
    }
}
