//! `x402-sim pay`: the client protocol of the x402 project's end-to-end tests.

use embedded_x402_sim::chain::{TokenProgram, genesis};
use embedded_x402_sim::evm_chain::{self, U256};
use embedded_x402_sim::market::{Market, MarketConfig, Payees};
use embedded_x402_sim::seller::{Accept, Price, Resource, Route};
use embedded_x402_sim::x402::Version;
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{Run, run};
use crate::shop::{PRICE, Shop, accept, sells, weather};

const OWN_MINT: Address = Address::new_from_array([77; 32]);

/// A test key.
const EVM_KEY: &str = "0x484dd43a4fc1962138290671d9b17445d6d2e466a538896a77343a4c1a60b9f1";

/// Members of the last line, in this order; `error` only if there was one.
const MEMBERS: [&str; 5] = ["success", "data", "status_code", "payment_response", "error"];

/// A cent more than may be paid without a flag.
const DEAR: u64 = 1_010_000;

async fn shop() -> Shop {
    Shop::open(|pay_to| {
        let in_token = |path: &str, mint, price| {
            Route::new(path, Resource::Weather, accept(mint, pay_to, price))
        };
        vec![
            weather(Version::V2, "/weather", pay_to),
            weather(Version::V1, "/v1/weather", pay_to),
            sells(Version::V2, "/echo", Resource::Echo, pay_to),
            sells(Version::V2, "/status/*", Resource::Status, pay_to),
            Route {
                methods: vec!["PUT".to_owned()],
                ..sells(Version::V2, "/put", Resource::Echo, pay_to)
            },
            in_token("/pyusd", genesis::PYUSD, PRICE),
            in_token("/own", OWN_MINT, PRICE),
            in_token("/dear", genesis::USDC, DEAR),
        ]
    })
    .await
}

/// Buys with the wallet of the shop's device.
async fn pay(shop: &Shop, path: &str, flags: &[&str]) -> Run {
    let (key, url) = (key(shop), shop.market.url(path));
    let flags = [&["pay", "--url", &url], flags].concat();
    run(&flags, &[("SVM_PRIVATE_KEY", &key), ("SVM_RPC_URL", &shop.market.chain_url)]).await
}

fn key(shop: &Shop) -> String {
    bs58::encode(shop.device.keys.solana_key_pair().unwrap()).into_string()
}

/// The shape that scripts rely on, and the exit status that says the same.
fn assert_shape(run: &Run, success: bool) -> Value {
    let result = run.json();
    let members: Vec<_> = result.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = if success { &MEMBERS[..4] } else { &MEMBERS[..] };
    assert_eq!(members, expected, "{result}");
    assert_eq!(result["success"], success, "{result}");
    assert_eq!(run.status, Some(if success { 0 } else { 1 }), "{result}");
    result
}

async fn assert_pays(shop: &Shop, path: &str, flags: &[&str], mint: Address) -> Value {
    let books = shop.open_books(mint);
    let result = assert_shape(&pay(shop, path, flags).await, true);
    let moved = books.moved();
    assert_eq!((moved.spent, moved.earned), (PRICE, PRICE), "{path} {flags:?}");
    assert_eq!(result["status_code"], 200, "{path} {flags:?}");
    let transaction = result["payment_response"]["transaction"].as_str().unwrap();
    assert_eq!(moved.sales[0].transaction, transaction, "{path} {flags:?}");
    assert!(shop.landed(transaction).is_some(), "{path} {flags:?}");
    result
}

async fn assert_fails(shop: &Shop, path: &str, flags: &[&str], words: &str) -> Value {
    let books = shop.open_books(genesis::USDC);
    let result = assert_shape(&pay(shop, path, flags).await, false);
    let error = result["error"].as_str().unwrap();
    assert!(error.contains(words), "{path} {flags:?}: {error}");
    assert_eq!(result["payment_response"], Value::Null, "{path} {flags:?}");
    books.assert_nothing_moved(&format!("{path} {flags:?}"));
    result
}

fn weather_report() -> Value {
    json!({"report": {"weather": "sunny", "temperature": 70}})
}

#[tokio::test]
async fn by_the_environment() {
    let shop = shop().await;
    for (path, version) in [("/weather", Version::V2), ("/v1/weather", Version::V1)] {
        let books = shop.open_books(genesis::USDC);
        let environment = [
            ("RESOURCE_SERVER_URL", shop.market.seller_url.as_str()),
            ("ENDPOINT_PATH", path),
            ("SVM_PRIVATE_KEY", &key(&shop)),
            ("SVM_RPC_URL", &shop.market.chain_url),
        ];
        let run = run(&["pay"], &environment).await;
        let result = assert_shape(&run, true);
        let moved = books.moved();
        assert_eq!((moved.spent, moved.earned), (PRICE, PRICE), "{version:?}");
        assert_eq!(moved.sales[0].version, version);
        assert_eq!(result["data"], weather_report());
        assert_eq!(result["status_code"], 200);
        let receipt = &result["payment_response"];
        assert_eq!(receipt["success"], true);
        assert_eq!(receipt["network"], "solana-devnet");
        assert_eq!(receipt["payer"], shop.payer.to_string());
        assert_eq!(receipt["transaction"], moved.sales[0].transaction);
    }
}

#[tokio::test]
async fn by_flags() {
    let shop = shop().await;
    let (key, url) = (key(&shop), shop.market.url("/v1/weather"));
    let books = shop.open_books(genesis::USDC);
    let flags = ["--svm-private-key", &key, "--svm-rpc-url", &shop.market.chain_url];
    let run = run(&[&["pay", "--url", &url][..], &flags].concat(), &[]).await;
    assert_shape(&run, true);
    assert_eq!(books.moved().earned, PRICE);
    let people_read = run.stdout.lines().count() > 1;
    assert!(people_read, "{}", run.stdout);
}

#[tokio::test]
async fn flags_win_over_the_environment() {
    let shop = shop().await;
    let environment = [
        ("RESOURCE_SERVER_URL", "http://127.0.0.1:1"),
        ("ENDPOINT_PATH", "/nowhere"),
        ("SVM_PRIVATE_KEY", &key(&shop)),
    ];
    let url = shop.market.url("/weather");
    let run = run(&["pay", "--json", "--url", &url], &environment).await;
    assert_eq!(assert_shape(&run, true)["data"], weather_report());
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
}

#[tokio::test]
async fn max_amount_is_the_cap() {
    let shop = shop().await;
    let (price, less) = (PRICE.to_string(), (PRICE - 1).to_string());
    assert_pays(&shop, "/weather", &["--max-amount", &price], genesis::USDC).await;
    let words = "the price of 1234 is above the policy's cap of 1233";
    let result = assert_fails(&shop, "/weather", &["--max-amount", &less], words).await;
    assert_eq!(result["data"], Value::Null);
    assert_eq!(result["status_code"], 402);
    assert_fails(&shop, "/dear", &[], "the price of 1010000 is above the policy's cap of 1000000")
        .await;
    let books = shop.open_books(genesis::USDC);
    assert_shape(&pay(&shop, "/dear", &["--max-amount", "1010000"]).await, true);
    assert_eq!(books.moved().earned, DEAR);
}

#[tokio::test]
async fn pay_to_names_who_may_be_paid() {
    let shop = shop().await;
    let (own, payee) = (shop.payer.to_string(), shop.market.pay_to.to_string());
    assert_fails(&shop, "/weather", &["--pay-to", &own], "does not allow this payTo").await;
    let both = ["--pay-to", &own, "--pay-to", &payee];
    assert_pays(&shop, "/weather", &both, genesis::USDC).await;
}

#[tokio::test]
async fn asset_names_what_may_be_paid_in() {
    let shop = shop().await;
    let pyusd = genesis::PYUSD.to_string();
    assert_fails(&shop, "/pyusd", &[], "allows this asset on solana-devnet").await;
    assert_pays(&shop, "/pyusd", &["--asset", &pyusd], genesis::PYUSD).await;
    assert_fails(&shop, "/weather", &["--asset", &pyusd], "allows this asset").await;
}

#[tokio::test]
async fn an_unknown_asset_needs_a_cap() {
    let shop = shop().await;
    let chain = &shop.market.chain;
    chain.create_mint(&OWN_MINT, 9, TokenProgram::Token2022).unwrap();
    chain.fund_token(&shop.payer, &OWN_MINT, PRICE).unwrap();
    chain.fund_token(&shop.market.pay_to, &OWN_MINT, 0).unwrap();
    let mint = OWN_MINT.to_string();
    assert_fails(&shop, "/own", &["--asset", &mint], "give --max-amount").await;
    assert_pays(&shop, "/own", &["--asset", &mint, "--max-amount", "2000"], OWN_MINT).await;
}

/// A market that takes USDC on Base Sepolia, in both versions, and at one path on Solana too; and a
/// wallet there with a dollar in it.
async fn evm_market() -> (Market, String) {
    let routes = |payees: &Payees| {
        let (usdc, price) = (evm_chain::genesis::USDC.to_string(), PRICE.to_string());
        let on_evm = |network: &str| {
            Accept::new(network, &usdc, payees.evm.to_string(), Price::Atomic(price.clone()))
        };
        let on_solana = accept(genesis::USDC, payees.solana, PRICE);
        let route = |path: &str, accepts| Route::accepting(path, Resource::Weather, accepts);
        vec![
            route("/evm", vec![on_evm("eip155:84532")]),
            Route { version: Version::V1, ..route("/v1/evm", vec![on_evm("base-sepolia")]) },
            Route {
                recent_blockhash: true,
                ..route("/both", vec![on_evm("eip155:84532"), on_solana])
            },
        ]
    };
    let market = Market::with_routes(MarketConfig::default(), routes).await.unwrap();
    let payer = evm_chain::Wallet::from_hex(EVM_KEY).unwrap().address();
    market.evm_chain.fund_token(payer, U256::from(1_000_000)).unwrap();
    (market, payer.to_string())
}

/// Buys at this market, and answers the result and what the seller earned on the EVM chain.
async fn pay_there(
    market: &Market,
    path: &str,
    flags: &[&str],
    environment: &[(&str, &str)],
) -> (Run, u64) {
    let earned = || market.evm_chain.token_balance(market.evm_pay_to).saturating_to::<u64>();
    let (url, before) = (market.url(path), earned());
    let run = run(&[&["pay", "--url", &url], flags].concat(), environment).await;
    (run, earned() - before)
}

#[tokio::test]
async fn with_a_key_for_evm_chains() {
    let (market, payer) = evm_market().await;
    let usdc = evm_chain::genesis::USDC.to_string().to_uppercase().replacen("0X", "0x", 1);
    let payee = market.evm_pay_to.to_string().to_lowercase();
    let narrow = ["--asset", &usdc, "--pay-to", &payee, "--network", "base-sepolia"];
    for path in ["/evm", "/v1/evm"] {
        let by_environment = pay_there(&market, path, &[], &[("EVM_PRIVATE_KEY", EVM_KEY)]).await;
        let flags = [&["--evm-private-key", EVM_KEY], &narrow[..]].concat();
        let by_flags = pay_there(&market, path, &flags, &[]).await;
        for (run, earned) in [by_environment, by_flags] {
            let result = assert_shape(&run, true);
            assert_eq!(earned, PRICE, "{path}");
            assert_eq!(result["data"], weather_report());
            let receipt = &result["payment_response"];
            assert_eq!(receipt["network"], "base-sepolia");
            assert!(receipt["payer"].as_str().unwrap().eq_ignore_ascii_case(&payer));
        }
    }
    let elsewhere = ["--network", "eip155:8453", "--network", "solana-devnet"];
    let (run, earned) =
        pay_there(&market, "/evm", &elsewhere, &[("EVM_PRIVATE_KEY", EVM_KEY)]).await;
    let error = assert_shape(&run, false)["error"].to_string();
    assert!(error.contains("allows this asset on base-sepolia"), "{error}");
    assert_eq!(earned, 0);
}

#[tokio::test]
async fn with_two_keys_the_flags_decide_between_networks() {
    let (market, _) = evm_market().await;
    let pair = Keypair::new();
    market.chain.fund_token(&pair.pubkey(), &genesis::USDC, PRICE).unwrap();
    let solana_key = pair.to_base58_string();
    let keys = [("SVM_PRIVATE_KEY", solana_key.as_str()), ("EVM_PRIVATE_KEY", EVM_KEY)];
    let evm_first = ["--network", "base-sepolia", "--network", "solana-devnet"];
    let (run, earned) = pay_there(&market, "/both", &evm_first, &keys).await;
    assert_eq!(assert_shape(&run, true)["payment_response"]["network"], "base-sepolia");
    assert_eq!(earned, PRICE);
    let (run, earned) = pay_there(&market, "/both", &[], &keys).await;
    assert_eq!(assert_shape(&run, true)["payment_response"]["network"], "solana-devnet");
    assert_eq!(earned, 0);
    assert_eq!(market.chain.token_balance(&pair.pubkey(), &genesis::USDC), 0);
}

#[tokio::test]
async fn methods_bodies_and_headers_are_those_of_curl() {
    let shop = shop().await;
    let json = ["--body", r#"{"on":true}"#, "--header", "Content-Type: application/json"];
    let result = assert_pays(&shop, "/echo", &json, genesis::USDC).await;
    assert_eq!(result["data"], json!({"on": true}));
    let text = ["--method", "put", "--body", "plain text"];
    let result = assert_pays(&shop, "/put", &text, genesis::USDC).await;
    assert_eq!(result["data"], "plain text");
    // A body alone makes it a POST, which nobody sells there.
    let run = pay(&shop, "/put", &["--body", "plain text"]).await;
    assert_eq!(assert_shape(&run, false)["status_code"], 404);
    assert_fails(&shop, "/echo", &["--header", "no colon"], "\"no colon\"").await;
}

#[tokio::test]
async fn fragments_change_nothing() {
    let shop = shop().await;
    for path in ["/weather", "/v1/weather"] {
        let result = assert_pays(&shop, path, &["--fragment", "1"], genesis::USDC).await;
        assert_eq!(result["data"], weather_report());
    }
}

#[tokio::test]
async fn failures_say_what_is_known() {
    let shop = shop().await;
    let words = "paid or not, that is unknown";
    let result = assert_fails(&shop, "/status/500", &[], words).await;
    assert_eq!(result["status_code"], 500);
    assert_eq!(result["data"], json!({"status": 500}));
    let result = assert_fails(&shop, "/nowhere", &[], "status 404").await;
    assert_eq!(result["status_code"], 404);

    let key = key(&shop);
    let unreachable = ["pay", "--url", "http://127.0.0.1:1/", "--svm-private-key", &key];
    let result = assert_shape(&run(&unreachable, &[]).await, false);
    assert_eq!(result["status_code"], Value::Null);
    let nothing_to_buy = run(&["pay", "--svm-private-key", &key], &[]).await;
    let result = assert_shape(&nothing_to_buy, false);
    assert!(result["error"].as_str().unwrap().contains("RESOURCE_SERVER_URL"), "{result}");
}

/// Half of what was bought is no success, and does not hide what became of the money.
#[tokio::test]
async fn answers_that_break_off_are_failures_that_say_what_was_paid() {
    for (faults, is_receipt, words) in [
        ("truncate", true, "the answer broke off"),
        ("no-receipt,truncate", false, "paid or not, that is unknown"),
    ] {
        let routes = |payees: &Payees| vec![weather(Version::V2, "/weather", payees.solana)];
        let shop = Shop::faulty(faults, "", routes).await;
        let result = assert_shape(&pay(&shop, "/weather", &[]).await, false);
        let error = result["error"].as_str().unwrap();
        assert!(error.contains(words) && error.contains("the answer broke off"), "{error}");
        assert_eq!(result["payment_response"]["success"] == true, is_receipt, "{result}");
        assert_eq!(result["status_code"], 200);
        let whole = weather_report().to_string();
        assert_eq!(result["data"], whole[..whole.len() / 2], "{result}");
    }
}

/// A file for a journal, in a directory that goes away with the test.
fn journal_in(directory: &TempDir) -> String {
    directory.path().join("journal").to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_budget_holds_from_one_run_to_the_next() {
    let shop = shop().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = journal_in(&directory);
    // Two payments' worth, and almost a third's.
    let budget = format!("{}/86400", 3 * PRICE - 1);
    let flags = ["--journal", &journal, "--budget", &budget, "--network", "solana-devnet"];
    for path in ["/weather", "/v1/weather"] {
        assert_pays(&shop, path, &flags, genesis::USDC).await;
    }
    assert_fails(&shop, "/weather", &flags, "budget").await;
    // Runs for something else do not make it forget.
    let pyusd = genesis::PYUSD.to_string();
    let another_asset = [&flags[..], &["--asset", &pyusd]].concat();
    assert_pays(&shop, "/pyusd", &another_asset, genesis::PYUSD).await;
    assert_fails(&shop, "/weather", &flags, "budget").await;
}

#[tokio::test]
async fn a_budget_needs_a_journal_with_room_for_it() {
    let shop = shop().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = journal_in(&directory);
    let budget = ["--budget", "5000000/86400"];
    assert_fails(&shop, "/weather", &budget, "--budget needs --journal").await;
    let wide = [&budget[..], &["--journal", &journal]].concat();
    assert_fails(&shop, "/weather", &wide, "a journal keeps 4 budgets").await;
    let usage = run(&["pay", "--budget", "5000000"], &[]).await;
    assert!(usage.json()["error"].as_str().unwrap().contains("5000000/86400"), "{}", usage.stdout);
}

/// A seller who accepts connections and says nothing.
#[tokio::test]
async fn the_total_timeout_is_kept() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let key = Keypair::new().to_base58_string();
    let pay = ["pay", "--url", &url, "--svm-private-key", &key, "--total-timeout", "0.05"];
    let result = assert_shape(&run(&pay, &[]).await, false);
    assert_eq!(result["error"], "the time was up");
}
