//! The seller over real sockets, with a facilitator that says what it is told to.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::{Json, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::Router;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Map, json};
use solana_signer::Signer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::facilitator::testing::{BLOCKHASH, Bench, ScriptedNode, TOKEN};
use crate::facilitator::{self, Facilitator, SolanaConfig};
use crate::fault::Faults;
use crate::listen::on_loopback;
use crate::x402::SolanaNetwork;
use crate::x402::header::{decode, encode};

const FEE_PAYER: &str = "HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37";
const PAY_TO: &str = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt";
const PAYER: &str = "7HSMRpFpC39Bymkw3B1y86ys41xWC93N9ygSeYKxeuMD";

mod first_contact {
    use super::*;

    #[tokio::test]
    async fn v2_challenges_are_in_the_header_in_the_order_of_the_reference() {
        let shop = Shop::open(|_| {}).await;
        let answer = shop.get("/weather", HeaderMap::new()).await;
        assert_eq!(answer.status, 402);
        assert_eq!(answer.body, "{}");
        let resource = format!("{}/weather", shop.url);
        let expected = format!(
            r#"{{"x402Version":2,"error":"Payment required","resource":{{"url":"{resource}","description":"The weather here","mimeType":"application/json"}},"accepts":[{{"scheme":"exact","network":"solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1","amount":"1000","asset":"4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU","payTo":"{PAY_TO}","maxTimeoutSeconds":60,"extra":{{"feePayer":"{FEE_PAYER}"}}}}]}}"#
        );
        assert_eq!(answer.json_header("payment-required").unwrap().to_string(), expected);
    }

    #[tokio::test]
    async fn blockhash_and_memo_follow_the_fee_payer() {
        let node = ScriptedNode::start().await;
        let shop = Shop::open(|config| {
            config.rpc_url = Some(node.url.clone());
            config.routes[0].memo = Some("order 7".to_owned());
        })
        .await;
        let challenge = shop.challenge("/weather").await;
        let expected = format!(
            r#"{{"feePayer":"{FEE_PAYER}","recentBlockhash":"{BLOCKHASH}","lastValidBlockHeight":"291470237","memo":"order 7"}}"#
        );
        assert_eq!(challenge["accepts"][0]["extra"].to_string(), expected);
    }

    #[tokio::test]
    async fn a_silent_rpc_costs_the_blockhash_only() {
        let shop = Shop::open(|config| {
            config.rpc_url = Some("http://127.0.0.1:1".to_owned());
        })
        .await;
        let extra = shop.challenge("/weather").await["accepts"][0]["extra"].clone();
        assert_eq!(extra, json!({"feePayer": FEE_PAYER}));
    }

    #[tokio::test]
    async fn big_challenges_have_decoys_padding_and_extensions() {
        let shop = Shop::open(|config| {
            let route = &mut config.routes[0];
            route.decoys = true;
            route.pad_accepts_to = 10;
            route.bazaar = true;
            let own = json!({"info": {"required": false}});
            route.extensions.insert("payment-identifier".to_owned(), own);
        })
        .await;
        let challenge = shop.challenge("/weather").await;
        let networks: Vec<_> = challenge["accepts"].as_array().unwrap().iter().collect();
        assert_eq!(networks.len(), 10);
        assert_eq!(networks[0]["scheme"], "upto");
        assert_eq!(networks[3]["extra"]["feePayer"], FEE_PAYER);
        assert_eq!(networks[4]["network"], "eip155:84532");
        assert_eq!(challenge["extensions"]["bazaar"]["info"]["input"]["method"], "GET");
        assert_eq!(challenge["extensions"]["payment-identifier"]["info"]["required"], false);
    }

    #[tokio::test]
    async fn v1_challenges_are_in_the_body() {
        let shop = Shop::open(|_| {}).await;
        let answer = shop.get("/v1/weather", HeaderMap::new()).await;
        assert_eq!(answer.status, 402);
        assert!(answer.headers.get("payment-required").is_none());
        assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
        let resource = format!("{}/v1/weather", shop.url);
        let expected = format!(
            r#"{{"x402Version":1,"error":"X-PAYMENT header is required","accepts":[{{"scheme":"exact","network":"solana-devnet","maxAmountRequired":"1000","resource":"{resource}","description":"The weather here","mimeType":"application/json","payTo":"{PAY_TO}","maxTimeoutSeconds":60,"asset":"4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU","outputSchema":{{"input":{{"type":"http","method":"GET","discoverable":true}}}},"extra":{{"feePayer":"{FEE_PAYER}"}}}}]}}"#
        );
        assert_eq!(answer.body, expected);
    }

    #[tokio::test]
    async fn v1_bodies_travel_with_a_length_or_in_chunks() {
        for (travel, chunked) in
            [(ChallengeBody::ContentLength, false), (ChallengeBody::Chunked, true)]
        {
            let shop = Shop::open(|config| config.challenge_body = travel).await;
            let answer = shop.get("/v1/weather", HeaderMap::new()).await;
            assert_eq!(answer.headers.contains_key("transfer-encoding"), chunked);
            assert_eq!(answer.headers.contains_key("content-length"), !chunked);
            assert_eq!(answer.json()["x402Version"], 1);
        }
    }

    #[tokio::test]
    async fn sellers_may_hang_up_after_a_challenge() {
        let shop = Shop::open(|config| config.connection = Connection::Close).await;
        let challenge = shop.get("/weather", HeaderMap::new()).await;
        assert_eq!(challenge.headers["connection"], "close");
        assert_eq!(shop.pay("/weather").await.status, 200);
    }

    #[tokio::test]
    async fn browsers_get_a_page() {
        let shop = Shop::open(|_| {}).await;
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/html"));
        headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0"));
        let v2 = shop.get("/weather", headers.clone()).await;
        assert!(v2.body.starts_with("<!doctype html>"));
        assert!(v2.json_header("payment-required").is_some());
        let v1 = shop.get("/v1/weather", headers).await;
        assert_eq!(v1.status, 402);
        assert!(v1.body.starts_with("<!doctype html>"));
    }

    #[tokio::test]
    async fn what_is_not_for_sale_is_not_found() {
        let shop = Shop::open(|_| {}).await;
        assert_eq!(shop.get("/other", HeaderMap::new()).await.status, 404);
    }
}

mod payments {
    use super::*;

    #[tokio::test]
    async fn a_v2_payment_gets_the_resource_and_a_receipt() {
        let shop = Shop::open(|_| {}).await;
        let answer = shop.pay("/weather").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["report"]["weather"], "sunny");
        assert_eq!(answer.headers["cache-control"], "private");
        let receipt = answer.json_header("payment-response").unwrap();
        assert_eq!(receipt, settled());
        let sale = Sale {
            path: "/weather".to_owned(),
            version: Version::V2,
            network: SolanaNetwork::Devnet.caip2().to_owned(),
            asset: SolanaNetwork::Devnet.usdc().to_owned(),
            amount: "1000".to_owned(),
            payer: Some(PAYER.to_owned()),
            transaction: "transaction".to_owned(),
        };
        assert_eq!(shop.seller.sales(), [sale]);
    }

    #[tokio::test]
    async fn the_facilitator_sees_the_payment_and_the_advertised_entry() {
        let shop = Shop::open(|_| {}).await;
        let payment = shop.v2_payment("/weather").await;
        shop.get("/weather", header("payment-signature", &payment)).await;
        let calls = shop.facilitator.calls();
        let paths: Vec<_> = calls.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/supported", "/verify", "/settle"]);
        assert_eq!(calls[1].1["x402Version"], 2);
        assert_eq!(calls[1].1["paymentPayload"], payment);
        assert_eq!(calls[1].1["paymentRequirements"], payment["accepted"]);
        assert_eq!(calls[1].1, calls[2].1);
    }

    #[tokio::test]
    async fn a_payment_with_an_older_blockhash_matches() {
        let node = ScriptedNode::start().await;
        let shop = Shop::open(|config| config.rpc_url = Some(node.url.clone())).await;
        let payment = shop.v2_payment("/weather").await;
        assert_eq!(payment["accepted"]["extra"]["recentBlockhash"], BLOCKHASH);
        let newer = json!({"value": {"blockhash": PAYER, "lastValidBlockHeight": 291470238}});
        node.answer("getLatestBlockhash", newer);
        let answer = shop.get("/weather", header("payment-signature", &payment)).await;
        assert_eq!(answer.status, 200);
    }

    #[tokio::test]
    async fn a_v1_payment_gets_the_resource_and_a_receipt() {
        let shop = Shop::open(|_| {}).await;
        let answer = shop.get("/v1/weather", header("x-payment", &v1_payment())).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json_header("x-payment-response").unwrap(), settled());
        assert!(answer.headers.get("payment-response").is_none());
        assert_eq!(shop.seller.sales()[0].amount, "1000");
    }

    #[tokio::test]
    async fn a_posted_body_reaches_the_resource() {
        let shop = Shop::open(|_| {}).await;
        let payment = shop.v2_payment("/echo").await;
        let post = shop.http.post(format!("{}/echo", shop.url));
        let answer = post
            .headers(header("payment-signature", &payment))
            .body("{\"question\":7}")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.text().await.unwrap(), "{\"question\":7}");
    }

    #[tokio::test]
    async fn a_failing_resource_is_not_settled() {
        let shop = Shop::open(|_| {}).await;
        for status in [404, 500, 503] {
            let answer = shop.pay(&format!("/status/{status}")).await;
            assert_eq!(answer.status, status);
            assert!(answer.headers.get("payment-response").is_none());
        }
        assert_eq!(shop.pay("/status/201").await.status, 201);
        assert_eq!(shop.facilitator.count("/settle"), 1);
        assert_eq!(shop.seller.sales().len(), 1);
    }

    #[tokio::test]
    async fn files_of_a_directory_are_for_sale_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("data.txt"), "worth it").unwrap();
        std::fs::write(directory.path().join("secret.txt"), "secret").unwrap();
        let shop = Shop::open(|config| {
            config.routes.push(route("/files/*", Resource::Directory(inside)));
        })
        .await;
        assert_eq!(shop.pay("/files/data.txt").await.body, "worth it");
        assert_eq!(shop.pay("/files/missing.txt").await.status, 404);
        let payment = shop.v2_payment("/files/data.txt").await;
        let escape = "/files/..%2fsecret.txt";
        let answer = shop.get(escape, header("payment-signature", &payment)).await;
        assert_eq!(answer.status, 404);
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_has_paid_all_the_same() {
        let shop = Shop::open(|_| {}).await;
        let payment = encode(&shop.v2_payment("/weather").await).unwrap();
        let request =
            format!("GET /weather HTTP/1.1\r\nHost: x\r\nPAYMENT-SIGNATURE: {payment}\r\n\r\n");
        let address = shop.url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        drop(socket);
        let sold = async {
            while shop.seller.sales().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), sold).await.unwrap();
    }

    #[tokio::test]
    async fn a_signed_transaction_goes_through_a_real_facilitator() {
        let (bench, node) = (Bench::new(), ScriptedNode::start().await);
        let config = SolanaConfig::new(bench.fee_payer.insecure_clone(), &node.url);
        let facilitator = start_facilitator(config).await;
        let shop = Shop::open(|config| {
            config.facilitator_url = facilitator;
            config.rpc_url = Some(node.url.clone());
            for route in &mut config.routes {
                route.accepts[0].asset = bench.mint.to_string();
                route.accepts[0].pay_to = bench.pay_to.to_string();
            }
        })
        .await;
        let transaction = bench.transaction(&bench.instructions(TOKEN));
        let mut payment = shop.v2_payment("/weather").await;
        payment["payload"]["transaction"] = json!(transaction);
        let pay = || shop.get("/weather", header("payment-signature", &payment));

        assert_eq!(pay().await.status, 200);
        let again = pay().await;
        assert_eq!(again.status, 402);
        let receipt = again.json_header("payment-response").unwrap();
        assert_eq!(receipt["errorReason"], "duplicate_settlement");

        let mut v1 = v1_payment();
        v1["payload"]["transaction"] = json!(transaction);
        let v1 = shop.get("/v1/weather", header("x-payment", &v1)).await;
        assert_eq!(v1.json()["error"], "duplicate_settlement");
        let payers: Vec<_> = shop.seller.sales().into_iter().map(|sale| sale.payer).collect();
        assert_eq!(payers, [Some(bench.client.pubkey().to_string())]);
    }

    async fn start_facilitator(config: SolanaConfig) -> String {
        let (listener, url) = on_loopback().await.unwrap();
        tokio::spawn(facilitator::serve(listener, Facilitator::new(config), Faults::default()));
        url
    }
}

mod refusals {
    use super::*;

    /// The error in the challenge that answers this v2 payment.
    async fn error_of(shop: &Shop, payment: &Value) -> String {
        error_of_header(shop, header("payment-signature", payment)).await
    }

    async fn error_of_header(shop: &Shop, headers: HeaderMap) -> String {
        let answer = shop.get("/weather", headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (402, "{}"));
        let challenge = answer.json_header("payment-required").unwrap();
        challenge["error"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn headers_that_cannot_be_read_are_no_payment() {
        let shop = Shop::open(|_| {}).await;
        for value in ["not base64", "bm90IEpTT04=", "eyJhIjoiX18_PyJ9-_"] {
            let mut headers = HeaderMap::new();
            headers.insert("payment-signature", HeaderValue::from_static(value));
            assert_eq!(error_of_header(&shop, headers).await, "Payment required");
        }
        let v1 = header("x-payment", &v1_payment());
        assert_eq!(error_of_header(&shop, v1).await, "Payment required");
    }

    #[tokio::test]
    async fn missing_padding_does_not_matter() {
        let shop = Shop::open(|_| {}).await;
        let mut payment = shop.v2_payment("/weather").await;
        // Three lengths in a row include one that needs padding.
        for filler in ["", "x", "xx"] {
            payment["filler"] = json!(filler);
            let value = encode(&payment).unwrap();
            let mut headers = HeaderMap::new();
            let bare = value.trim_end_matches('=').parse().unwrap();
            headers.insert("payment-signature", bare);
            assert_eq!(shop.get("/weather", headers).await.status, 200);
        }
    }

    #[tokio::test]
    async fn other_versions_are_unsupported() {
        let shop = Shop::open(|_| {}).await;
        let mut payment = shop.v2_payment("/weather").await;
        for (version, word) in [(json!(3), "3"), (json!("2"), "2"), (json!(1), "1")] {
            payment["x402Version"] = version;
            let expected = format!("Unsupported x402 version: {word}");
            assert_eq!(error_of(&shop, &payment).await, expected);
        }
        payment.as_object_mut().unwrap().remove("x402Version");
        assert_eq!(error_of(&shop, &payment).await, "Unsupported x402 version: undefined");
    }

    #[tokio::test]
    async fn only_echoes_of_what_was_advertised_match() {
        let shop = Shop::open(|_| {}).await;
        let mut payment = shop.v2_payment("/weather").await;
        payment["accepted"]["amount"] = json!("999");
        assert_eq!(error_of(&shop, &payment).await, "No matching payment requirements");
        payment.as_object_mut().unwrap().remove("accepted");
        assert_eq!(error_of(&shop, &payment).await, "No matching payment requirements");
        assert_eq!(shop.facilitator.count("/verify"), 0);
    }

    #[tokio::test]
    async fn wrongly_echoed_extensions_are_refused() {
        let shop = Shop::open(|config| config.routes[0].bazaar = true).await;
        let mut payment = shop.v2_payment("/weather").await;
        payment["extensions"] = json!({"bazaar": {"info": {"input": "other"}}});
        assert_eq!(error_of(&shop, &payment).await, "extension_echo_mismatch");
        for fine in [Value::Null, json!({}), shop.challenge("/weather").await["extensions"].take()]
        {
            payment["extensions"] = fine;
            let answer = shop.get("/weather", header("payment-signature", &payment)).await;
            assert_eq!(answer.status, 200);
        }
    }

    #[tokio::test]
    async fn the_facilitators_reason_is_the_error() {
        let shop = Shop::open(|_| {}).await;
        let payment = shop.v2_payment("/weather").await;
        let verdict = json!({"isValid": false, "invalidReason": "because", "payer": PAYER});
        shop.facilitator.next("/verify", 200, verdict.clone());
        assert_eq!(error_of(&shop, &payment).await, "because");

        shop.facilitator.next("/verify", 400, verdict);
        let v1 = shop.get("/v1/weather", header("x-payment", &v1_payment())).await;
        assert_eq!(v1.status, 402);
        assert_eq!(v1.json()["error"], "because");
        assert_eq!(v1.json()["payer"], PAYER);
        assert_eq!(v1.json()["accepts"][0]["extra"]["feePayer"], FEE_PAYER);
    }

    #[tokio::test]
    async fn a_failed_settlement_is_a_402_with_a_receipt_and_no_challenge() {
        let shop = Shop::open(|_| {}).await;
        let failure = json!({
            "success": false, "errorReason": "duplicate_settlement", "payer": PAYER,
            "transaction": "", "network": SolanaNetwork::Devnet.caip2(),
        });
        shop.facilitator.next("/settle", 200, failure.clone());
        let answer = shop.pay("/weather").await;
        assert_eq!((answer.status, answer.body.as_str()), (402, "{}"));
        assert!(answer.headers.get("payment-required").is_none());
        assert_eq!(answer.json_header("payment-response").unwrap(), failure);

        shop.facilitator.next("/settle", 200, failure);
        let v1 = shop.get("/v1/weather", header("x-payment", &v1_payment())).await;
        assert_eq!(v1.json()["error"], "duplicate_settlement");
        assert!(v1.headers.get("x-payment-response").is_none());
        assert_eq!(shop.seller.sales(), []);
    }

    #[tokio::test]
    async fn a_pending_settlement_is_asked_for_once_more() {
        let shop = Shop::open(|_| {}).await;
        let pending = json!({
            "success": false, "errorReason": "settlement_pending", "transaction": "t",
            "network": SolanaNetwork::Devnet.caip2(),
        });
        shop.facilitator.next("/settle", 200, pending.clone());
        assert_eq!(shop.pay("/weather").await.status, 200);
        shop.facilitator.next("/settle", 200, pending.clone());
        shop.facilitator.next("/settle", 200, pending.clone());
        let answer = shop.pay("/weather").await;
        assert_eq!(answer.json_header("payment-response").unwrap(), pending);
        assert_eq!(shop.facilitator.count("/settle"), 4);
    }

    #[tokio::test]
    async fn a_facilitator_that_talks_nonsense_is_a_bad_gateway() {
        let shop = Shop::open(|_| {}).await;
        shop.facilitator.next("/verify", 500, json!("oops"));
        let verify = shop.pay("/weather").await;
        assert_eq!(verify.status, 502);
        assert_eq!(verify.json()["error"], "Facilitator returned an invalid verify response");
        shop.facilitator.next("/settle", 200, json!({}));
        assert_eq!(shop.pay("/weather").await.status, 502);
        shop.facilitator.next("/verify", 500, json!("oops"));
        let v1 = shop.get("/v1/weather", header("x-payment", &v1_payment())).await;
        assert_eq!(v1.status, 402);
    }

    #[tokio::test]
    async fn a_facilitator_that_is_not_there_is_an_internal_error() {
        let shop =
            Shop::open(|config| config.facilitator_url = "http://127.0.0.1:1".to_owned()).await;
        let answer = shop.get("/weather", HeaderMap::new()).await;
        assert_eq!(answer.status, 500);
        let error = answer.json()["error"].to_string();
        assert!(error.contains("Facilitator unreachable"), "{error}");
    }

    /// It may have settled all the same.
    #[tokio::test]
    async fn a_facilitator_whose_answer_gets_lost_was_not_unreachable() {
        let (listener, facilitator_url) = on_loopback().await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 64]).await;
            }
        });
        let shop = Shop::open(|config| config.facilitator_url = facilitator_url).await;
        let answer = shop.get("/weather", HeaderMap::new()).await;
        assert_eq!(answer.status, 500);
        let error = answer.json()["error"].to_string();
        assert!(error.contains("Facilitator did not answer"), "{error}");
    }

    #[tokio::test]
    async fn v1_payments_are_held_against_the_schema() {
        let shop = Shop::open(|_| {}).await;
        let error_of = async |change: fn(&mut Value)| {
            let mut payment = v1_payment();
            change(&mut payment);
            let answer = shop.get("/v1/weather", header("x-payment", &payment)).await;
            assert_eq!(answer.status, 402);
            answer.json()["error"].as_str().unwrap().to_owned()
        };
        let caip2 = error_of(|p| p["network"] = json!(SolanaNetwork::Devnet.caip2())).await;
        assert!(caip2.contains("Invalid network"), "{caip2}");
        let version = error_of(|p| p["x402Version"] = json!(2)).await;
        assert!(version.contains("x402Version"), "{version}");
        let payload = error_of(|p| p["payload"] = json!({"authorization": {"value": 7}})).await;
        assert!(payload.contains("invalid_union"), "{payload}");
        let other = error_of(|p| p["network"] = json!("solana")).await;
        assert_eq!(other, "Unable to find matching payment requirements");
        let mut garbage = HeaderMap::new();
        garbage.insert("x-payment", HeaderValue::from_static("***"));
        let answer = shop.get("/v1/weather", garbage).await;
        assert_eq!(answer.json()["error"], "Invalid or malformed payment header");
        let v2 = shop.get("/v1/weather", header("payment-signature", &v1_payment())).await;
        assert_eq!(v2.json()["error"], "X-PAYMENT header is required");
        assert_eq!(shop.facilitator.count("/verify"), 0);
    }
}

/// A seller with its facilitator, and a client at its door.
struct Shop {
    url: String,
    seller: Seller,
    facilitator: ScriptedFacilitator,
    http: reqwest::Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Shop {
    async fn open(change: impl FnOnce(&mut SellerConfig)) -> Self {
        let facilitator = ScriptedFacilitator::start().await;
        let mut config = SellerConfig {
            routes: vec![
                route("/weather", Resource::Weather),
                route("/echo", Resource::Echo),
                route("/status/*", Resource::Status),
                Route { version: Version::V1, ..route("/v1/weather", Resource::Weather) },
            ],
            ..SellerConfig::new(&facilitator.url)
        };
        change(&mut config);
        let (listener, url) = on_loopback().await.unwrap();
        let seller = Seller::new(config);
        tokio::spawn(serve(listener, seller.clone(), Faults::default()));
        Self { url, seller, facilitator, http: reqwest::Client::new() }
    }

    async fn get(&self, path: &str, headers: HeaderMap) -> Answer {
        let request = self.http.get(format!("{}{path}", self.url)).headers(headers);
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    async fn challenge(&self, path: &str) -> Value {
        let answer = self.get(path, HeaderMap::new()).await;
        answer.json_header("payment-required").unwrap()
    }

    /// A payment for the entry that only this seller's facilitator settles.
    async fn v2_payment(&self, path: &str) -> Value {
        let mut challenge = self.challenge(path).await;
        json!({
            "x402Version": 2,
            "accepted": challenge["accepts"][0].take(),
            "payload": {"transaction": "AQID"},
        })
    }

    async fn pay(&self, path: &str) -> Answer {
        let payment = self.v2_payment(path).await;
        self.get(path, header("payment-signature", &payment)).await
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn json_header(&self, name: &str) -> Option<Value> {
        decode(self.headers.get(name)?.as_bytes())
    }
}

fn route(path: &str, resource: Resource) -> Route {
    let devnet = SolanaNetwork::Devnet;
    let price = "$0.001".parse().unwrap();
    let accept = Accept {
        max_timeout_seconds: Some(60),
        ..Accept::new(devnet.caip2(), devnet.usdc(), PAY_TO, price)
    };
    Route { description: "The weather here".to_owned(), ..Route::new(path, resource, accept) }
}

fn header(name: &'static str, message: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, encode(message).unwrap().parse().unwrap());
    headers
}

fn v1_payment() -> Value {
    json!({
        "x402Version": 1, "scheme": "exact", "network": "solana-devnet",
        "payload": {"transaction": "AQID"},
    })
}

fn settled() -> Value {
    json!({
        "success": true, "payer": PAYER, "transaction": "transaction",
        "network": SolanaNetwork::Devnet.caip2(),
    })
}

/// A facilitator that finds every payment good, unless told otherwise, and keeps the calls.
#[derive(Clone)]
struct ScriptedFacilitator {
    url: String,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<(String, u16, Value)>,
    calls: Vec<(String, Value)>,
}

impl ScriptedFacilitator {
    async fn start() -> Self {
        let (listener, url) = on_loopback().await.unwrap();
        let facilitator = Self { url, script: Arc::default() };
        let router = Router::new().fallback(facilitate).with_state(facilitator.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        facilitator
    }

    /// What the next call of a path is answered with, behind what was said before.
    fn next(&self, path: &str, status: u16, answer: Value) {
        let mut script = self.script.lock().unwrap();
        script.answers.push_back((path.to_owned(), status, answer));
    }

    fn calls(&self) -> Vec<(String, Value)> {
        self.script.lock().unwrap().calls.clone()
    }

    fn count(&self, path: &str) -> usize {
        let calls = self.calls();
        calls.iter().filter(|(called, _)| called == path).count()
    }
}

async fn facilitate(
    State(facilitator): State<ScriptedFacilitator>,
    uri: Uri,
    body: Option<Json<Value>>,
) -> Response {
    let mut script = facilitator.script.lock().unwrap();
    let path = uri.path().to_owned();
    let body = body.map(|Json(body)| body).unwrap_or_default();
    script.calls.push((path.clone(), body));
    let scripted = script.answers.iter().position(|(wanted, ..)| *wanted == path);
    let (status, answer) = match scripted.and_then(|at| script.answers.remove(at)) {
        Some((_, status, answer)) => (status, answer),
        None => (200, everything_is_fine(&path)),
    };
    (StatusCode::from_u16(status).unwrap(), Json(answer)).into_response()
}

fn everything_is_fine(path: &str) -> Value {
    let kind = |version: u8, network: &str| {
        let extra = Map::from_iter([("feePayer".to_owned(), json!(FEE_PAYER))]);
        json!({"x402Version": version, "scheme": "exact", "network": network, "extra": extra})
    };
    let devnet = SolanaNetwork::Devnet;
    match path {
        "/supported" => json!({"kinds": [kind(2, devnet.caip2()), kind(1, devnet.v1_name())]}),
        "/verify" => json!({"isValid": true, "payer": PAYER}),
        _ => settled(),
    }
}
