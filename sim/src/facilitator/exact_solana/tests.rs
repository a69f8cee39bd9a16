//! The facilitator against a node that says what it is told to.

use solana_signature::Signature;

use serde_json::json;

use super::super::reason::Reason as _;
use super::super::testing::{Bench, ScriptedNode, TOKEN};
use super::super::{Facilitator, serve};
use super::*;
use crate::fault::Faults;
use crate::listen::on_loopback;
use crate::x402::Version;

/// A facilitator that looks once at what it has sent.
fn facilitator(bench: &Bench, node: &ScriptedNode) -> Facilitator {
    Facilitator::new(config(bench, node))
}

fn config(bench: &Bench, node: &ScriptedNode) -> SolanaConfig {
    SolanaConfig {
        confirmation_timeout: Duration::ZERO,
        ..SolanaConfig::new(bench.fee_payer.insecure_clone(), &node.url)
    }
}

fn reason(answer: &VerifyResponse) -> &str {
    answer.invalid_reason.as_deref().unwrap_or_default()
}

fn error(answer: &SettleResponse) -> &str {
    answer.error_reason.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn a_good_payment_is_verified_and_names_its_payer() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let answer = facilitator(&bench, &node).verify(&bench.good_request()).await;
    let expected = VerifyResponse {
        is_valid: true,
        payer: Some(bench.client.pubkey().to_string()),
        ..VerifyResponse::default()
    };
    assert_eq!(answer, expected);
    let options = &node.calls("simulateTransaction")[0][1];
    assert_eq!(options["sigVerify"], false);
    assert_eq!(options["replaceRecentBlockhash"], false);
}

#[tokio::test]
async fn a_failing_simulation_has_other_words_in_v1() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = facilitator(&bench, &node);
    node.answer("simulateTransaction", json!({"value": {"err": "BlockhashNotFound"}}));
    let answer = facilitator.verify(&bench.good_request()).await;
    assert_eq!(reason(&answer), "invalid_exact_svm_transaction_simulation_failed");
    assert_eq!(answer.invalid_message.as_deref(), Some("\"BlockhashNotFound\""));
    assert_eq!(answer.payer, Some(bench.client.pubkey().to_string()));

    let transaction = bench.transaction(&bench.instructions(TOKEN));
    let v1 = bench.request_of(Version::V1, transaction);
    assert_eq!(reason(&facilitator.verify(&v1).await), "transaction_simulation_failed");
}

#[tokio::test]
async fn a_node_that_fails_is_a_failing_simulation() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = facilitator(&bench, &node);
    for answer in [json!({"code": -32603, "message": "down"}), json!({"value": {}})] {
        node.answer("simulateTransaction", answer);
        let answer = facilitator.verify(&bench.good_request()).await;
        assert_eq!(reason(&answer), "invalid_exact_svm_transaction_simulation_failed");
    }
}

#[tokio::test]
async fn settling_signs_sends_and_confirms() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let answer = facilitator(&bench, &node).settle(&bench.good_request()).await;
    assert!(answer.success, "{answer:?}");
    assert_eq!(answer.network, SolanaNetwork::Devnet.caip2());
    assert_eq!(answer.payer, Some(bench.client.pubkey().to_string()));

    let sent = &node.calls("sendTransaction")[0];
    assert_eq!(sent[1]["skipPreflight"], true);
    let transaction = PaymentTransaction::from_base64(sent[0].as_str().unwrap()).unwrap();
    let signature: Signature = answer.transaction.parse().unwrap();
    assert!(signature.verify(bench.fee_payer.pubkey().as_ref(), transaction.message()));
    assert!(
        transaction.signers().all(|(signer, signature)| {
            signature.verify(signer.as_ref(), transaction.message())
        })
    );
}

#[tokio::test]
async fn a_settled_payment_is_a_duplicate_in_any_encoding() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = facilitator(&bench, &node);
    let mut request = bench.good_request();
    assert!(facilitator.settle(&request).await.success);

    // Another fee payer slot makes other base64 of the same message.
    let transaction = bench.signed(&bench.instructions(TOKEN));
    let mut bytes = super::super::testing::serialized(&transaction);
    bytes[1] ^= 1;
    request.payment_payload["payload"]["transaction"] =
        json!(super::super::testing::base64(&bytes));
    let answer = facilitator.settle(&request).await;
    assert_eq!(error(&answer), "duplicate_settlement");
    assert_eq!(answer.transaction, "");
    assert_eq!(node.calls("sendTransaction").len(), 1);
}

#[tokio::test]
async fn a_repetition_passes_verification_only_if_it_was_settled_here() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = facilitator(&bench, &node);
    let request = bench.good_request();
    let executed = json!({"value": {"err": "AlreadyProcessed"}});
    node.answer("simulateTransaction", executed.clone());
    let expected = "invalid_exact_svm_transaction_simulation_failed";
    assert_eq!(reason(&facilitator.verify(&request).await), expected);
    assert_eq!(error(&facilitator.settle(&request).await), expected);

    node.answer("simulateTransaction", json!({"value": {"err": null}}));
    assert!(facilitator.settle(&request).await.success);
    node.answer("simulateTransaction", executed);
    assert!(facilitator.verify(&request).await.is_valid);
    assert_eq!(error(&facilitator.settle(&request).await), "duplicate_settlement");

    node.answer("simulateTransaction", json!({"value": {"err": "BlockhashNotFound"}}));
    assert_eq!(reason(&facilitator.verify(&request).await), expected);
}

#[tokio::test]
async fn a_payment_that_fails_verification_or_sending_may_come_again() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = facilitator(&bench, &node);
    let request = bench.good_request();
    node.answer("simulateTransaction", json!({"value": {"err": "x"}}));
    let unverified = facilitator.settle(&request).await;
    assert_eq!(error(&unverified), "invalid_exact_svm_transaction_simulation_failed");

    node.answer("simulateTransaction", json!({"value": {"err": null}}));
    node.answer("sendTransaction", json!({"code": -32005, "message": "behind"}));
    let unsent = facilitator.settle(&request).await;
    assert_eq!(error(&unsent), "invalid_exact_svm_transaction_failed");
    assert_eq!(unsent.transaction, "");

    node.answer("sendTransaction", json!("signature"));
    assert!(facilitator.settle(&request).await.success);
}

#[tokio::test]
async fn a_transaction_that_fails_on_chain_keeps_its_identifier() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    node.status(
        json!({"err": {"InstructionError": [2, "Custom"]}, "confirmationStatus": "confirmed"}),
    );
    let answer = facilitator(&bench, &node).settle(&bench.good_request()).await;
    assert!(!answer.success);
    assert_eq!(error(&answer), "invalid_exact_svm_transaction_failed");
    assert!(answer.transaction.parse::<Signature>().is_ok());
}

#[tokio::test]
async fn a_pending_payment_is_looked_at_again_and_not_sent_again() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = facilitator(&bench, &node);
    let request = bench.good_request();
    for unsure in [Value::Null, json!({"err": null, "confirmationStatus": "processed"})] {
        node.status(unsure);
        let answer = facilitator.settle(&request).await;
        assert_eq!(error(&answer), "settlement_pending");
        assert!(answer.transaction.parse::<Signature>().is_ok());
    }
    node.status(json!({"err": null, "confirmationStatus": "finalized"}));
    assert!(facilitator.settle(&request).await.success);
    assert_eq!(error(&facilitator.settle(&request).await), "duplicate_settlement");
    assert_eq!(node.calls("sendTransaction").len(), 1);
}

#[tokio::test]
async fn legacy_facilitators_want_both_token_accounts() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let facilitator = Facilitator::new(SolanaConfig { legacy: true, ..config(&bench, &node) });
    let mut instructions = bench.instructions(TOKEN);
    instructions.truncate(3);
    let request = bench.request_of(Version::V1, bench.transaction(&instructions));
    assert!(facilitator.verify(&request).await.is_valid);
    node.answer("getAccountInfo", json!({"value": null}));
    let expected = "invalid_exact_svm_payload_transaction_receiver_ata_not_found";
    assert_eq!(reason(&facilitator.verify(&request).await), expected);
}

#[tokio::test]
async fn the_http_interface_speaks_both_versions() {
    let (bench, node) = (Bench::new(), ScriptedNode::start().await);
    let url = start(facilitator(&bench, &node)).await;
    let http = reqwest::Client::new();

    let supported: Value =
        http.get(format!("{url}/supported")).send().await.unwrap().json().await.unwrap();
    let fee_payer = bench.fee_payer.pubkey().to_string();
    let expected = json!({
        "kinds": [
            {"x402Version": 2, "scheme": "exact", "network": SolanaNetwork::Devnet.caip2(),
             "extra": {"feePayer": fee_payer}},
            {"x402Version": 1, "scheme": "exact", "network": "solana-devnet",
             "extra": {"feePayer": fee_payer}},
        ],
        "extensions": [],
        "signers": {"solana:*": [fee_payer]},
    });
    assert_eq!(supported, expected);

    let post = |path: &str, body: &Value| http.post(format!("{url}/{path}")).json(body).send();
    let request = json!(bench.good_request());
    let verified: Value = post("verify", &request).await.unwrap().json().await.unwrap();
    assert_eq!(verified, json!({"isValid": true, "payer": bench.client.pubkey().to_string()}));
    let settled: Value = post("settle", &request).await.unwrap().json().await.unwrap();
    assert_eq!(settled["success"], true);
    let malformed = post("verify", &json!({"x402Version": 2})).await.unwrap();
    assert_eq!(malformed.status(), 400);
}

async fn start(facilitator: Facilitator) -> String {
    let (listener, url) = on_loopback().await.unwrap();
    tokio::spawn(serve(listener, facilitator, Faults::default()));
    url
}

#[test]
fn reasons_have_the_words_of_the_reference() {
    let words = [
        (Reason::UnsupportedScheme, "unsupported_scheme", "invalid_exact_svm_unsupported_scheme"),
        (Reason::NetworkMismatch, "network_mismatch", "invalid_exact_svm_network_mismatch"),
        (
            Reason::FeePayerNotManaged,
            "fee_payer_not_managed_by_facilitator",
            "invalid_exact_svm_fee_payer_not_managed_by_facilitator",
        ),
        (
            Reason::SimulationFailed,
            "transaction_simulation_failed",
            "invalid_exact_svm_transaction_simulation_failed",
        ),
        (Reason::TransactionFailed, "transaction_failed", "invalid_exact_svm_transaction_failed"),
    ];
    for (reason, v1, v2) in words {
        assert_eq!(reason.text(Version::V1), v1);
        assert_eq!(reason.text(Version::V2), v2);
    }
    let in_both = [
        (Reason::MissingFeePayer, "invalid_exact_svm_payload_missing_fee_payer"),
        (Reason::NotDecoded, "invalid_exact_svm_payload_transaction_could_not_be_decoded"),
        (Reason::ExcessiveSigners, "invalid_exact_svm_payload_excessive_signers"),
        (Reason::FeePayerMismatch, "invalid_exact_svm_fee_payer_mismatch"),
        (Reason::SignatureInvalid, "invalid_exact_svm_payload_signature_invalid"),
        (Reason::InstructionsLength, "invalid_exact_svm_payload_transaction_instructions_length"),
        (
            Reason::ComputeLimitInstruction,
            "invalid_exact_svm_payload_transaction_instructions_compute_limit_instruction",
        ),
        (
            Reason::ComputePriceInstruction,
            "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction",
        ),
        (
            Reason::ComputePriceTooHigh,
            "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction_too_high",
        ),
        (Reason::NoTransferInstruction, "invalid_exact_svm_payload_no_transfer_instruction"),
        (
            Reason::FeePayerTransferringFunds,
            "invalid_exact_svm_payload_transaction_fee_payer_transferring_funds",
        ),
        (Reason::MintMismatch, "invalid_exact_svm_payload_mint_mismatch"),
        (Reason::RecipientMismatch, "invalid_exact_svm_payload_recipient_mismatch"),
        (Reason::AmountMismatch, "invalid_exact_svm_payload_amount_mismatch"),
        (
            Reason::UnknownInstruction { position: 3 },
            "invalid_exact_svm_payload_unknown_fourth_instruction",
        ),
        (
            Reason::UnknownInstruction { position: 6 },
            "invalid_exact_svm_payload_unknown_seventh_instruction",
        ),
        (Reason::MemoCount, "invalid_exact_svm_payload_memo_count"),
        (Reason::MemoMismatch, "invalid_exact_svm_payload_memo_mismatch"),
        (Reason::DuplicateSettlement, "duplicate_settlement"),
        (Reason::SettlementPending, "settlement_pending"),
    ];
    for (reason, word) in in_both {
        assert_eq!(reason.text(Version::V1), word);
        assert_eq!(reason.text(Version::V2), word);
    }
}
