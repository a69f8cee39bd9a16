//! `x402-sim pay --journal`: a process that is killed with a payment in flight, and the next one.

use std::process::Stdio;

use alloy_primitives::hex;
use axum::extract::Request;
use embedded_x402::journal::Standing;
use embedded_x402_sim::fault::{self, Answer, Answered, FaultySeller};
use embedded_x402_sim::seller;
use embedded_x402_sim::x402::{Version, header};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::PROMPTLY;
use crate::command_line::{finish, program};
use crate::customer::{self, CHAINS, Customer, OnChain};
use crate::shop::{PRICE, Shop, faults};

/// A seller whose payments are looked at before anything goes wrong with them.
#[derive(Clone)]
struct Watched {
    seller: FaultySeller,
    payments: UnboundedSender<String>,
}

impl Answer for Watched {
    async fn answer(self, request: Request) -> Answered {
        let names = [header::PAYMENT_SIGNATURE, header::X_PAYMENT];
        if let Some(payment) = names.iter().find_map(|name| request.headers().get(*name)) {
            self.payments.send(payment.to_str().unwrap().to_owned()).unwrap();
        }
        self.seller.answer(request).await
    }
}

/// A shop, a customer who buys by the command line, and the payments that reach the seller.
struct Bench {
    shop: Shop,
    customer: Customer,
    url: String,
    payments: UnboundedReceiver<String>,
}

impl Bench {
    async fn new(seller_faults: &str, version: Version, chain: OnChain) -> Self {
        let shop = Shop::faulty("", "", customer::routes).await;
        let customer = Customer::new(&shop, version, chain).await;
        let router = seller::router(shop.market.seller.clone());
        let seller = FaultySeller::new(router, faults(seller_faults));
        let (sender, payments) = unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), customer.path);
        tokio::spawn(fault::serve(listener, Watched { seller, payments: sender }));
        Bench { shop, customer, url, payments }
    }

    /// Buys, with the journal that the customer leaves to it.
    fn command(&mut self, seconds: &str) -> Command {
        let journal = self.customer.close_journal();
        let keys = &self.customer.device.keys;
        let solana = bs58::encode(keys.solana_key_pair().unwrap()).into_string();
        let evm = hex::encode_prefixed(keys.evm_secret().unwrap());
        let environment = [
            ("SVM_PRIVATE_KEY", solana.as_str()),
            ("EVM_PRIVATE_KEY", evm.as_str()),
            ("SVM_RPC_URL", self.shop.market.chain_url.as_str()),
        ];
        let what = ["pay", "--url", &self.url, "--journal", &journal, "--total-timeout", seconds];
        program(&what, &environment)
    }

    /// Begins a purchase, and kills it when its payment has reached the seller so many times and so
    /// much is spent. Answers the payment.
    async fn buy_until_killed(&mut self, times: usize, spent: u64) -> String {
        let mut process = self.command(PATIENT).stdout(Stdio::null()).spawn().unwrap();
        let payment = self.next_payment().await;
        for _ in 1..times {
            assert_eq!(self.next_payment().await, payment);
        }
        self.customer.wait_until_spent(&self.shop, spent).await;
        process.kill().await.unwrap();
        payment
    }

    async fn next_payment(&mut self) -> String {
        let payment = timeout(PROMPTLY, self.payments.recv()).await;
        payment.expect("a payment reaches the seller").unwrap()
    }

    /// Buys, and answers the result and the payments that reached the seller.
    async fn buy(&mut self, seconds: &str) -> (Value, Vec<String>) {
        let result = finish(self.command(seconds)).await.json();
        let payments = std::iter::from_fn(|| self.payments.try_recv().ok()).collect();
        (result, payments)
    }

    /// What is spent in all, and how the one open payment stands, if there is one.
    async fn assert_left(&mut self, spent: u64, open: Option<Standing>) {
        assert_eq!(self.customer.spent(&self.shop), spent);
        self.customer.restart().await;
        self.customer.assert_open(open).await;
    }
}

/// Seconds; enough for an answer, however slow the machine.
const BRIEF: &str = "5";

/// Seconds; the test kills the process long before.
const PATIENT: &str = "60";

/// The payment has settled when the process is killed. The next one can't know: it asks with the
/// same payment, pays nothing else, and says so.
#[tokio::test]
async fn killed_before_the_answer_came() {
    let on_both = CHAINS.map(|chain| async move {
        let faults = "delay=600000:1x,lose-response";
        let mut bench = Bench::new(faults, Version::V2, chain).await;
        let payment = bench.buy_until_killed(1, PRICE).await;
        bench.assert_left(PRICE, Some(Standing::Unknown)).await;

        let (result, payments) = bench.buy(BRIEF).await;
        assert!(!payments.is_empty(), "{chain:?}");
        assert!(payments.iter().all(|again| *again == payment), "{chain:?}");
        assert_eq!(result["success"], false, "{chain:?}");
        let error = result["error"].as_str().unwrap();
        assert!(error.contains("paid or not, that is unknown"), "{chain:?}: {error}");
        bench.assert_left(PRICE, Some(Standing::Unknown)).await;
    });
    join_all(on_both).await;
}

/// The seller has seen the payment, twice since the device takes the first connection for one that
/// was idle for too long, and has not settled it. The next process sends it again, and gets
/// what it is for.
#[tokio::test]
async fn killed_before_the_payment_settled() {
    for chain in CHAINS {
        let mut bench = Bench::new("reset=2x", Version::V2, chain).await;
        let payment = bench.buy_until_killed(2, 0).await;
        bench.assert_left(0, Some(Standing::Unknown)).await;

        let (result, payments) = bench.buy(PATIENT).await;
        assert_eq!(payments, [payment], "{chain:?}");
        assert_eq!(result["success"], true, "{chain:?}: {result}");
        assert_eq!(result["payment_response"]["success"], true, "{chain:?}");
        bench.assert_left(PRICE, None).await;

        // What is settled is over: the same request is another purchase.
        let (result, payments) = bench.buy(PATIENT).await;
        assert_eq!(result["success"], true, "{chain:?}: {result}");
        assert_eq!(payments.len(), 1, "{chain:?}");
        bench.assert_left(2 * PRICE, None).await;
    }
}

/// Another request than the one that is in doubt has nothing to do with it.
#[tokio::test]
async fn what_is_in_doubt_does_not_stand_in_the_way_of_others() {
    let mut bench = Bench::new("lose-response=2x", Version::V2, OnChain::Solana).await;
    let doubtful = bench.buy_until_killed(2, PRICE).await;
    bench.url = bench.url.replace("/v2/", "/v1/");
    let (result, other) = bench.buy(PATIENT).await;
    assert_eq!(result["success"], true, "{result}");
    assert_eq!(other.len(), 1);
    assert_ne!(other[0], doubtful);
    bench.assert_left(2 * PRICE, Some(Standing::Unknown)).await;
}
