//! Challenges: what is answered to those who have not paid.

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
    for (framing, chunked) in
        [(ChallengeBody::ContentLength, false), (ChallengeBody::Chunked, true)]
    {
        let shop = Shop::open(|config| config.challenge_body = framing).await;
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
