//! Customers with journals: each has wallets of its own, and one thing to buy.

use std::path::PathBuf;
use std::sync::Arc;

use embedded_x402::client::{Doubt, Error as ClientError, Outcome};
use embedded_x402::io::Error;
use embedded_x402::journal::{OpenPayment, Standing};
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::device::{Device, DeviceJournal, Purchase};
use embedded_x402_sim::market::Payees;
use embedded_x402_sim::seller::{Resource, Route};
use embedded_x402_sim::x402::Version;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::PROMPTLY;
use crate::shop::{
    CAP, FUNDS, PRICE, Shop, VERSIONS, accept, address_of, device, dollars, evm_accept,
    evm_address_of,
};

/// Milliseconds that they wait in all: no test depends on how fast the machine is.
const PATIENCE: u32 = 60_000;

/// Where a payment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnChain {
    Solana,
    Evm,
}

/// Both.
pub(crate) const CHAINS: [OnChain; 2] = [OnChain::Solana, OnChain::Evm];

/// A device with a journal, and what it buys.
pub(crate) struct Customer {
    pub(crate) device: Device,
    pub(crate) version: Version,
    pub(crate) chain: OnChain,
    pub(crate) path: String,
    directory: TempDir,
}

/// What a customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// That the payment has settled.
    Settled,
    /// The resource, and that the payment may or may not have settled.
    Delivered(Doubt),
    /// That the seller refuses the payment.
    Refused,
    /// Nothing that holds.
    Nothing,
}

/// The weather in both versions, on both chains.
pub(crate) fn routes(payees: &Payees) -> Vec<Route> {
    let accept = |chain| match chain {
        OnChain::Solana => accept(genesis::USDC, payees.solana, PRICE),
        OnChain::Evm => evm_accept(payees.evm, PRICE),
    };
    let route = |(version, chain)| Route {
        version,
        ..Route::new(path(version, chain), Resource::Weather, accept(chain))
    };
    each().map(route).collect()
}

/// One customer for each of the routes.
pub(crate) async fn one_for_each(shop: &Shop) -> Vec<Customer> {
    let mut customers = Vec::new();
    for (version, chain) in each() {
        customers.push(Customer::new(shop, version, chain).await);
    }
    customers
}

fn each() -> impl Iterator<Item = (Version, OnChain)> {
    VERSIONS.into_iter().flat_map(|version| CHAINS.map(|chain| (version, chain)))
}

fn path(version: Version, chain: OnChain) -> String {
    format!("/v{}/{chain:?}", u8::from(version))
}

impl Customer {
    /// With money on both chains, and an empty journal. They send a payment once a purchase.
    pub(crate) async fn new(shop: &Shop, version: Version, chain: OnChain) -> Self {
        let mut device = device(dollars(CAP));
        device.solana_rpc = shop.device.solana_rpc.clone();
        device.timeouts.total = PATIENCE;
        device.resends = false;
        let market = &shop.market;
        market.chain.fund_token(&address_of(&device), &genesis::USDC, FUNDS).unwrap();
        market.evm_chain.fund_token(evm_address_of(&device), FUNDS.try_into().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut customer =
            Customer { device, version, chain, path: path(version, chain), directory };
        customer.restart().await;
        customer
    }

    fn journal_file(&self) -> PathBuf {
        self.directory.path().join("journal")
    }

    /// Leaves the journal to others, who find it in this file.
    pub(crate) fn close_journal(&mut self) -> String {
        self.device.journal = None;
        self.journal_file().to_str().unwrap().to_owned()
    }

    /// Cuts the power, and starts again with what is in the journal.
    pub(crate) async fn restart(&mut self) {
        self.device.journal = None;
        let journal = DeviceJournal::open(&self.journal_file()).await.unwrap();
        self.device.journal = Some(Arc::new(Mutex::new(journal)));
    }

    pub(crate) async fn buy(&self, shop: &Shop) -> Purchase {
        self.device.get(&shop.market.url(&self.path)).await.unwrap()
    }

    /// What the customer has less than at first, on the chain of their purchase.
    pub(crate) fn spent(&self, shop: &Shop) -> u64 {
        let (market, device) = (&shop.market, &self.device);
        let left: u64 = match self.chain {
            OnChain::Solana => market.chain.token_balance(&address_of(device), &genesis::USDC),
            OnChain::Evm => market.evm_chain.token_balance(evm_address_of(device)).to(),
        };
        FUNDS - left
    }

    /// A seller may be settling yet when the device has given up.
    pub(crate) async fn wait_until_spent(&self, shop: &Shop, spent: u64) {
        let settling = async {
            while self.spent(shop) != spent {
                tokio::task::yield_now().await;
            }
        };
        let settled = timeout(PROMPTLY, settling).await;
        assert!(settled.is_ok(), "{}: spent {}, not {spent}", self.path, self.spent(shop));
    }

    /// What the journal says.
    pub(crate) async fn open_payments(&self) -> Vec<OpenPayment> {
        let journal = self.device.journal.as_ref().unwrap().lock().await;
        journal.journal.open_payments().to_vec()
    }

    /// Whether exactly one payment of [`PRICE`] is open, and stands like this; or none is.
    pub(crate) async fn assert_open(&self, standing: Option<Standing>) {
        let open = self.open_payments().await;
        let found: Vec<_> = open.iter().map(|open| (open.standing, open.amount)).collect();
        let expected: Vec<_> = standing.into_iter().map(|standing| (standing, PRICE)).collect();
        assert_eq!(found, expected, "{}", self.path);
    }
}

impl From<&Purchase> for Told {
    fn from(purchase: &Purchase) -> Self {
        match &purchase.result {
            Ok(body) => match &body.outcome {
                Outcome::Settled(_) => Told::Settled,
                Outcome::Unknown(doubt) => Told::Delivered(*doubt),
                Outcome::NotPaid => panic!("nothing was paid"),
            },
            Err(Error::Exchange(ClientError::Refused(_))) => Told::Refused,
            Err(error) if error.unsettled().is_some() => Told::Nothing,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Told {
    /// How an open payment then stands in the journal, if it is open.
    pub(crate) fn standing(self) -> Option<Standing> {
        match self {
            Told::Settled | Told::Delivered(_) => None,
            Told::Refused => Some(Standing::Refused),
            Told::Nothing => Some(Standing::Unknown),
        }
    }
}
