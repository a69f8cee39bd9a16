//! Two chains, a facilitator and a seller on loopback, in this process: everything that a device
//! needs to buy from, for the demonstration and for tests.

use std::io;

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::task::JoinSet;

use crate::chain::{Chain, ChainConfig, ChainError, genesis, rpc};
use crate::evm_chain::{self, EvmChain, EvmChainConfig, U256, Wallet};
use crate::facilitator::{self, EvmConfig, Facilitator, FacilitatorConfig, SolanaConfig};
use crate::fault::{FacilitatorFault, Faults, SellerFault};
use crate::listen::on_loopback;
use crate::seller::{self, Route, Seller, SellerConfig};

/// Lamports that the facilitator begins with: enough for a hundred thousand fees.
const FEE_PAYER_FUNDS: u64 = 1_000_000_000;

/// Wei that the facilitator begins with: an ether.
const GAS_FUNDS: u64 = 1_000_000_000_000_000_000;

/// The running servers. They take no more connections when it is dropped; open ones are served on.
pub struct Market {
    /// Solana, to look at balances and to let time pass.
    pub chain: Chain,
    /// The EVM chain, for the same.
    pub evm_chain: EvmChain,
    /// The seller, to look at its sales.
    pub seller: Seller,
    /// Who is paid on Solana.
    pub pay_to: Address,
    /// Who is paid on the EVM chain.
    pub evm_pay_to: evm_chain::Address,
    /// Who pays the network's fees on Solana.
    pub fee_payer: Address,
    /// Who pays for gas on the EVM chain.
    pub evm_fee_payer: evm_chain::Address,
    /// Where Solana answers JSON-RPC.
    pub chain_url: String,
    /// Where the EVM chain answers JSON-RPC.
    pub evm_chain_url: String,
    /// Where the facilitator answers.
    pub facilitator_url: String,
    /// Where the seller answers.
    pub seller_url: String,
    _servers: JoinSet<io::Result<()>>,
}

/// What a market is opened with.
#[derive(Default)]
pub struct MarketConfig {
    /// Solana.
    pub chain: ChainConfig,
    /// The EVM chain.
    pub evm_chain: EvmChainConfig,
    /// Whether the facilitator is, on Solana, one of the first generation.
    pub legacy: bool,
    /// What goes wrong at the facilitator.
    pub facilitator_faults: Faults<FacilitatorFault>,
    /// What goes wrong at the seller.
    pub seller_faults: Faults<SellerFault>,
}

/// Who is paid, on each chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payees {
    /// On Solana; it has an account for each of the standard tokens.
    pub solana: Address,
    /// On the EVM chain.
    pub evm: evm_chain::Address,
}

/// Why a market can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarketError {
    /// The chain could not be set up.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The system had no random bytes for a key.
    #[error("making a key: {0}")]
    Random(#[from] getrandom::Error),
    /// A server could not listen on loopback.
    #[error("listening on loopback: {0}")]
    Io(#[from] io::Error),
}

impl Market {
    /// Opens one whose seller offers what `stock` makes of it: it is given the payees and the
    /// configuration to fill.
    ///
    /// # Errors
    /// [`MarketError`].
    pub async fn open(
        config: MarketConfig,
        stock: impl FnOnce(&Payees, &mut SellerConfig),
    ) -> Result<Self, MarketError> {
        let (chain, evm_chain) = (Chain::new(config.chain)?, EvmChain::new(config.evm_chain));
        let (fee_payer_key, evm_wallet) = (Keypair::new(), Wallet::random()?);
        let (fee_payer, evm_fee_payer) = (fee_payer_key.pubkey(), evm_wallet.address());
        chain.fund_sol(&fee_payer, FEE_PAYER_FUNDS)?;
        evm_chain.fund_eth(evm_fee_payer, U256::from(GAS_FUNDS));
        let payees = Payees::new(&chain)?;

        let mut servers = JoinSet::new();
        let (listener, chain_url) = on_loopback().await?;
        servers.spawn(rpc::serve(listener, chain.clone()));
        let (listener, evm_chain_url) = on_loopback().await?;
        servers.spawn(evm_chain::rpc::serve(listener, evm_chain.clone()));

        let (listener, facilitator_url) = on_loopback().await?;
        let solana =
            SolanaConfig { legacy: config.legacy, ..SolanaConfig::new(fee_payer_key, &chain_url) };
        let evm = EvmConfig::new(evm_wallet, &evm_chain_url);
        let facilitator =
            Facilitator::new(FacilitatorConfig { solana: Some(solana), evm: Some(evm) });
        let faults = config.facilitator_faults;
        servers.spawn(async { match facilitator::serve(listener, facilitator, faults).await {} });

        let (listener, seller_url) = on_loopback().await?;
        let mut seller_config = SellerConfig::new(&facilitator_url);
        seller_config.rpc_url = Some(chain_url.clone());
        stock(&payees, &mut seller_config);
        let seller = Seller::new(seller_config);
        let (served, faults) = (seller.clone(), config.seller_faults);
        servers.spawn(async { match seller::serve(listener, served, faults).await {} });

        Ok(Market {
            chain,
            evm_chain,
            seller,
            pay_to: payees.solana,
            evm_pay_to: payees.evm,
            fee_payer,
            evm_fee_payer,
            chain_url,
            evm_chain_url,
            facilitator_url,
            seller_url,
            _servers: servers,
        })
    }

    /// Opens one that sells by these routes.
    ///
    /// # Errors
    /// [`MarketError`].
    pub async fn with_routes(
        config: MarketConfig,
        routes: impl FnOnce(&Payees) -> Vec<Route>,
    ) -> Result<Self, MarketError> {
        Self::open(config, |payees, seller| seller.routes = routes(payees)).await
    }

    /// The URL of one of the seller's paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.seller_url)
    }
}

impl Payees {
    fn new(chain: &Chain) -> Result<Self, MarketError> {
        let solana = Keypair::new().pubkey();
        for (mint, _) in genesis::MINTS {
            chain.fund_token(&solana, &mint, 0)?;
        }
        Ok(Self { solana, evm: Wallet::random()?.address() })
    }
}
