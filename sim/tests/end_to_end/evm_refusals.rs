//! What the facilitator refuses on an EVM chain: by name, and nothing moves, no authorization is
//! used.
//!
//! What the client would never send is made by changing what it did send, with the payer's own
//! signature where that matters, and shown to the facilitator and to the seller.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, hex};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};
use embedded_x402::client::{self, Doubt, Outcome};
use embedded_x402::io::Error;
use embedded_x402::policy::assets::{USDC_BASE, USDC_BASE_SEPOLIA};
use embedded_x402_sim::device::{Clock, PolicyRule, Purchase};
use embedded_x402_sim::evm_chain::{Wallet, genesis};
use embedded_x402_sim::seller::{Accept, Resource, Route};
use embedded_x402_sim::x402::{EvmNetwork, Version, header};
use serde_json::{Value, json};

use crate::books::Token::EvmUsdc;
use crate::errand::{self, PaymentHeader};
use crate::shop::{PRICE, Shop, VERSIONS, evm_accept};
use crate::undelivered::{header_json, resend};

const NONCE_USED: &str = "invalid_exact_evm_nonce_already_used";
const SIGNATURE: &str = "invalid_exact_evm_signature";
const VALID_BEFORE: &str = "invalid_exact_evm_payload_authorization_valid_before";
const VALID_AFTER: &str = "invalid_exact_evm_payload_authorization_valid_after";

/// A shop that sells the weather in both versions, its entries changed by `change`, and a handler
/// that fails, at the same price.
async fn shop(change: impl Fn(&mut Accept)) -> Shop {
    faulty_shop("", change).await
}

/// The same, where this goes wrong at the seller.
async fn faulty_shop(faults: &str, change: impl Fn(&mut Accept)) -> Shop {
    Shop::faulty(faults, "", |payees| {
        let mut accept = evm_accept(payees.evm, PRICE);
        change(&mut accept);
        let of = |version| {
            [("weather", Resource::Weather), ("status/*", Resource::Status)].map(
                |(name, resource)| {
                    let path = path(version, name);
                    Route { version, ..Route::new(path, resource, accept.clone()) }
                },
            )
        };
        VERSIONS.into_iter().flat_map(of).collect()
    })
    .await
}

fn path(version: Version, name: &str) -> String {
    format!("/v{}/{name}", u8::from(version))
}

/// What the seller gave as the reason, whether or not the device believes that it is final.
fn reason(purchase: &Purchase) -> String {
    match &purchase.result {
        Err(Error::Exchange(
            client::Error::Refused(reason) | client::Error::Unknown(Doubt::Failed(reason)),
        )) => reason.as_str().to_owned(),
        Ok(body) => match &body.outcome {
            Outcome::Unknown(Doubt::Failed(reason)) => reason.as_str().to_owned(),
            outcome => panic!("{outcome:?}"),
        },
        Err(error) => panic!("{error}"),
    }
}

/// The device buys as always, and is refused for this reason.
async fn assert_refused(shop: &Shop, version: Version, expected: &str, what: &str) {
    let trade = shop.get(&path(version, "weather"), EvmUsdc).await;
    assert!(trade.purchase.offer.is_some(), "{what}: nothing was offered");
    assert_eq!(reason(&trade.purchase), expected, "{what}, {version:?}");
    trade.books.assert_nothing_moved(what);
}

mod of_what_the_device_sends {
    use super::*;

    /// The cure for each of the shops below: the same without the fault.
    #[tokio::test]
    async fn a_shop_without_faults_sells() {
        let shop = shop(|_| {}).await;
        for version in VERSIONS {
            let path = path(version, "weather");
            shop.get(&path, EvmUsdc).await.assert_settled(PRICE, &path);
        }
    }

    /// The name is hashed as the text that it is: the signature is good, the token is another.
    #[tokio::test]
    async fn a_token_with_another_name_or_version() {
        for (key, value, expected) in [
            ("name", "USD Coin", "invalid_exact_evm_token_name_mismatch"),
            ("name", "USD\u{20ae}0 \"\\\n", "invalid_exact_evm_token_name_mismatch"),
            ("version", "1", "invalid_exact_evm_token_version_mismatch"),
        ] {
            let shop = shop(|accept| {
                accept.extra.insert(key.to_owned(), value.into());
            })
            .await;
            for version in VERSIONS {
                assert_refused(&shop, version, expected, value).await;
            }
        }
    }

    #[tokio::test]
    async fn a_payer_with_too_little() {
        let mut shop = shop(|_| {}).await;
        shop.change_device(vec![PolicyRule::new(&USDC_BASE_SEPOLIA, PRICE)]);
        for funds in [0, PRICE - 1] {
            shop.fund_evm_payer(funds);
            for version in VERSIONS {
                let expected = "invalid_exact_evm_insufficient_balance";
                assert_refused(&shop, version, expected, &format!("{funds} units")).await;
            }
        }
    }

    /// The seller wants to be paid where its facilitator does not serve.
    #[tokio::test]
    async fn a_chain_that_the_facilitator_does_not_serve() {
        let mut shop = shop(|accept| {
            let base = EvmNetwork { chain_id: 8453 };
            accept.network = base.caip2();
            accept.asset = base.usdc().unwrap().address.to_owned();
        })
        .await;
        shop.device.policy = vec![PolicyRule::new(&USDC_BASE, PRICE)];
        for version in VERSIONS {
            assert_refused(&shop, version, "invalid_network", "Base").await;
        }
    }

    #[tokio::test]
    async fn too_little_time_to_settle() {
        let shop = shop(|accept| accept.max_timeout_seconds = Some(3)).await;
        for version in VERSIONS {
            assert_refused(&shop, version, VALID_BEFORE, "three seconds").await;
        }
    }

    #[tokio::test]
    async fn clocks_that_are_an_hour_off() {
        let mut shop = shop(|_| {}).await;
        shop.device.clock = Arc::new(|| Some(now() - 3600)) as Clock;
        for version in VERSIONS {
            assert_refused(&shop, version, VALID_BEFORE, "slow").await;
        }
        // The seller's `Date` is earlier, and counts.
        shop.device.clock = Arc::new(|| Some(now() + 3600)) as Clock;
        for version in VERSIONS {
            let path = path(version, "weather");
            shop.get(&path, EvmUsdc).await.assert_settled(PRICE, "fast");
        }
    }

    #[tokio::test]
    async fn clocks_that_are_both_an_hour_fast() {
        let mut shop = faulty_shop("wrong-date=3600", |_| {}).await;
        shop.device.clock = Arc::new(|| Some(now() + 3600)) as Clock;
        assert_refused(&shop, Version::V1, VALID_AFTER, "fast").await;
        // In version 2 an authorization is valid from the beginning of time.
        shop.get("/v2/weather", EvmUsdc).await.assert_settled(PRICE, "fast");
    }
}

mod of_what_was_changed_on_the_way {
    use super::*;

    sol! {
        struct TransferWithAuthorization {
            address from;
            address to;
            uint256 value;
            uint256 validAfter;
            uint256 validBefore;
            bytes32 nonce;
        }
    }

    /// A payment that the device has made, and that settled nothing yet.
    struct Captured<'s> {
        shop: &'s Shop,
        version: Version,
        header: PaymentHeader,
        payment: Value,
        requirements: Value,
    }

    impl<'s> Captured<'s> {
        /// The handler fails, so nothing is settled.
        async fn new(shop: &'s Shop, version: Version) -> Self {
            let errand = errand::run(shop, &path(version, "status/500"), || true).await;
            let payment = errand.payment();
            let requirements = match version {
                Version::V1 => {
                    let url = shop.market.url(&path(version, "weather"));
                    let mut challenge: Value =
                        reqwest::get(url).await.unwrap().json().await.unwrap();
                    challenge["accepts"][0].take()
                }
                Version::V2 => payment["accepted"].clone(),
            };
            let header = errand.payment_header().unwrap();
            Captured { shop, version, header, payment, requirements }
        }

        fn fields(&mut self) -> &mut Value {
            &mut self.payment["payload"]["authorization"]
        }

        /// Signs what the payment says now, with the payer's key.
        fn sign(&mut self, domain: &Eip712Domain) {
            let secret = self.shop.device.keys.evm_secret().unwrap();
            let fields = self.fields();
            let text = |key: &str| fields[key].as_str().unwrap();
            let authorization = TransferWithAuthorization {
                from: text("from").parse().unwrap(),
                to: text("to").parse().unwrap(),
                value: text("value").parse().unwrap(),
                validAfter: text("validAfter").parse().unwrap(),
                validBefore: text("validBefore").parse().unwrap(),
                nonce: text("nonce").parse().unwrap(),
            };
            let hash = authorization.eip712_signing_hash(domain);
            let signature = Wallet::from_bytes(secret).unwrap().sign(hash).unwrap();
            self.payment["payload"]["signature"] =
                json!(hex::encode_prefixed(signature.as_bytes()));
        }

        async fn ask_facilitator(&self, question: &str) -> Value {
            let request = json!({
                "x402Version": u8::from(self.version),
                "paymentPayload": self.payment,
                "paymentRequirements": self.requirements,
            });
            let url = format!("{}/{question}", self.shop.market.facilitator_url);
            let answer = reqwest::Client::new().post(url).json(&request).send().await.unwrap();
            answer.json().await.unwrap()
        }

        /// What the seller says to it.
        async fn ask_seller(&self) -> Value {
            let value = header::encode(&self.payment).unwrap();
            let header = PaymentHeader { name: self.header.name.clone(), value };
            let answer = resend(self.shop, &path(self.version, "weather"), &header).await;
            assert_eq!(answer.status(), 402);
            match self.version {
                Version::V1 => answer.json().await.unwrap(),
                Version::V2 => header_json(&answer, header::PAYMENT_REQUIRED).unwrap(),
            }
        }

        async fn assert_facilitator_refuses(&self, expected: &str, what: &str) {
            let verified = self.ask_facilitator("verify").await;
            assert_eq!(verified["isValid"], false, "{what}: {verified}");
            assert_eq!(verified["invalidReason"], expected, "{what}: {verified}");
            let settled = self.ask_facilitator("settle").await;
            assert_eq!(settled["success"], false, "{what}: {settled}");
            assert_eq!(settled["errorReason"], expected, "{what}: {settled}");
            assert_eq!(settled["transaction"], "", "{what}: {settled}");
        }

        async fn assert_refused(&self, expected: &str, what: &str) {
            self.assert_facilitator_refuses(expected, what).await;
            assert_eq!(self.ask_seller().await["error"], expected, "{what}");
        }
    }

    fn usdc(name: &'static str, version: &'static str, chain_id: u64) -> Eip712Domain {
        eip712_domain! {
            name: name,
            version: version,
            chain_id: chain_id,
            verifying_contract: genesis::USDC,
        }
    }

    /// The token's own domain.
    fn good_domain() -> Eip712Domain {
        usdc("USDC", "2", 84_532)
    }

    /// A change of the fields, the domain that they are then signed in, and the reason in each
    /// version.
    struct Fault {
        what: &'static str,
        field: &'static str,
        value: String,
        domain: Eip712Domain,
        reasons: [&'static str; 2],
    }

    fn faults() -> Vec<Fault> {
        let fault = |what, field, value: String, reason| Fault {
            what,
            field,
            value,
            domain: good_domain(),
            reasons: [reason; 2],
        };
        let stranger = Address::repeat_byte(9).to_string();
        let value = [
            "invalid_exact_evm_authorization_value",
            "invalid_exact_evm_payload_authorization_value_mismatch",
        ];
        let of_domain =
            |what, domain| Fault { domain, ..fault(what, "value", PRICE.to_string(), SIGNATURE) };
        vec![
            fault("recipient", "to", stranger.clone(), "invalid_exact_evm_recipient_mismatch"),
            fault("expired", "validBefore", now().to_string(), VALID_BEFORE),
            fault("about to expire", "validBefore", (now() + 4).to_string(), VALID_BEFORE),
            fault("not yet valid", "validAfter", (now() + 100).to_string(), VALID_AFTER),
            fault("another payer", "from", stranger, SIGNATURE),
            Fault { reasons: value, ..fault("one less", "value", (PRICE - 1).to_string(), "") },
            Fault { reasons: value, ..fault("one more", "value", (PRICE + 1).to_string(), "") },
            of_domain("domain name", usdc("USD Coin", "2", 84_532)),
            of_domain("domain version", usdc("USDC", "1", 84_532)),
            of_domain("chain", usdc("USDC", "2", 8453)),
        ]
    }

    #[tokio::test]
    async fn what_the_payer_signed_wrongly() {
        let shop = shop(|_| {}).await;
        let books = shop.open_books(EvmUsdc);
        for (index, version) in VERSIONS.into_iter().enumerate() {
            for fault in faults() {
                let mut captured = Captured::new(&shop, version).await;
                captured.fields()[fault.field] = json!(fault.value);
                captured.sign(&fault.domain);
                let what = format!("{}, {version:?}", fault.what);
                captured.assert_refused(fault.reasons[index], &what).await;
                books.assert_nothing_moved(&what);
            }
        }
    }

    /// And all of that was refused for the fault alone.
    #[tokio::test]
    async fn what_the_payer_signed_again_without_a_fault() {
        let shop = shop(|_| {}).await;
        for version in VERSIONS {
            let books = shop.open_books(EvmUsdc);
            let mut captured = Captured::new(&shop, version).await;
            let sent = captured.payment["payload"]["signature"].take();
            captured.sign(&good_domain());
            // Signatures are deterministic: two codebases agree on every hashed byte.
            assert_eq!(captured.payment["payload"]["signature"], sent);
            assert_eq!(captured.ask_facilitator("verify").await["isValid"], true);
            books.assert_nothing_moved("verified");
            assert_eq!(captured.ask_facilitator("settle").await["success"], true);
            assert_eq!((books.moved().earned, books.moved().authorizations), (PRICE, 1));
        }
    }

    #[tokio::test]
    async fn what_somebody_else_changed() {
        let shop = shop(|_| {}).await;
        let books = shop.open_books(EvmUsdc);
        for version in VERSIONS {
            for fault in faults() {
                let mut captured = Captured::new(&shop, version).await;
                let before = captured.fields()[fault.field].take();
                captured.fields()[fault.field] = json!(fault.value);
                if before != fault.value.as_str() {
                    captured.assert_refused(SIGNATURE, fault.what).await;
                }
            }
        }
        books.assert_nothing_moved("changed without the payer's key");
    }

    #[tokio::test]
    async fn a_network_that_the_payment_is_not_for() {
        let shop = shop(|_| {}).await;
        let books = shop.open_books(EvmUsdc);
        for (version, network) in [(Version::V1, "base"), (Version::V2, "eip155:8453")] {
            let mut captured = Captured::new(&shop, version).await;
            let claimed = match version {
                Version::V1 => &mut captured.payment["network"],
                Version::V2 => &mut captured.payment["accepted"]["network"],
            };
            *claimed = json!(network);
            let expected = "invalid_exact_evm_network_mismatch";
            captured.assert_facilitator_refuses(expected, "the payment's").await;
            captured.requirements["network"] = json!(network);
            captured.assert_facilitator_refuses("invalid_network", "both").await;
            books.assert_nothing_moved(network);
        }
    }

    /// The bytes that settled are refused from then on, wherever they are shown.
    #[tokio::test]
    async fn a_nonce_that_was_used() {
        let shop = shop(|_| {}).await;
        for version in VERSIONS {
            let captured = Captured::new(&shop, version).await;
            let books = shop.open_books(EvmUsdc);
            let path = path(version, "weather");
            assert_eq!(resend(&shop, &path, &captured.header).await.status(), 200);
            let settled = books.moved();
            assert_eq!((settled.spent, settled.earned, settled.authorizations), (PRICE, PRICE, 1));
            captured.assert_refused(NONCE_USED, "again").await;
            assert_eq!(books.moved(), settled, "{version:?}");
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
