//! `--help`: scripts depend on these flags, people on their explanation.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use embedded_x402_sim::fault::{FacilitatorFault, FaultKind, SellerFault};

use super::{finish, program, run};

const OF_ALL: [&str; 2] = ["--json", "--log"];

const COMMANDS: [(&str, &[&str]); 6] = [
    ("demo", &["--fragment"]),
    (
        "pay",
        &[
            "--url",
            "--resource-server-url",
            "--endpoint-path",
            "--svm-private-key",
            "--evm-private-key",
            "--svm-rpc-url",
            "--evm-rpc-url",
            "--journal",
            "--total-timeout",
            "--budget",
            "--max-amount",
            "--pay-to",
            "--asset",
            "--network",
            "--method",
            "--body",
            "--header",
            "--fragment",
            "[env: RESOURCE_SERVER_URL",
            "[env: ENDPOINT_PATH",
            "[env: SVM_PRIVATE_KEY",
            "[env: EVM_PRIVATE_KEY",
            "[env: SVM_RPC_URL",
            "[env: EVM_RPC_URL",
        ],
    ),
    (
        "seller",
        &[
            "--listen",
            "--config",
            "--facilitator-url",
            "--rpc-url",
            "--pay-to",
            "--network",
            "--asset",
            "--evm-pay-to",
            "--evm-network",
            "--evm-asset ",
            "--evm-asset-name",
            "--evm-asset-version",
            "--price",
            "--dir",
            "--memo",
            "--bazaar",
            "--decoys",
            "--pad-accepts-to",
            "--connection",
            "--challenge-body",
            "--fault ",
            "--fault-seed",
        ],
    ),
    (
        "facilitator",
        &[
            "--listen",
            "--network",
            "--rpc-url",
            "--evm-rpc-url",
            "--fee-payer",
            "--evm-key",
            "--legacy",
            "--maximum-signers",
            "--fault ",
            "--fault-seed",
            "[env: SVM_RPC_URL",
            "[env: EVM_RPC_URL",
            "[env: FACILITATOR_SVM_PRIVATE_KEY",
            "[env: FACILITATOR_EVM_PRIVATE_KEY",
        ],
    ),
    ("evm-chain", &["--listen", "--block-time", "--fund ", "--fund-eth"]),
    (
        "chain",
        &[
            "--listen",
            "--slot-duration",
            "--confirmed-after",
            "--finalized-after",
            "--seed",
            "--fund ",
            "--fund-sol",
            "--mint",
        ],
    ),
];

#[tokio::test]
async fn the_program_lists_its_commands() {
    let run = run(&["--help"], &[]).await;
    assert_eq!(run.status, Some(0));
    for (command, _) in COMMANDS {
        let mut lines = run.stdout.lines().map(str::trim);
        let explained = lines.any(|line| {
            line.strip_prefix(command).is_some_and(|rest| rest.trim_start().len() > 10)
        });
        assert!(explained, "{command}\n{}", run.stdout);
    }
}

#[tokio::test]
async fn every_command_explains_each_of_its_flags() {
    for (command, flags) in COMMANDS {
        let run = run(&[command, "--help"], &[]).await;
        assert_eq!(run.status, Some(0), "{command}");
        for flag in flags.iter().chain(&OF_ALL) {
            assert!(run.stdout.contains(flag), "{command} {flag}\n{}", run.stdout);
        }
        assert_all_explained(command, &run.stdout);
    }
}

/// The explanation of a flag stands behind it, or, if any is long, in the lines below.
fn assert_all_explained(command: &str, help: &str) {
    let lines: Vec<_> = help.lines().map(str::trim).collect();
    let is_flag = |line: &str| line.starts_with("--") || line.starts_with("-h,");
    let is_explained = |pair: &[&str]| {
        let below = !pair[1].is_empty() && !is_flag(pair[1]);
        below || pair[0].split_whitespace().count() > 4
    };
    for pair in lines.windows(2).filter(|pair| is_flag(pair[0])) {
        assert!(is_explained(pair), "{command}: {}", pair[0]);
    }
}

#[tokio::test]
async fn every_fault_is_explained() {
    for (command, faults) in
        [("seller", SellerFault::EXPLAINED), ("facilitator", FacilitatorFault::EXPLAINED)]
    {
        let run = run(&[command, "--help"], &[]).await;
        for fault in faults {
            let line = format!("{}: {}", fault.usage(), fault.meaning.replace('`', ""));
            assert!(run.stdout.lines().any(|found| found.trim() == line), "{line}\n{}", run.stdout);
        }
    }
}

#[tokio::test]
async fn wrong_usage_is_an_error_on_standard_error() {
    for arguments in [&["bye"][..], &["pay", "--frobnicate"], &["seller"], &[]] {
        let run = run(arguments, &[]).await;
        assert_eq!(run.status, Some(1), "{arguments:?}");
        assert!(run.stderr.contains("Usage"), "{arguments:?}: {}", run.stderr);
    }
}

/// Programs read the last line, whatever went wrong.
#[tokio::test]
async fn pay_says_what_is_wrong_with_its_flags_as_json_too() {
    for (arguments, expected) in [
        (&["pay", "--frobnicate"][..], "--frobnicate"),
        (&["pay", "--url", "http://a/"], "SVM_PRIVATE_KEY"),
        (&["pay", "--url", "http://a/"], "EVM_PRIVATE_KEY"),
        (&["pay", "--network", "mars"], "mars"),
    ] {
        let run = run(arguments, &[]).await;
        let line = run.stdout.lines().last().unwrap();
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(result["success"], false);
        assert!(result["error"].as_str().unwrap().contains(expected), "{line}");
    }
}

#[tokio::test]
async fn arguments_that_are_no_text_are_wrong_usage() {
    let mut pay = program(&["pay", "--url"], &[]);
    pay.arg(OsStr::from_bytes(b"http://\xff/"));
    let run = finish(pay).await;
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    assert_eq!(run.json()["success"], false);
}

/// Nobody reads what it prints.
#[tokio::test]
async fn a_closed_output_is_no_reason_to_panic() {
    let frobnicate = ["pay", "--frobnicate"];
    let buy = ["pay", "--url", "http://127.0.0.1:1/", "--svm-private-key", "none"];
    for arguments in [&frobnicate[..], &buy] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut pay = program(arguments, &[]);
        let child = pay.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
}
