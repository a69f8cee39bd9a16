//! What the tests of payments on an EVM chain share: a chain with the real token, a good payment to
//! change, and contracts that are no tokens.
//!
//! The payments are hashed by the tests of the chain, from the definitions.

use alloy_primitives::{U256, hex};
use serde_json::{Value, json};

use super::super::Facilitator;
use super::super::testing::ScriptedNode;
use super::*;
use crate::evm_chain::payment::{Authorization as Signed, PURSE, Payment as Purchase, wallet};
use crate::evm_chain::{self, EvmChain, genesis};
use crate::listen::on_loopback;
use crate::x402::{FacilitatorRequest, Version};

pub(super) const AMOUNT: u64 = 1500;

/// A chain with a payment in preparation, and a facilitator.
pub(super) struct Bench {
    pub(super) purchase: Purchase,
    pub(super) facilitator: Facilitator,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let mut purchase = Purchase::new();
        // The chain's clock stands still in the future; the facilitator's is the wall's.
        purchase.authorization.valid_before = U256::from(u64::MAX);
        let facilitator = Facilitator::new(config(&serve(&purchase.chain).await));
        Self { purchase, facilitator }
    }

    pub(super) fn request(&self, version: Version) -> FacilitatorRequest {
        request(version, &self.purchase.authorization, &self.purchase.signature().as_bytes())
    }

    /// Why verifying and settling refuse this request, with which nothing moves.
    pub(super) async fn reason(&self, request: &FacilitatorRequest) -> String {
        let verified = self.facilitator.verify(request).await;
        assert!(!verified.is_valid);
        let settled = self.facilitator.settle(request).await;
        assert!(!settled.success);
        assert_eq!(settled.transaction, "");
        assert_eq!(verified.invalid_reason, settled.error_reason);
        assert_eq!(verified.payer, settled.payer);
        self.assert_nothing_moved();
        settled.error_reason.unwrap()
    }

    pub(super) fn assert_nothing_moved(&self) {
        let Purchase { chain, seller, authorization, .. } = &self.purchase;
        assert_eq!(chain.token_balance(*seller), U256::ZERO);
        assert_eq!(chain.token_balance(self.purchase.payer.address()), U256::from(PURSE));
        assert!(!chain.authorization_used(authorization.from, authorization.nonce));
        assert_eq!(chain.block_number(), 0);
    }
}

pub(super) fn config(url: &str) -> EvmConfig {
    let poll_interval = Duration::from_millis(1);
    EvmConfig { poll_interval, ..EvmConfig::new(wallet(2), url) }
}

pub(super) async fn serve(chain: &EvmChain) -> String {
    let (listener, url) = on_loopback().await.unwrap();
    tokio::spawn(evm_chain::rpc::serve(listener, chain.clone()));
    url
}

pub(super) fn requirements(version: Version, pay_to: Address) -> Value {
    let (network, amount) = match version {
        Version::V1 => ("base-sepolia", "maxAmountRequired"),
        Version::V2 => ("eip155:84532", "amount"),
    };
    json!({
        "scheme": "exact", "network": network, amount: AMOUNT.to_string(),
        "asset": genesis::USDC.to_string(), "payTo": pay_to.to_string(),
        "maxTimeoutSeconds": 60, "extra": {"name": "USDC", "version": "2"},
    })
}

pub(super) fn request(version: Version, signed: &Signed, signature: &[u8]) -> FacilitatorRequest {
    let requirements = requirements(version, signed.to);
    let payload = json!({
        "signature": hex::encode_prefixed(signature),
        "authorization": {
            "from": format!("{:?}", signed.from), "to": format!("{:?}", signed.to),
            "value": signed.value.to_string(), "validAfter": signed.valid_after.to_string(),
            "validBefore": signed.valid_before.to_string(), "nonce": signed.nonce.to_string(),
        },
    });
    let payment_payload = match version {
        Version::V1 => json!({
            "x402Version": 1, "scheme": "exact", "network": requirements["network"],
            "payload": payload,
        }),
        Version::V2 => json!({"x402Version": 2, "accepted": requirements, "payload": payload}),
    };
    FacilitatorRequest {
        x402_version: version.into(),
        payment_payload,
        payment_requirements: requirements,
    }
}

/// Runtime code of a contract that refuses everything.
pub(super) const REFUSES: [u8; 5] = hex!("60006000fd");

/// Runtime code of a contract that takes everything and does nothing.
pub(super) const DOES_NOTHING: [u8; 5] = hex!("6000600000");

/// A payment in a token that is no token.
pub(super) async fn in_token(
    version: Version,
    address: impl FnOnce(&Purchase) -> Address,
) -> (Bench, FacilitatorRequest) {
    let mut bench = Bench::new().await;
    let token = address(&bench.purchase);
    bench.purchase.authorization.token = token;
    let mut request = bench.request(version);
    request.payment_requirements["asset"] = json!(token.to_string());
    (bench, request)
}

/// Puts a contract of five bytes on the chain.
pub(super) fn deploy(purchase: &Purchase, code: [u8; 5]) -> Address {
    // PUSH5 code, PUSH0, MSTORE, PUSH1 5, PUSH1 27, RETURN.
    let input = [&hex!("64")[..], &code, &hex!("5f526005601bf3")].concat();
    let deployment = purchase.transaction(input.into());
    let to = alloy_primitives::TxKind::Create;
    let hash = purchase.send(alloy_consensus::TxEip1559 { to, ..deployment }).unwrap();
    let block = purchase.chain.transaction(hash).unwrap();
    block.mined.as_ref().unwrap().contract_address.unwrap()
}

/// A bench whose facilitator reaches the chain through a node that can be told what to say, and
/// looks once at what it has sent.
pub(super) async fn with_node() -> (ScriptedNode, Bench) {
    let mut bench = Bench::new().await;
    let node = ScriptedNode::in_front_of(serve(&bench.purchase.chain).await).await;
    let config = EvmConfig { confirmation_timeout: Duration::ZERO, ..config(&node.url) };
    bench.facilitator = Facilitator::new(config);
    (node, bench)
}
