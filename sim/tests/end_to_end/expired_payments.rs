//! A payment whose answer is lost for good: once it has expired, the device asks the chain what became
//! of it, in the words that a node understands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded_x402::io::{Client, ClientMemory, Error, Evm, Fate, Tcp, Wallet};
use embedded_x402::journal::{Journal, RamStorage};
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
use embedded_x402::signer::{CompactSigner, K256Signer};
use embedded_x402::wire::Amount;
use embedded_x402_sim::chain::{Chain, genesis};
use embedded_x402_sim::device::{TokioDelay, TokioNetwork};
use embedded_x402_sim::evm_chain::{self, EvmChain, EvmChainConfig};
use embedded_x402_sim::x402::Version;
use getrandom::SysRng;
use serde_json::json;
use tokio::net::TcpListener;

use crate::shop::{CAP, FUNDS, PRICE, Shop, weather};

/// Slots in which a payment lands, or can't any more, and the chain agrees on that.
const EXPIRY: u64 = 400;

/// Seconds in which a payment expires, by the device's reckoning.
const LIFETIME: u64 = 200;

/// The device's uptime in seconds. It stands still but while a payment is on its way.
type Uptime = Arc<AtomicU64>;

/// What stands between the device and the seller.
#[derive(Clone)]
struct Thief {
    seller_url: String,
    chain: Chain,
    uptime: Uptime,
    /// Copies of the payment while which the chain stands still, instead of making blocks.
    stands_still: u64,
    /// Whether payments reach the seller, whose answer is then lost.
    passes_payments: bool,
}

async fn steal(State(thief): State<Thief>, headers: HeaderMap, uri: Uri) -> Response {
    let payment = headers.get("payment-signature");
    if payment.is_none() || thief.passes_payments {
        let mut request = reqwest::Client::new().get(format!("{}{uri}", thief.seller_url));
        if let Some(payment) = payment {
            request = request.header("payment-signature", payment);
        }
        let answer = request.send().await.unwrap();
        if payment.is_none() {
            let challenge = answer.headers()["payment-required"].clone();
            return (StatusCode::PAYMENT_REQUIRED, [("payment-required", challenge)])
                .into_response();
        }
    }
    let uptime = thief.uptime.fetch_add(LIFETIME, Ordering::Relaxed);
    if uptime >= thief.stands_still * LIFETIME {
        thief.chain.advance(EXPIRY);
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Buys something that is never delivered, until the payment has expired.
async fn fate(
    wallet: impl Wallet,
    rule: Rule<'_>,
    url: &str,
    node: &str,
    uptime: &AtomicU64,
) -> Fate {
    let policy = PaymentPolicy { rules: &[rule] };
    let transport = Tcp::new(TokioNetwork, TokioNetwork);
    let mut memory: ClientMemory = ClientMemory::new();
    let storage: RamStorage = RamStorage::new();
    let mut journal: Journal<_> = Journal::open(storage, &mut [0; 1024]).await.unwrap();
    let uptime = || uptime.load(Ordering::Relaxed);
    let mut client = Client::new(&transport, &policy, wallet, SysRng, TokioDelay, &mut memory)
        .with_journal(&mut journal, &uptime)
        .with_solana_rpc(node)
        .with_evm_rpc(node);
    match client.get(url).await {
        Err(Error::Expired(fate)) => fate,
        Err(error) => panic!("expired, not: {error}"),
        Ok(_) => panic!("nothing is delivered"),
    }
}

async fn solana_fate(passes_payments: bool, stands_still: u64) -> (Fate, u64) {
    let shop = Shop::open(|pay_to| vec![weather(Version::V2, "/weather", pay_to)]).await;
    let Shop { market, device, payer, .. } = &shop;
    let (seller_url, chain) = (market.seller_url.clone(), market.chain.clone());
    let uptime = Uptime::default();
    let thief = Thief { seller_url, chain, uptime: uptime.clone(), stands_still, passes_payments };
    let url = serve(Router::new().fallback(steal).with_state(thief)).await;
    let wallet = CompactSigner::from_key_pair(device.keys.solana_key_pair().unwrap()).unwrap();
    let rule = Rule::new(assets::USDC_SOLANA_DEVNET, Amount(CAP));
    let fate = fate(wallet, rule, &format!("{url}/weather"), &market.chain_url, &uptime).await;
    (fate, FUNDS - market.chain.token_balance(payer, &genesis::USDC))
}

#[tokio::test]
async fn a_payment_that_settled_is_found_on_solana() {
    assert_eq!(solana_fate(true, 0).await, (Fate::Settled, PRICE));
}

#[tokio::test]
async fn a_payment_that_did_not_settle_is_proven_on_solana() {
    assert_eq!(solana_fate(false, 0).await, (Fate::NotSettled, 0));
}

/// While it stands still, both can still change: the payment stays open, and is sent again.
#[tokio::test]
async fn nothing_is_over_while_solana_may_take_the_payment() {
    let (given_back, spent) = tokio::join!(solana_fate(false, 1), solana_fate(true, 1));
    assert_eq!(given_back, (Fate::NotSettled, 0));
    assert_eq!(spent, (Fate::Settled, PRICE));
}

/// Asks for payment on Base Sepolia, and keeps it. The chain's time goes on by so many seconds with
/// each copy of it.
async fn evm_fate(config: EvmChainConfig, seconds: u64) -> Fate {
    let chain = EvmChain::new(config);
    let node = serve(evm_chain::rpc::router(chain.clone())).await;
    let challenge = STANDARD.encode(evm_challenge());
    let uptime = Uptime::default();
    let seen = uptime.clone();
    let seller = Router::new().fallback(async move |headers: HeaderMap| match headers {
        headers if headers.contains_key("payment-signature") => {
            seen.fetch_add(LIFETIME, Ordering::Relaxed);
            chain.set_timestamp(chain.timestamp() + seconds);
            chain.mine();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        _ => (StatusCode::PAYMENT_REQUIRED, [("payment-required", challenge)]).into_response(),
    });
    let wallet = Evm(K256Signer::from_bytes(&[3; 32]).unwrap());
    let rule = Rule::new(assets::USDC_BASE_SEPOLIA, Amount(CAP));
    fate(wallet, rule, &format!("{}/weather", serve(seller).await), &node, &uptime).await
}

fn evm_challenge() -> String {
    let entry = json!({
        "scheme": "exact", "network": "eip155:84532", "amount": "1000",
        "asset": assets::USDC_BASE_SEPOLIA.address,
        "payTo": "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6", "maxTimeoutSeconds": 60,
        "extra": {"name": "USDC", "version": "2"},
    });
    let resource = json!({"url": "http://seller/weather", "description": "", "mimeType": ""});
    json!({"x402Version": 2, "error": "", "accepts": [entry], "resource": resource}).to_string()
}

/// The chain's clock starts with the wall's, by which the seller dates its answers.
#[tokio::test]
async fn a_payment_that_did_not_settle_is_proven_on_an_evm_chain() {
    assert_eq!(evm_fate(EvmChainConfig::default(), LIFETIME).await, Fate::NotSettled);
    let other = EvmChainConfig { chain_id: 8453, ..EvmChainConfig::default() };
    assert_eq!(evm_fate(other, LIFETIME).await, Fate::Unknown);
}

/// Its time is over for the device before it is for the chain: it stays open until then.
#[tokio::test]
async fn nothing_is_over_while_an_evm_chain_may_take_the_payment() {
    assert_eq!(evm_fate(EvmChainConfig::default(), 50).await, Fate::NotSettled);
}
