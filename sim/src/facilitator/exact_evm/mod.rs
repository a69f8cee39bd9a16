//! The `exact` scheme on an EVM chain, by EIP-3009.
//!
//! A payment's authorization is read (`authorization`) and held against the requirements check by
//! check (`checks`); the chain is asked who made the signature, if the payer is a contract, and
//! whether the transfer would succeed (`simulation`). Settling (`settlement`) puts it into a
//! transaction, whose gas the facilitator pays. Hashes and calls are made by `alloy` (`contract`).

mod authorization;
mod checks;
mod contract;
mod reason;
mod settlement;
mod simulation;

use std::time::Duration;

use alloy_primitives::Address;
use futures_util::future::BoxFuture;

use self::authorization::Authorization;
use self::contract::Erc1271;
use self::reason::Reason;
use self::settlement::Settlements;
use super::reason::Condition;
use super::request::Payment;
use super::rpc::EvmRpc;
use super::{CONFIRMATION_TIMEOUT, Mechanism, POLL_INTERVAL, SCHEME, verdict};
use crate::clock::Clock;
use crate::evm_chain::Wallet;
use crate::x402::{EvmNetwork, SettleResponse, SupportedKind, VerifyResponse, Version};

/// What a contract answers to a signature that it accepts.
const ERC_1271_ACCEPTED: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// What a facilitator serves on an EVM chain and with which means.
pub struct EvmConfig {
    /// The chain that it accepts payments for; the RPC must be that chain's.
    pub network: EvmNetwork,
    /// The key that sends the transactions and pays for their gas.
    pub wallet: Wallet,
    /// The chain's JSON-RPC.
    pub rpc_url: String,
    /// How long a sent transaction may take to be mined.
    pub confirmation_timeout: Duration,
    /// The pause between two looks at a sent transaction.
    pub poll_interval: Duration,
    /// What authorizations are compared with, as the reference does.
    pub clock: Clock,
}

impl EvmConfig {
    /// A facilitator of Base Sepolia.
    pub fn new(wallet: Wallet, rpc_url: impl Into<String>) -> Self {
        Self {
            network: EvmNetwork::BASE_SEPOLIA,
            wallet,
            rpc_url: rpc_url.into(),
            confirmation_timeout: CONFIRMATION_TIMEOUT,
            poll_interval: POLL_INTERVAL,
            clock: Clock::host(),
        }
    }
}

/// Verifies and settles payments on an EVM chain.
pub(super) struct ExactEvm {
    config: EvmConfig,
    rpc: EvmRpc,
    settlements: Settlements,
}

type Refusal = verdict::Refusal<Reason>;

impl Mechanism for ExactEvm {
    fn kinds(&self) -> Vec<SupportedKind> {
        let network = self.config.network;
        let v1 = network.v1_name().map(|name| (1, name.to_owned()));
        let names = [(2, network.caip2())].into_iter().chain(v1);
        names
            .map(|(x402_version, network)| SupportedKind {
                x402_version,
                scheme: SCHEME.to_owned(),
                network,
                extra: None,
            })
            .collect()
    }

    fn signer(&self) -> (&'static str, String) {
        ("eip155:*", self.address().to_string())
    }

    fn verify<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, VerifyResponse> {
        Box::pin(async {
            match self.examine(payment).await {
                Ok(_) => verdict::valid(checks::payer(payment).unwrap_or_default()),
                Err(refusal) => Refusal { payer: checks::payer(payment), ..refusal }
                    .into_response(payment.version),
            }
        })
    }

    fn settle<'a>(&'a self, payment: &'a Payment) -> BoxFuture<'a, SettleResponse> {
        Box::pin(self.settle_payment(payment))
    }
}

impl ExactEvm {
    /// A facilitator that has settled nothing yet.
    pub(super) fn new(config: EvmConfig) -> Self {
        let rpc = EvmRpc::new(&config.rpc_url);
        Self { config, rpc, settlements: Settlements::default() }
    }

    fn address(&self) -> Address {
        self.config.wallet.address()
    }

    /// Every check there is.
    async fn examine(&self, payment: &Payment) -> Result<Authorization, Refusal> {
        let authorization = checks::read(payment, self.config.network.chain_id)?;
        self.is_signed(&authorization).await?;
        checks::check(&authorization, payment, self.config.clock.now().as_secs())?;
        // Without a contract the simulation succeeds; version 1 of the reference leaves it at that,
        // and finds out when the token does not say that it has moved.
        if payment.version == Version::V2 {
            self.token_exists(&authorization).await?;
        }
        self.simulates(&authorization).await?;
        Ok(authorization)
    }

    /// Who has code is asked; for everybody else, the key's own signature counts.
    async fn is_signed(&self, authorization: &Authorization) -> Result<(), Refusal> {
        let payer = authorization.transfer.from;
        let code = self.rpc.code(payer).await;
        let code = code.map_err(|error| Refusal::from(Reason::Signature).because(error))?;
        if !code.is_empty() {
            return self.is_accepted_by_wallet(payer, authorization).await;
        }
        (!authorization.deploys_its_wallet()).or(Reason::FactoryNotAllowed)?;
        Ok(authorization.is_signed_by_payer().or(Reason::Signature)?)
    }

    async fn is_accepted_by_wallet(
        &self,
        wallet: Address,
        authorization: &Authorization,
    ) -> Result<(), Refusal> {
        let question = Erc1271::isValidSignatureCall {
            hash: authorization.digest(),
            signature: authorization.signature().clone(),
        };
        match self.rpc.call(self.address(), wallet, &question).await {
            Ok(answer) => Ok((answer.0 == ERC_1271_ACCEPTED).or(Reason::Signature)?),
            Err(error) => Err(Refusal::from(Reason::Signature).because(error)),
        }
    }

    async fn token_exists(&self, authorization: &Authorization) -> Result<(), Refusal> {
        match self.rpc.code(authorization.token.address).await {
            Ok(code) => Ok((!code.is_empty()).or(Reason::AssetNotDeployed)?),
            Err(error) => Err(Refusal::from(Reason::SimulationFailed).because(error)),
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
