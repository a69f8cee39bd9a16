//! Keys stay where they are: no output names them, however a run ends.

use embedded_x402_sim::x402::Version;
use solana_keypair::Keypair;
use tokio::net::TcpListener;

use super::{Run, run};
use crate::shop::{Shop, weather};

const TRACE: [&str; 2] = ["--log", "trace"];

/// The key, or enough of it to matter.
fn assert_hidden(run: &Run, key: &str) {
    let output = run.output();
    for secret in [key, &key[..20], &key[key.len() - 20..]] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn of_payers() {
    let shop = Shop::open(|pay_to| vec![weather(Version::V2, "/weather", pay_to)]).await;
    let key = bs58::encode(shop.device.keys.solana_key_pair().unwrap()).into_string();
    let url = shop.market.url("/weather");
    for end in [&["--max-amount", "1"][..], &[], &["--header", "wrong"], &["--fragment", "x"]] {
        let arguments = [&["pay", "--url", &url][..], end, &TRACE].concat();
        let by_environment = run(&arguments, &[("SVM_PRIVATE_KEY", &key)]).await;
        assert_hidden(&by_environment, &key);
        let by_flag = [&arguments[..], &["--svm-private-key", &key]].concat();
        assert_hidden(&run(&by_flag, &[]).await, &key);
    }
    assert_eq!(shop.market.seller.sales().len(), 2, "the runs without a fault");
    assert_hidden(&run(&["pay", "--help"], &[("SVM_PRIVATE_KEY", &key)]).await, &key);
}

/// A key with a typing error is nearly the key.
#[tokio::test]
async fn of_payers_who_mistype_them() {
    let key = Keypair::new().to_base58_string();
    let other_half = Keypair::new().to_bytes();
    let mixed = [&Keypair::new().to_bytes()[..32], &other_half[32..]].concat();
    for wrong in [key[1..].to_owned(), format!("{key}0"), bs58::encode(mixed).into_string()] {
        let arguments = ["pay", "--url", "http://127.0.0.1:1/", "--svm-private-key", &wrong];
        let run = run(&[&arguments[..], &TRACE].concat(), &[]).await;
        assert_eq!(run.status, Some(1));
        assert!(run.json()["error"].as_str().unwrap().contains("key"), "{}", run.stdout);
        assert_hidden(&run, &wrong);
    }
}

#[tokio::test]
async fn of_payers_who_mistype_keys_of_evm_chains() {
    let key = format!("0x{}", "5ec2e7".repeat(11));
    let too_large = format!("0x{}", "f".repeat(64));
    for wrong in [&key[..], &key[2..], &too_large] {
        let arguments = [&["pay", "--url", "http://127.0.0.1:1/"][..], &TRACE].concat();
        let by_environment = run(&arguments, &[("EVM_PRIVATE_KEY", wrong)]).await;
        let by_flag = run(&[&arguments[..], &["--evm-private-key", wrong]].concat(), &[]).await;
        for run in [by_environment, by_flag] {
            assert_eq!(run.status, Some(1));
            assert!(run.json()["error"].as_str().unwrap().contains("EVM key"), "{}", run.stdout);
            assert_hidden(&run, wrong);
        }
    }
    let key = "0x46ab".repeat(11);
    assert_hidden(&run(&["pay", "--help"], &[("EVM_PRIVATE_KEY", &key)]).await, &key);
}

#[tokio::test]
async fn of_facilitators() {
    let key = Keypair::new().to_base58_string();
    assert_facilitator_hides("FACILITATOR_SVM_PRIVATE_KEY", "--fee-payer", "devnet", &key).await;
}

#[tokio::test]
async fn of_facilitators_on_evm_chains() {
    let key = alloy_primitives::hex::encode_prefixed(Keypair::new().secret_bytes());
    assert_facilitator_hides("FACILITATOR_EVM_PRIVATE_KEY", "--evm-key", "base-sepolia", &key)
        .await;
}

async fn assert_facilitator_hides(variable: &str, flag: &str, network: &str, key: &str) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = |address| ["facilitator", "--network", network, "--listen", address];
    let environment = [(variable, key)];
    let arguments = [&listen(&address)[..], &TRACE].concat();
    let port_taken = run(&arguments, &environment).await;
    assert_eq!(port_taken.status, Some(1));
    let expected = format!("cannot listen on {address}: ");
    assert!(port_taken.stderr.contains(&expected), "{}", port_taken.stderr);
    assert_hidden(&port_taken, key);

    let mistyped = &key[..key.len() - 1];
    let arguments = [&listen("127.0.0.1:0")[..], &[flag, mistyped]].concat();
    let run_mistyped = run(&arguments, &[]).await;
    assert_eq!(run_mistyped.status, Some(1));
    assert!(run_mistyped.stderr.contains(flag), "{}", run_mistyped.stderr);
    assert_hidden(&run_mistyped, mistyped);
    assert_hidden(&run(&["facilitator", "--help"], &environment).await, key);
}
