//! Payments that settle, and what they buy.

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
