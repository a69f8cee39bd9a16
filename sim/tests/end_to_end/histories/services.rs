//! The servers that speak over loopback, on a runtime that runs only while the history waits for it.

use axum::Router;
use embedded_x402_sim::chain::{self, Chain};
use embedded_x402_sim::evm_chain::{self, U256, Wallet};
use embedded_x402_sim::facilitator::{
    self, EvmConfig, Facilitator, FacilitatorConfig, SolanaConfig,
};
use embedded_x402_sim::fault;
use embedded_x402_sim::seller::{self, Accept, Resource, Route, Seller, SellerConfig};
use embedded_x402_sim::x402::Version;
use embedded_x402_tests::histories::Coin;
use embedded_x402_tests::histories::market::TIMEOUT;
use embedded_x402_tests::keys;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::chains::Chains;
use super::office::Office;
use crate::shop::{accept, evm_accept};

/// Lamports of the facilitator: enough for any history's fees.
const FEE_PAYER_FUNDS: u64 = 1_000_000_000_000;

/// Wei of the facilitator: an ether.
const GAS_FUNDS: u64 = 1_000_000_000_000_000_000;

/// Servers without faults; they end when it is dropped.
pub(super) struct Services {
    pub(super) solana_node: Router,
    pub(super) evm_node: Router,
    pub(super) facilitator: Router,
    /// What the seller takes for the facilitator.
    pub(super) office: Office,
    pub(super) seller: Router,
    runtime: Runtime,
}

impl Services {
    /// Starts them, with a seller that takes this coin.
    pub(super) fn start(chains: &Chains, coin: Coin, price: u64) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let solana_node = chain::rpc::router(chains.solana.clone());
        let evm_node = evm_chain::rpc::router(chains.evm.clone());
        let solana_url = serve(&runtime, solana_node.clone());
        let evm_url = serve(&runtime, evm_node.clone());
        let facilitator = facilitator::router(facilitator(chains, &solana_url, &evm_url));
        let office = Office::new(facilitator.clone());
        let (listener, url) = listen(&runtime);
        runtime.spawn(fault::serve(listener, office.clone()));
        let mut config = SellerConfig::new(url);
        config.rpc_url = Some(solana_url);
        config.routes = routes(coin, &chains.solana, price);
        let seller = seller::router(Seller::new(config));
        Services { solana_node, evm_node, facilitator, office, seller, runtime }
    }

    /// Lets them run until this is done.
    pub(super) fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

fn listen(runtime: &Runtime) -> (TcpListener, String) {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

/// Serves a node whose blocks don't pass by themselves.
fn serve(runtime: &Runtime, router: Router) -> String {
    let (listener, url) = listen(runtime);
    runtime.spawn(axum::serve(listener, router).into_future());
    url
}

/// A facilitator with money for fees and gas.
fn facilitator(chains: &Chains, solana_url: &str, evm_url: &str) -> Facilitator {
    let fee_payer = Keypair::new_from_array(keys::facilitator().to_bytes());
    chains.solana.fund_sol(&fee_payer.pubkey(), FEE_PAYER_FUNDS).expect("lamports");
    let wallet = Wallet::from_bytes(&[2; 32]).expect("a key");
    chains.evm.fund_eth(wallet.address(), U256::from(GAS_FUNDS));
    let solana = SolanaConfig { clock: chains.clock(), ..SolanaConfig::new(fee_payer, solana_url) };
    let evm = EvmConfig { clock: chains.clock(), ..EvmConfig::new(wallet, evm_url) };
    Facilitator::new(FacilitatorConfig { solana: Some(solana), evm: Some(evm) })
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
