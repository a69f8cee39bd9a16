//! Chains, facilitator and seller as programs of their own, wired by the addresses that they print.

use std::process::Stdio;

use alloy_primitives::{U256, hex};
use embedded_x402_sim::chain::{TokenProgram, genesis};
use embedded_x402_sim::evm_chain::{self, Wallet};
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use super::{next_line, program, run};

/// A server; it ends when this is dropped.
struct Part {
    url: String,
    _process: Child,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Part {
    /// Starts one and waits until it says, in a line that begins with its name, where it listens.
    async fn start(name: &str, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments = [&[name, "--listen", "127.0.0.1:0"], flags].concat();
        let mut command = program(&arguments, environment);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = next_line(&mut output).await;
            let line = line.unwrap_or_else(|| panic!("{name} ended"));
            if line.starts_with(name) {
                break url_in(&line);
            }
        };
        Part { url, _process: process, _output: output }
    }
}

fn url_in(line: &str) -> String {
    let mut words = line.split_whitespace();
    words.find(|word| word.starts_with("http://")).unwrap().to_owned()
}

/// Everybody who takes part.
struct Cast {
    payer: Keypair,
    payee: Address,
    fee_payer: Keypair,
}

impl Cast {
    fn new() -> Self {
        Cast { payer: Keypair::new(), payee: Keypair::new().pubkey(), fee_payer: Keypair::new() }
    }

    async fn chain(&self) -> Part {
        let payer = format!("{}:2.5", self.payer.pubkey());
        let payee = format!("{}:0", self.payee);
        let fees = format!("{}:1.0", self.fee_payer.pubkey());
        Part::start("chain", &["--fund", &payer, "--fund", &payee, "--fund-sol", &fees], &[]).await
    }

    async fn facilitator(&self, chain: &Part) -> Part {
        let environment = [
            ("FACILITATOR_SVM_PRIVATE_KEY", self.fee_payer.to_base58_string()),
            ("SVM_RPC_URL", chain.url.clone()),
        ];
        let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
        Part::start("facilitator", &[], &environment).await
    }

    async fn seller(&self, facilitator: &Part, flags: &[&str]) -> Part {
        let payee = self.payee.to_string();
        let wiring = ["--pay-to", &payee, "--facilitator-url", &facilitator.url];
        Part::start("seller", &[&wiring[..], flags].concat(), &[]).await
    }

    /// Buys, and answers what the last line says.
    async fn pay(&self, chain: &Part, url: &str, flags: &[&str]) -> Value {
        let key = self.payer.to_base58_string();
        let environment = [("SVM_PRIVATE_KEY", key.as_str()), ("SVM_RPC_URL", &chain.url)];
        let run = run(&[&["pay", "--url", url], flags].concat(), &environment).await;
        assert_eq!(run.status, Some(0), "{url}: {}", run.output());
        run.json()
    }
}

/// The owner's USDC, as the chain's RPC tells it.
async fn usdc(chain: &Part, owner: &Address) -> String {
    let account = TokenProgram::Classic.associated_account(owner, &genesis::USDC);
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "getTokenAccountBalance",
        "params": [account.to_string(), {"commitment": "processed"}],
    });
    let post = reqwest::Client::new().post(&chain.url).json(&request);
    let answer: Value = post.send().await.unwrap().json().await.unwrap();
    answer["result"]["value"]["amount"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn they_find_each_other_and_sell() {
    let cast = Cast::new();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("note.txt"), "bought").unwrap();
    let directory = directory.path().to_str().unwrap();
    let chain = cast.chain().await;
    let facilitator = cast.facilitator(&chain).await;
    let flags = ["--rpc-url", &chain.url, "--price", "$0.25", "--dir", directory];
    let seller = cast.seller(&facilitator, &flags).await;

    for (index, path) in ["/weather", "/v1/weather", "/files/note.txt"].into_iter().enumerate() {
        let result = cast.pay(&chain, &format!("{}{path}", seller.url), &[]).await;
        assert_eq!(result["payment_response"]["success"], true, "{result}");
        if path.ends_with("txt") {
            assert_eq!(result["data"], "bought", "{path}");
        }
        let spent = 250_000 * (index as u64 + 1);
        assert_eq!(usdc(&chain, &cast.payee).await, spent.to_string(), "{path}");
        let left = usdc(&chain, &cast.payer.pubkey()).await;
        assert_eq!(left, (2_500_000 - spent).to_string(), "{path}");
    }
}

/// The owner's USDC on the EVM chain, as its RPC tells it.
async fn evm_usdc(chain: &Part, owner: evm_chain::Address) -> u64 {
    // balanceOf(address)
    let data = format!("0x70a08231{}", &owner.into_word().to_string()[2..]);
    let call = json!({"to": evm_chain::genesis::USDC, "data": data});
    let request =
        json!({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]});
    let post = reqwest::Client::new().post(&chain.url).json(&request);
    let answer: Value = post.send().await.unwrap().json().await.unwrap();
    let balance: U256 = answer["result"].as_str().unwrap().parse().unwrap();
    balance.to()
}

/// Everything on the EVM chain: nobody here has ever heard of Solana.
#[tokio::test]
async fn they_sell_on_an_evm_chain() {
    let [payer, gas_payer, payee] = [[1; 32], [2; 32], [3; 32]];
    let address = |secret| Wallet::from_bytes(secret).unwrap().address();
    let funds = format!("{}:2.5", address(&payer));
    let gas = format!("{}:1.0", address(&gas_payer));
    let chain = Part::start("evm-chain", &["--fund", &funds, "--fund-eth", &gas], &[]).await;
    let key = hex::encode_prefixed(gas_payer);
    let environment = [("FACILITATOR_EVM_PRIVATE_KEY", &*key), ("EVM_RPC_URL", &chain.url)];
    let flags = ["--network", "base-sepolia"];
    let facilitator = Part::start("facilitator", &flags, &environment).await;
    let pay_to = address(&payee).to_string();
    let wiring = ["--evm-pay-to", &pay_to, "--facilitator-url", &facilitator.url];
    let seller = Part::start("seller", &[&wiring[..], &["--price", "$0.25"]].concat(), &[]).await;

    let key = hex::encode_prefixed(payer);
    for (index, path) in ["/weather", "/v1/weather"].into_iter().enumerate() {
        let url = format!("{}{path}", seller.url);
        let run = run(&["pay", "--url", &url], &[("EVM_PRIVATE_KEY", &key)]).await;
        assert_eq!(run.status, Some(0), "{path}: {}", run.output());
        assert_eq!(run.json()["payment_response"]["success"], true, "{path}");
        let spent = 250_000 * (index as u64 + 1);
        assert_eq!(evm_usdc(&chain, address(&payee)).await, spent, "{path}");
        assert_eq!(evm_usdc(&chain, address(&payer)).await, 2_500_000 - spent, "{path}");
    }
}

#[tokio::test]
async fn flags_make_a_difficult_seller() {
    let cast = Cast::new();
    let chain = cast.chain().await;
    let facilitator = cast.facilitator(&chain).await;
    let difficult = [
        "--memo",
        "order 7",
        "--bazaar",
        "--decoys",
        "--pad-accepts-to",
        "12",
        "--connection",
        "close",
        "--challenge-body",
        "chunked",
    ];
    // Two prices: with a seller's memo, equal payments of two devices that have just started would
    // be one transaction.
    for (path, price) in [("/weather", "1000"), ("/v1/weather", "2000")] {
        let flags = [&["--price", price][..], &difficult].concat();
        let seller = cast.seller(&facilitator, &flags).await;
        cast.pay(&chain, &format!("{}{path}", seller.url), &["--fragment", "7"]).await;
    }
    assert_eq!(usdc(&chain, &cast.payee).await, "3000");
}
