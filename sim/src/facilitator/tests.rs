//! What comes before any chain: requests that are none, and networks that nobody serves.

use solana_signer::Signer;

use super::testing::Bench;
use super::*;
use crate::evm_chain::Wallet;
use crate::x402::{EvmNetwork, SolanaNetwork};

/// A facilitator of both chains that reaches neither.
fn facilitator(bench: &Bench) -> Facilitator {
    Facilitator::new(FacilitatorConfig {
        solana: Some(SolanaConfig::new(bench.fee_payer.insecure_clone(), NOWHERE)),
        evm: Some(EvmConfig::new(Wallet::from_bytes(&[7; 32]).unwrap(), NOWHERE)),
    })
}

const NOWHERE: &str = "http://127.0.0.1:1";

/// The reason for which verifying and settling a changed request are refused.
async fn reason(change: impl FnOnce(&mut FacilitatorRequest)) -> String {
    let bench = Bench::new();
    let mut request = bench.good_request();
    change(&mut request);
    let verified = facilitator(&bench).verify(&request).await;
    let settled = facilitator(&bench).settle(&request).await;
    assert!(!verified.is_valid && !settled.success);
    assert_eq!(verified.invalid_reason, settled.error_reason);
    assert_eq!(settled.transaction, "");
    settled.error_reason.unwrap()
}

#[tokio::test]
async fn requests_that_are_no_requests() {
    assert_eq!(reason(|request| request.x402_version = 3).await, "invalid_x402_version");
    let no_text = |request: &mut FacilitatorRequest| {
        request.payment_requirements["amount"] = json!(1000);
    };
    assert_eq!(reason(no_text).await, "invalid_payment_requirements");
}

#[tokio::test]
async fn networks_that_nobody_serves() {
    let mainnet = SolanaNetwork::Mainnet.caip2();
    for network in [mainnet, "eip155:8453", "base", "base-sepolia", "stellar:pubnet", ""] {
        let refused = reason(|request| {
            request.payment_payload["accepted"]["network"] = json!(network);
            request.payment_requirements["network"] = json!(network);
        });
        assert_eq!(refused.await, "invalid_network", "{network:?} in version 2");
    }
}

#[test]
fn both_chains_are_supported_in_both_versions() {
    let bench = Bench::new();
    let supported = facilitator(&bench).supported();
    let kinds = supported.kinds.iter();
    let kinds: Vec<_> = kinds.map(|kind| (kind.x402_version, kind.network.as_str())).collect();
    let (solana, evm) = (SolanaNetwork::Devnet, EvmNetwork::BASE_SEPOLIA);
    let expected = [
        (2, solana.caip2()),
        (1, solana.v1_name()),
        (2, &evm.caip2()),
        (1, evm.v1_name().unwrap()),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(supported.kinds[2].extra, None);
    let fee_payer = bench.fee_payer.pubkey().to_string();
    assert_eq!(supported.signers["solana:*"], json!([fee_payer]));
    let gas_payer = Wallet::from_bytes(&[7; 32]).unwrap().address().to_string();
    assert_eq!(supported.signers["eip155:*"], json!([gas_payer]));
}
