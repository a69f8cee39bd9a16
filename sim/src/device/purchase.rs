//! One purchase: a request by the no_std client, and everything worth telling of it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use embedded_x402::client::{Doubt, Method, Outcome, Request};
use embedded_x402::codec::json::JsonStr;
use embedded_x402::io::{Client, ClientMemory, Error, Tcp, Timeouts};
use embedded_x402::policy::{Approve, Offer, PaymentPolicy, Rule};
use embedded_x402::wire::{Network, SettlementResponse};
use getrandom::SysRng;
use tokio::sync::Mutex;

use super::delay::DeviceDelay;
use super::keys::{Keys, KeysError};
use super::policy::list;
use super::{DeviceJournal, Observed, PolicyRule, TokioNetwork, Traffic};

/// The most that is read of a resource.
const RESOURCE_LIMIT: usize = 64 * 1024 * 1024;

/// A device that buys, one thing at a time. Clones have copies of its keys, policy and settings; its
/// memory and its journal are shared, so that clones on the same keys don't sign one transaction twice.
#[derive(Clone)]
pub struct Device {
    /// Its wallet.
    pub keys: Keys,
    /// What it may pay.
    pub policy: Vec<PolicyRule>,
    /// The Solana RPC node that it asks for what sellers don't supply.
    pub solana_rpc: Option<String>,
    /// The EVM RPC node that it asks what became of a payment that expired.
    pub evm_rpc: Option<String>,
    /// Its clock, in Unix seconds: the host's, if not replaced. One that says `None` makes it go by
    /// the `Date` of sellers.
    pub clock: Clock,
    /// How many received bytes the client gets at a time; 0 sets no limit.
    pub fragment: usize,
    /// How long it waits.
    pub timeouts: Timeouts,
    /// Whether a payment without an answer is sent again until the time is up, as it is with a
    /// journal. Else the purchase ends where the pause before that would begin, as if the time were
    /// up; the next purchase sends the payment again.
    pub resends: bool,
    /// What it keeps from one purchase to the next: without it, two equal payments on one blockhash
    /// would be one transaction.
    memory: Arc<Mutex<ClientMemory>>,
    /// Where it keeps payments in flight and what was spent, if it does.
    pub journal: Option<Arc<Mutex<DeviceJournal>>>,
}

/// Tells Unix time in seconds, if it knows it.
pub type Clock = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// What became of a request.
#[derive(Debug)]
pub struct Purchase {
    /// The status, body and outcome, or why there is none.
    pub result: Result<Body, Error>,
    /// What was asked for and approved.
    pub offer: Option<ApprovedOffer>,
    /// Bytes each way, questions to the RPC node included.
    pub traffic: Traffic,
    /// From the first byte to the last.
    pub elapsed: Duration,
}

/// An answer that was read to its end, or as far as it came.
#[derive(Debug, Clone)]
pub struct Body {
    /// The status code.
    pub status: u16,
    /// What became of the money.
    pub outcome: Outcome,
    /// The resource, or its beginning.
    pub bytes: Vec<u8>,
    /// Why there is no more of it, if it broke off. Nothing of what is known about the money is lost
    /// with the rest: an answer to which nothing was paid is an error instead.
    pub broken_off: Option<Error>,
}

/// What passed the policy.
#[derive(Debug, Clone)]
pub struct ApprovedOffer {
    /// The network.
    pub network: Network,
    /// What people call the asset.
    pub symbol: String,
    /// The token's mint or contract.
    pub asset: String,
    /// The price in atomic units.
    pub amount: u64,
    /// Who is paid.
    pub pay_to: String,
}

impl Device {
    /// A device with this wallet and policy.
    pub fn new(keys: Keys, policy: Vec<PolicyRule>) -> Self {
        Device {
            keys,
            policy,
            solana_rpc: None,
            evm_rpc: None,
            clock: Arc::new(host_time),
            fragment: 0,
            timeouts: Timeouts::default(),
            resends: true,
            memory: Arc::default(),
            journal: None,
        }
    }

    /// Buys by `GET`.
    ///
    /// # Errors
    /// As [`buy`](Self::buy).
    pub async fn get(&self, url: &str) -> Result<Purchase, KeysError> {
        self.buy(&Request::new(Method::Get, url)).await
    }

    /// Makes a request, and pays for it within the policy.
    ///
    /// # Errors
    /// [`KeysError`] if there are no signers with its keys; what befalls the request is in the
    /// [`Purchase`].
    pub async fn buy(&self, request: &Request<'_>) -> Result<Purchase, KeysError> {
        let lists: Vec<_> =
            self.policy.iter().map(|rule| (list(&rule.pay_to), list(&rule.origins))).collect();
        let rules = self.policy.iter().zip(&lists);
        let rules: Vec<Rule<'_>> = rules.map(|(rule, (to, from))| rule.borrow(to, from)).collect();
        let policy = PaymentPolicy { rules: &rules };
        let wallet = self.keys.wallet()?;
        let transport = Observed::new(Tcp::new(TokioNetwork, TokioNetwork), self.fragment);
        let mut memory = self.memory.lock().await;
        let mut narrator = Narrator::default();
        let delay = DeviceDelay::new(&self.timeouts, self.resends);
        let mut client = Client::new(&transport, &policy, wallet, SysRng, delay, &mut memory)
            .with_clock(&*self.clock)
            .with_approval(&mut narrator)
            .with_timeouts(self.timeouts);
        if let Some(url) = &self.solana_rpc {
            client = client.with_solana_rpc(url);
        }
        if let Some(url) = &self.evm_rpc {
            client = client.with_evm_rpc(url);
        }
        let start = Instant::now();
        let result = match &self.journal {
            None => read(client.send(request).await).await,
            Some(journal) => {
                let mut journal = journal.lock().await;
                let uptime = journal.uptime();
                let mut client = client.with_journal(&mut journal.journal, &uptime);
                read(client.send(request).await).await
            }
        };
        let elapsed = start.elapsed();
        Ok(Purchase { result, offer: narrator.offer, traffic: transport.traffic(), elapsed })
    }
}

fn host_time() -> Option<u64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|time| time.as_secs())
}

type ClientResponse<'c, C> = embedded_x402::io::Response<'c, C, DeviceDelay>;

async fn read<C: embedded_io_async::Read>(
    response: Result<ClientResponse<'_, C>, Error>,
) -> Result<Body, Error> {
    let mut response = response?;
    let (bytes, broken_off) = read_body(&mut response).await;
    let (status, outcome) = (response.status(), response.outcome().clone());
    match broken_off {
        Some(error) if outcome == Outcome::NotPaid => Err(error),
        broken_off => Ok(Body { status, outcome, bytes, broken_off }),
    }
}

/// What came of the resource, and why there is no more of it, if it broke off.
async fn read_body<C: embedded_io_async::Read>(
    response: &mut ClientResponse<'_, C>,
) -> (Vec<u8>, Option<Error>) {
    let mut bytes = Vec::new();
    let mut window = [0; 4096];
    while bytes.len() <= RESOURCE_LIMIT {
        match response.read(&mut window).await {
            Ok(0) => return (bytes, None),
            Ok(read) => bytes.extend_from_slice(&window[..read]),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, Some(Error::BodyTooLarge { capacity: RESOURCE_LIMIT }))
}

/// Approves everything, and remembers what it was.
#[derive(Debug, Default)]
struct Narrator {
    offer: Option<ApprovedOffer>,
}

impl Approve for Narrator {
    async fn approve(&mut self, offer: &Offer<'_>) -> bool {
        let pay_to: JsonStr<'_> = offer.pay_to;
        let approved = ApprovedOffer {
            network: offer.network,
            symbol: offer.symbol.to_owned(),
            asset: offer.asset.to_owned(),
            amount: offer.amount.0,
            pay_to: pay_to.chars().collect(),
        };
        tracing::info!(
            network = %approved.network, asset = approved.asset, amount = approved.amount,
            pay_to = approved.pay_to, "the policy allows the payment"
        );
        self.offer = Some(approved);
        true
    }
}

impl Purchase {
    /// The receipt, if the payment settled.
    pub fn receipt(&self) -> Option<&SettlementResponse> {
        match &self.result {
            Ok(Body { outcome: Outcome::Settled(receipt), .. }) => Some(receipt),
            _ => None,
        }
    }

    /// Why it is unknown whether money moves, if it is.
    pub fn doubt(&self) -> Option<Doubt> {
        match &self.result {
            Ok(Body { outcome: Outcome::Unknown(doubt), .. }) => Some(*doubt),
            Ok(_) => None,
            Err(error) => error.unsettled(),
        }
    }
}

/// Bytes of everything that the client keeps, but for the buffer for sending and receiving: the
/// same for every purchase, and on a 32-bit device less.
pub const fn client_state_bytes() -> usize {
    const BUFFER: usize = 1024;
    size_of::<ClientMemory>() - BUFFER + size_of::<embedded_x402::client::Exchange<'static>>()
}
