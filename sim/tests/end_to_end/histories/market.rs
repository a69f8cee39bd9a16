//! The simulator's market, with its time in the history's hand.
//!
//! The device's requests are answered in this process, without a socket; seller, facilitator and
//! chains speak over loopback as ever, on a runtime that runs only while a request is answered. So
//! the device's time stands still meanwhile, and a seed makes the same history each time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use embedded_x402_sim::chain::{self, Chain, ChainConfig};
use embedded_x402_sim::clock::Clock;
use embedded_x402_sim::evm_chain::{self, EvmChain, EvmChainConfig, U256};
use embedded_x402_sim::facilitator::{
    self, EvmConfig, Facilitator, FacilitatorConfig, SolanaConfig,
};
use embedded_x402_sim::fault::{self, Afterwards, Answer as _, Answered, FaultyFacilitator};
use embedded_x402_sim::fault::{FacilitatorFault, Faults, FaultySeller, SellerFault};
use embedded_x402_sim::seller::{self, Accept, Resource, Route, Seller, SellerConfig};
use embedded_x402_sim::x402::Version;
use embedded_x402_tests::histories::market::TIMEOUT;
use embedded_x402_tests::histories::troubles::roll;
use embedded_x402_tests::histories::world::BEGINNING;
use embedded_x402_tests::histories::{
    Answer, Coin, Market, Nodes, OnSolana, Payment, Question, Settlement, World,
};
use embedded_x402_tests::keys;
use embedded_x402_tests::mutation::Dice;
use embedded_x402_tests::network::Reply;
use embedded_x402_tests::sent::SentRequest;
use solana_address::Address;
use solana_commitment_config::CommitmentLevel;
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use super::conversation;
use super::faults::{counted, draw, faults};
use super::office::{Left, Office};
use super::wallet::{DeviceWallet, wallet};
use crate::shop::{FUNDS, accept, evm_accept};

/// Milliseconds of a slot.
const SLOT: u64 = 400;

/// When Solana's slot 0 was, in Unix seconds: before the history, as long as its first slots take.
const GENESIS: u64 = BEGINNING - 60;

const NODES: Nodes = Nodes { solana: Some("http://solana.node/"), evm: Some("http://evm.node/") };

/// The market.
pub(super) struct Simulated {
    runtime: Runtime,
    /// Unix seconds.
    now: Arc<AtomicU64>,
    chain: Chain,
    evm_chain: EvmChain,
    solana_node: Router,
    evm_node: Router,
    office: Office,
    facilitator: FaultyFacilitator,
    honest_facilitator: FaultyFacilitator,
    seller: FaultySeller,
    honest_seller: FaultySeller,
    routers: Routers,
    ways: Ways,
    /// Work, and when it is due, in Unix seconds.
    later: Vec<(u64, Afterwards)>,
    settled_later: u64,
    node_failures: u64,
    /// When each blockhash is good, in Unix seconds.
    blockhashes: HashMap<String, (u64, u64)>,
    /// Payments that came and have not settled.
    unsettled: Vec<Payment>,
    settlements: Vec<Settlement>,
}

/// Servers without faults.
struct Routers {
    seller: Router,
    facilitator: Router,
}

/// How a history goes wrong.
#[derive(Debug, Default)]
struct Ways {
    seller: Vec<String>,
    facilitator: Vec<String>,
    has_nodes: bool,
    /// Of a hundred questions to a node, so many fail.
    nodes_fail: usize,
    /// Whether answers have no date.
    is_dateless: bool,
    is_over: bool,
}

impl Simulated {
    /// Opens one that sells for this coin.
    pub(super) fn open(coin: Coin, seed: u64) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let now = Arc::new(AtomicU64::new(BEGINNING));
        let clock = clock(&now);
        let genesis = Clock::new(|| Duration::from_secs(GENESIS));
        let config = ChainConfig { clock: genesis, seed: Some(seed), ..ChainConfig::default() };
        let chain = Chain::new(config).expect("a chain");
        let evm_chain = EvmChain::new(EvmChainConfig::manual(BEGINNING));
        let solana_node = chain::rpc::router(chain.clone());
        let evm_node = evm_chain::rpc::router(evm_chain.clone());
        let (solana_url, evm_url) =
            (serve(&runtime, solana_node.clone()), serve(&runtime, evm_node.clone()));

        let fee_payer = Keypair::new_from_array(keys::facilitator().to_bytes());
        chain.fund_sol(&fee_payer.pubkey(), u64::MAX / 8).expect("lamports");
        let wallet = evm_chain::Wallet::from_bytes(&[2; 32]).expect("a key");
        evm_chain.fund_eth(wallet.address(), U256::MAX >> 1);
        let solana =
            SolanaConfig { clock: clock.clone(), ..SolanaConfig::new(fee_payer, solana_url) };
        let evm = EvmConfig { clock: clock.clone(), ..EvmConfig::new(wallet, evm_url) };
        let solana_url = solana.rpc_url.clone();
        let facilitator =
            Facilitator::new(FacilitatorConfig { solana: Some(solana), evm: Some(evm) });
        let facilitator = facilitator::router(facilitator);
        let honest_facilitator = FaultyFacilitator::new(facilitator.clone(), Faults::default());
        let office = Office::new(honest_facilitator.clone());
        let (listener, facilitator_url) = listen(&runtime);
        runtime.spawn(fault::serve(listener, office.clone()));

        let mut config = SellerConfig::new(facilitator_url);
        config.rpc_url = Some(solana_url);
        config.routes = routes(coin, &chain, [1000, 1500, 2000][seed as usize % 3]);
        let seller = seller::router(Seller::new(config));
        let honest_seller = FaultySeller::new(seller.clone(), Faults::default());
        fund_device(&chain, &evm_chain);
        let mut market = Simulated {
            runtime,
            now,
            chain,
            evm_chain,
            solana_node,
            evm_node,
            office,
            facilitator: honest_facilitator.clone(),
            honest_facilitator,
            seller: honest_seller.clone(),
            honest_seller,
            routers: Routers { seller, facilitator },
            ways: Ways::default(),
            later: Vec::new(),
            settled_later: 0,
            node_failures: 0,
            blockhashes: HashMap::new(),
            unsettled: Vec::new(),
            settlements: Vec::new(),
        };
        market.set_time(BEGINNING);
        market
    }

    fn time(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Lets the chains come to this time.
    fn set_time(&mut self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
        let slot = (now - GENESIS) * 1000 / SLOT;
        let passed = slot.saturating_sub(self.chain.slot(CommitmentLevel::Processed));
        self.chain.advance(passed);
        self.evm_chain.set_timestamp(now);
        self.evm_chain.mine();
        self.learn_blockhashes();
    }

    /// Somebody may hear of the newest ones.
    fn learn_blockhashes(&mut self) {
        use CommitmentLevel::{Confirmed, Finalized, Processed};
        for level in [Processed, Confirmed, Finalized] {
            let blockhash = self.chain.latest_blockhash(level);
            let void = (blockhash.last_valid_block_height + 1) * SLOT;
            let void = GENESIS + void.div_ceil(1000);
            self.blockhashes.insert(blockhash.hash.to_string(), (0, void));
        }
    }

    /// Does the work that is due first, at its time.
    fn work(&mut self, now: u64) -> bool {
        let due = |(_, (at, _)): &(usize, &(u64, Afterwards))| *at;
        let Some((index, _)) = self.later.iter().enumerate().min_by_key(due) else { return false };
        if self.later[index].0 > now {
            return false;
        }
        let (at, Afterwards { work, .. }) = self.later.remove(index);
        self.set_time(at.max(self.time()));
        self.runtime.block_on(work);
        let settled = self.settlements.len();
        self.note_settlements();
        self.settled_later += (self.settlements.len() - settled) as u64;
        true
    }

    /// Asks the chains what has become of payments.
    fn note_settlements(&mut self) {
        let (unsettled, settled) =
            std::mem::take(&mut self.unsettled).into_iter().partition(|it| !self.has_settled(it));
        self.unsettled = unsettled;
        let settled: Vec<Payment> = settled;
        let at = self.time();
        self.settlements.extend(settled.into_iter().map(|payment| {
            let Payment { id, coin, amount, .. } = payment;
            Settlement { id, coin, amount, at }
        }));
    }

    fn has_settled(&self, payment: &Payment) -> bool {
        match payment.coin {
            Coin::Solana => {
                let transaction: Signature = payment.transaction.parse().expect("a signature");
                let landed = self.chain.transaction(&transaction);
                landed.is_some_and(|landed| landed.transaction.meta.status.is_ok())
            }
            Coin::Evm => {
                let payment = payment.value();
                let authorization = &payment["payload"]["authorization"];
                let text = |name: &str| authorization[name].as_str().expect("a text");
                let from = text("from").parse().expect("an address");
                let nonce = text("nonce").parse().expect("a nonce");
                self.evm_chain.authorization_used(from, nonce)
            }
        }
    }

    /// The seller's answer.
    fn sell(&mut self, request: &SentRequest) -> Answer {
        let request = conversation::request(request);
        let seller = if self.ways.is_over { &self.honest_seller } else { &self.seller };
        let Answered { response, delay, .. } =
            self.runtime.block_on(seller.clone().answer(request));
        let what = match &response {
            Ok(response) => format!("answers {}", response.status()),
            Err(severed) => severed.to_string(),
        };
        let date = (!self.ways.is_dateless).then(|| self.time());
        let reply = self.runtime.block_on(conversation::reply(response, date));
        let Left { delay: at_office, afterwards } = self.office.left();
        let now = self.time();
        self.later.extend(afterwards.into_iter().map(|work| (now + work.delay.as_secs(), work)));
        let delay = (delay + at_office).as_millis() as u64;
        Answer { what: format!("{what} after {delay} ms"), reply, delay }
    }

    /// A node's answer.
    fn node(&mut self, node: Router, request: &SentRequest, fails: bool) -> Answer {
        self.node_failures += u64::from(fails);
        let response = match fails {
            true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            false => match self.runtime.block_on(node.oneshot(conversation::request(request))) {
                Ok(response) => response,
                Err(never) => match never {},
            },
        };
        let reply: Reply =
            self.runtime.block_on(conversation::reply(Ok(response), Some(self.time())));
        Answer::new(if fails { "fails" } else { "answers" }, reply)
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
        self.ways = Ways {
            seller: draw::<SellerFault>(dice, 6, 60),
            facilitator: draw::<FacilitatorFault>(dice, 4, 50),
            has_nodes: dice.below(4) != 0,
            nodes_fail: roll(dice, 40),
            is_dateless: dice.below(8) == 0,
            is_over: false,
        };
        let seed = dice.below(1 << 31) as u64;
        let seller_faults = faults(&self.ways.seller, seed);
        let seller = FaultySeller::new(self.routers.seller.clone(), seller_faults);
        self.seller = seller.with_clock(clock(&self.now));
        let facilitator_faults = faults(&self.ways.facilitator, seed);
        let facilitator = self.routers.facilitator.clone();
        self.facilitator = FaultyFacilitator::new(facilitator, facilitator_faults);
        self.office.change(self.facilitator.clone());
        format!("{:?}", self.ways)
    }

    fn behave(&mut self) {
        (self.ways.is_over, self.ways.nodes_fail, self.ways.is_dateless) = (true, 0, false);
        self.office.change(self.honest_facilitator.clone());
    }

    fn pass(&mut self, now: u64) {
        while self.work(now) {}
        if now > self.time() {
            self.set_time(now);
        }
    }

    fn payment(&self, request: &SentRequest) -> Option<Payment> {
        Payment::read(request, |transaction| OnSolana {
            valid: self.blockhashes[&transaction.message.recent_blockhash],
            transaction: keys::settle(transaction.message_bytes()),
        })
    }

    fn answer(&mut self, question: Question<'_>, now: u64, dice: &mut Dice) -> Answer {
        self.pass(now);
        let fails = dice.below(100) < self.ways.nodes_fail;
        match question.host {
            "solana.node" => return self.node(self.solana_node.clone(), question.request, fails),
            "evm.node" => return self.node(self.evm_node.clone(), question.request, fails),
            _ => {}
        }
        if let Some(payment) = question.payment {
            let is_known = |id: &String| *id == payment.id;
            let mut settled = self.settlements.iter().map(|settlement| &settlement.id);
            let mut unsettled = self.unsettled.iter().map(|payment| &payment.id);
            if !settled.any(is_known) && !unsettled.any(is_known) {
                self.unsettled.push(payment.clone());
            }
        }
        let answer = self.sell(question.request);
        self.note_settlements();
        answer
    }

    fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    fn moved(&self, coin: Coin) -> u64 {
        let left: u64 = match coin {
            Coin::Solana => self.chain.token_balance(&device(), &chain::genesis::USDC),
            Coin::Evm => self.evm_chain.token_balance(evm_device()).to(),
        };
        FUNDS - left
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

fn clock(now: &Arc<AtomicU64>) -> Clock {
    let now = now.clone();
    Clock::new(move || Duration::from_secs(now.load(Ordering::Relaxed)))
}

fn listen(runtime: &Runtime) -> (TcpListener, String) {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

fn serve(runtime: &Runtime, router: Router) -> String {
    let (listener, url) = listen(runtime);
    runtime.spawn(axum::serve(listener, router).into_future());
    url
}

/// Three things at one price, the last in version 1 of the protocol.
fn routes(coin: Coin, chain: &Chain, price: u64) -> Vec<Route> {
    let pay_to = Keypair::new_from_array([9; 32]).pubkey();
    chain.fund_token(&pay_to, &chain::genesis::USDC, 0).expect("an account");
    let accept = match coin {
        Coin::Solana => accept(chain::genesis::USDC, pay_to, price),
        Coin::Evm => evm_accept(evm_chain::Address::repeat_byte(9), price),
    };
    let accept = Accept { max_timeout_seconds: Some(TIMEOUT), ..accept };
    let things = [("/a", Version::V2), ("/b", Version::V2), ("/c", Version::V1)];
    let route =
        |(path, version)| Route { version, ..Route::new(path, Resource::Weather, accept.clone()) };
    things.map(route).into()
}

fn device() -> Address {
    keys::DEVICE.parse().expect("an address")
}

fn evm_device() -> evm_chain::Address {
    keys::EVM_DEVICE.parse().expect("an address")
}

fn fund_device(chain: &Chain, evm_chain: &EvmChain) {
    chain.fund_token(&device(), &chain::genesis::USDC, FUNDS).expect("tokens");
    evm_chain.fund_token(evm_device(), U256::from(FUNDS)).expect("tokens");
}
