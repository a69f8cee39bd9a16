//! Every check on payments that break it and only it, on the real token; and the payments that the
//! reference client made.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::super::reason::Reason as _;
use super::testing::*;
use super::*;
use crate::evm_chain::genesis;
use crate::evm_chain::payment::{Authorization as Signed, ORDER, PURSE, wallet};
use crate::x402::{FacilitatorRequest, Version};

/// Why a payment is refused whose fields were changed before it was signed.
async fn on_signed(change: impl FnOnce(&mut Signed)) -> String {
    let mut bench = Bench::new().await;
    change(&mut bench.purchase.authorization);
    bench.reason(&bench.request(Version::V2)).await
}

/// Why a good payment is refused in a request that was changed.
async fn on_request(version: Version, change: impl FnOnce(&mut FacilitatorRequest)) -> String {
    let bench = Bench::new().await;
    let mut request = bench.request(version);
    change(&mut request);
    bench.reason(&request).await
}

/// Why a good payment is refused whose payload was changed.
async fn on_payload(change: impl FnOnce(&mut Value)) -> String {
    on_request(Version::V2, |request| change(&mut request.payment_payload["payload"])).await
}

#[tokio::test]
async fn spelling_is_free_where_it_means_nothing() {
    let respelt: [fn(&mut Value); 6] = [
        |payload| payload["authorization"]["value"] = json!(AMOUNT),
        |payload| payload["authorization"]["value"] = json!(format!("{AMOUNT:#x}")),
        |payload| payload["authorization"]["unknown"] = json!("field"),
        |payload| {
            let address: Address = text(payload, "from").parse().unwrap();
            payload["authorization"]["from"] = json!(address.to_checksum(None));
        },
        |payload| {
            let digits = text(payload, "nonce").to_uppercase();
            payload["authorization"]["nonce"] = json!(digits.replace("0X", "0x"));
        },
        |payload| {
            let digits = payload["signature"].as_str().unwrap().to_uppercase();
            payload["signature"] = json!(digits.replace("0X", "0x"));
        },
    ];
    let bench = Bench::new().await;
    for (respell, version) in
        respelt.iter().flat_map(|respell| [(respell, Version::V1), (respell, Version::V2)])
    {
        let mut request = bench.request(version);
        respell(&mut request.payment_payload["payload"]);
        let verified = bench.facilitator.verify(&request).await;
        assert!(verified.is_valid, "{request:?}: {verified:?}");
    }
}

fn text(payload: &Value, field: &str) -> String {
    payload["authorization"][field].as_str().unwrap().to_owned()
}

#[test]
fn the_payments_of_the_reference_client_are_signed_by_their_payers() {
    let file = include_str!("../../../../tests/vectors/reference-payments.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    let mut checked = 0;
    for payload in vectors.map(|vector| &vector["payload"]["payload"]) {
        let token = authorization::Token {
            address: genesis::USDC,
            name: "USDC".to_owned(),
            version: "2".to_owned(),
            chain_id: 84_532,
        };
        if payload.get("authorization").is_some() {
            let mut read = Authorization::read(payload, token).unwrap();
            assert!(read.is_signed_by_payer());
            read.token.chain_id = 8453;
            assert!(!read.is_signed_by_payer());
            checked += 1;
        }
    }
    assert_eq!(checked, 2);
}

#[tokio::test]
async fn schemes_domains_and_networks() {
    let scheme = "invalid_exact_evm_scheme";
    let other = |request: &mut FacilitatorRequest| request.payment_payload["scheme"] = json!("x");
    assert_eq!(on_request(Version::V1, other).await, scheme);
    let other = |request: &mut FacilitatorRequest| {
        request.payment_requirements["scheme"] = json!("upto");
    };
    assert_eq!(on_request(Version::V2, other).await, scheme);
    let domain = "invalid_exact_evm_missing_eip712_domain";
    for extra in [json!(null), json!({"name": "USDC"}), json!({"name": "", "version": "2"})] {
        let refused = on_request(Version::V2, |it| it.payment_requirements["extra"] = extra);
        assert_eq!(refused.await, domain);
    }
    let elsewhere = |request: &mut FacilitatorRequest| {
        request.payment_payload["accepted"]["network"] = json!("eip155:8453");
    };
    assert_eq!(on_request(Version::V2, elsewhere).await, "invalid_exact_evm_network_mismatch");
}

#[tokio::test]
async fn payloads_that_are_no_authorization() {
    let permit2 = |payload: &mut Value| {
        *payload = json!({"signature": "0x00", "permit2Authorization": {"from": "0x00"}});
    };
    assert_eq!(on_payload(permit2).await, "unsupported_payload_type");
    for nonsense in [json!(null), json!({}), json!({"authorization": {}}), json!([1])] {
        assert_eq!(on_payload(|payload| *payload = nonsense).await, "invalid_payload");
    }
}

/// Permit2 is younger than version 1.
#[tokio::test]
async fn version_1_passes_over_what_belongs_to_permit2() {
    let bench = Bench::new().await;
    for (version, is_valid) in [(Version::V1, true), (Version::V2, false)] {
        let mut request = bench.request(version);
        request.payment_payload["payload"]["permit2Authorization"] = json!({});
        assert_eq!(bench.facilitator.verify(&request).await.is_valid, is_valid, "{version:?}");
    }
}

#[tokio::test]
async fn requirements_without_addresses() {
    for field in ["asset", "payTo"] {
        let refused = on_request(Version::V2, |request| {
            request.payment_requirements[field] =
                json!("0x036CbD53842c5426634e7929541eC2318f3DCF7e");
        });
        assert_eq!(refused.await, "invalid_payment_requirements", "{field}: wrong checksum");
    }
}

#[tokio::test]
async fn signatures_of_other_things_and_by_others() {
    let expected = "invalid_exact_evm_signature";
    assert_eq!(on_signed(|it| it.domain_name = "USD Coin").await, expected);
    assert_eq!(on_signed(|it| it.domain_version = "1").await, expected);
    assert_eq!(on_signed(|it| it.chain_id = 8453).await, expected);
    assert_eq!(on_signed(|it| it.type_name = "ReceiveWithAuthorization").await, expected);
    for field in ["value", "validAfter", "validBefore"] {
        let refused = on_payload(|payload| payload["authorization"][field] = json!("1499"));
        assert_eq!(refused.await, expected, "{field}");
    }
    for field in ["from", "to"] {
        let stranger = format!("0x{}", "99".repeat(20));
        let refused = on_payload(|payload| payload["authorization"][field] = json!(stranger));
        assert_eq!(refused.await, expected, "{field}");
    }
}

#[tokio::test]
async fn signatures_that_are_written_wrongly() {
    let expected = "invalid_exact_evm_signature";
    let bare = |payload: &mut Value| {
        payload["signature"] = json!(payload["signature"].as_str().unwrap()[2..]);
    };
    assert_eq!(on_payload(bare).await, expected);
    let compact = |payload: &mut Value| {
        payload["signature"] = json!(payload["signature"].as_str().unwrap()[..130]);
    };
    assert_eq!(on_payload(compact).await, expected);
    for case in [str::to_uppercase as fn(&str) -> String, |text| text.replace('7', "d")] {
        let refused = on_payload(|payload| {
            let checksummed = wallet(1).address().to_string();
            let changed = case(&checksummed[2..]);
            payload["authorization"]["from"] = json!(format!("0x{changed}"));
        });
        assert_eq!(refused.await, expected);
    }
    for (field, value) in
        [("value", "5dc"), ("value", "0x"), ("value", ""), ("nonce", "0x77"), ("to", "")]
    {
        let refused = on_payload(|payload| payload["authorization"][field] = json!(value));
        assert_eq!(refused.await, expected, "{field} {value:?}");
    }
}

/// The key's owner made them, but the token wants one spelling.
#[tokio::test]
async fn signatures_that_only_the_token_refuses() {
    let expected = "invalid_exact_evm_transaction_simulation_failed";
    let bench = Bench::new().await;
    let signature = bench.purchase.signature();
    let mut bytes = signature.as_bytes();
    bytes[64] -= 27;
    let signed = &bench.purchase.authorization;
    assert_eq!(bench.reason(&request(Version::V2, signed, &bytes)).await, expected);

    let high =
        alloy_primitives::Signature::new(signature.r(), ORDER - signature.s(), !signature.v());
    let request = request(Version::V2, signed, &high.as_bytes());
    assert_eq!(bench.reason(&request).await, expected);
}

#[tokio::test]
async fn wallets_that_are_yet_to_be_made() {
    let refused = on_payload(|payload| {
        payload["signature"] = json!(format!("0x00{}", "6492".repeat(16)));
    });
    assert_eq!(refused.await, "eip6492_factory_not_allowed");
}

/// The token is a contract that accepts no signature: as payer it is asked, and nobody's key counts.
#[tokio::test]
async fn payers_that_are_contracts_judge_themselves() {
    let mut bench = Bench::new().await;
    bench.purchase.authorization.from = genesis::USDC;
    let refused = bench.facilitator.verify(&bench.request(Version::V2)).await;
    assert_eq!(refused.invalid_reason.as_deref(), Some("invalid_exact_evm_signature"));
    assert!(refused.invalid_message.is_some_and(|message| message.contains("reverted")));
}

#[tokio::test]
async fn recipients_times_and_values() {
    let recipient = on_request(Version::V2, |request| {
        request.payment_requirements["payTo"] = json!(wallet(9).address().to_string());
    });
    assert_eq!(recipient.await, "invalid_exact_evm_recipient_mismatch");
    let now = Clock::host().now().as_secs();
    let late = "invalid_exact_evm_payload_authorization_valid_before";
    assert_eq!(on_signed(|it| it.valid_before = U256::from(now)).await, late);
    assert_eq!(on_signed(|it| it.valid_before = U256::from(now + 5)).await, late);
    let early = "invalid_exact_evm_payload_authorization_valid_after";
    assert_eq!(on_signed(|it| it.valid_after = U256::from(now + 60)).await, early);
    for value in [AMOUNT - 1, AMOUNT + 1] {
        let value = U256::from(value);
        let expected = "invalid_exact_evm_payload_authorization_value_mismatch";
        assert_eq!(on_signed(|it| it.value = value).await, expected);
        let v1 = on_request(Version::V1, |request| {
            request.payment_requirements["maxAmountRequired"] = json!(value.to_string());
        });
        assert_eq!(v1.await, "invalid_exact_evm_authorization_value");
    }
}

/// Two faults: the earlier check gives the name.
#[tokio::test]
async fn the_order_of_the_checks_is_the_references() {
    let mut bench = Bench::new().await;
    bench.purchase.authorization.valid_before = U256::ZERO;
    bench.purchase.authorization.valid_after = U256::MAX;
    bench.purchase.authorization.value = U256::MAX;
    let mut request = bench.request(Version::V2);
    let late = "invalid_exact_evm_payload_authorization_valid_before";
    assert_eq!(bench.reason(&request).await, late);
    request.payment_requirements["payTo"] = json!(wallet(9).address().to_string());
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_recipient_mismatch");
    request.payment_payload["payload"]["signature"] = json!("0x00");
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_signature");
    request.payment_payload["accepted"]["network"] = json!("eip155:1");
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_network_mismatch");
    request.payment_requirements["extra"] = json!({});
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_missing_eip712_domain");
    request.payment_requirements["scheme"] = json!("upto");
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_scheme");
}

/// The payer has signed what the seller said; the token is another.
#[tokio::test]
async fn tokens_that_have_other_names() {
    for (key, value, expected) in [
        ("name", "USD Coin", "invalid_exact_evm_token_name_mismatch"),
        ("version", "1", "invalid_exact_evm_token_version_mismatch"),
    ] {
        let mut bench = Bench::new().await;
        match key {
            "name" => bench.purchase.authorization.domain_name = value,
            _ => bench.purchase.authorization.domain_version = value,
        }
        let mut request = bench.request(Version::V2);
        request.payment_requirements["extra"][key] = json!(value);
        assert_eq!(bench.reason(&request).await, expected);
    }
}

#[tokio::test]
async fn payers_without_enough() {
    let mut bench = Bench::new().await;
    bench.purchase.authorization.value = U256::from(PURSE + 1);
    let mut request = bench.request(Version::V2);
    request.payment_requirements["amount"] = json!((PURSE + 1).to_string());
    assert_eq!(bench.reason(&request).await, "invalid_exact_evm_insufficient_balance");
}

#[tokio::test]
async fn tokens_that_are_nowhere_or_know_no_authorizations() {
    let (bench, request) = in_token(Version::V2, |_| Address::repeat_byte(0x44)).await;
    assert_eq!(bench.reason(&request).await, "asset_not_deployed_contract");

    let (bench, request) = in_token(Version::V2, |purchase| deploy(purchase, REFUSES)).await;
    let refused = bench.facilitator.settle(&request).await;
    let expected = "invalid_exact_evm_eip3009_not_supported";
    assert_eq!(refused.error_reason.as_deref(), Some(expected));
    assert_eq!(refused.transaction, "");
    assert_eq!(bench.purchase.chain.block_number(), 1);
}

/// As the reference: verified, sent, and then found to have moved nothing.
#[tokio::test]
async fn version_1_finds_out_late_that_a_token_is_nowhere() {
    let (bench, request) = in_token(Version::V1, |_| Address::repeat_byte(0x44)).await;
    assert!(bench.facilitator.verify(&request).await.is_valid);
    let settled = bench.facilitator.settle(&request).await;
    let expected = "invalid_exact_evm_transfer_event_mismatch";
    assert_eq!((settled.success, settled.error_reason.as_deref()), (false, Some(expected)));
    assert_eq!(bench.purchase.chain.block_number(), 1);
}

#[tokio::test]
async fn a_node_that_fails_is_no_verdict_on_the_token() {
    let (node, bench) = with_node().await;
    node.answer("eth_call", json!({"code": -32603, "message": "down"}));
    let answer = bench.facilitator.verify(&bench.request(Version::V2)).await;
    let expected = "invalid_exact_evm_transaction_simulation_failed";
    assert_eq!(answer.invalid_reason.as_deref(), Some(expected));
    assert!(answer.invalid_message.is_some_and(|message| message.contains("down")));
}

#[test]
fn one_word_differs_between_the_versions() {
    let word = Reason::ValueMismatch;
    assert_eq!(word.text(Version::V1), "invalid_exact_evm_authorization_value");
    assert_eq!(word.text(Version::V2), "invalid_exact_evm_payload_authorization_value_mismatch");
    assert_eq!(Reason::ValidBefore.text(Version::V1), Reason::ValidBefore.text(Version::V2));
}
