//! What is refused, with which words.

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
    for fine in [Value::Null, json!({}), shop.challenge("/weather").await["extensions"].take()] {
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
    let shop = Shop::open(|config| config.facilitator_url = "http://127.0.0.1:1".to_owned()).await;
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
