//! `x402-sim demo`.

use super::run;

#[tokio::test]
async fn people_get_a_transcript_and_a_table() {
    let run = run(&["demo"], &[]).await;
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("11 of 11 payments settled and moved exactly their price."));
    assert!(!run.stdout.contains("FAILED") && !run.stdout.contains("WRONG"));
}

#[tokio::test]
async fn programs_get_json() {
    for fragment in ["0", "1"] {
        let run = run(&["--json", "demo", "--fragment", fragment], &[]).await;
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        // Nothing else is printed.
        let summary: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(summary["success"], true);
        let payments = summary["payments"].as_array().unwrap();
        assert_eq!(payments.len(), 11);
        for payment in payments {
            assert_eq!(payment["success"], true, "{payment}");
            assert!(payment["price"].as_u64().unwrap() > 0, "{payment}");
            assert_eq!(payment["device_paid"], payment["price"], "{payment}");
            assert_eq!(payment["seller_got"], payment["price"], "{payment}");
            assert_eq!(payment["other_tokens_moved"], false, "{payment}");
        }
        for version in [1, 2] {
            for (network, token) in
                [("solana-devnet", "USDC"), ("solana-devnet", "PYUSD"), ("base-sepolia", "USDC")]
            {
                let is_it = |payment: &&serde_json::Value| {
                    payment["x402_version"] == version
                        && payment["network"] == network
                        && payment["token"] == token
                };
                assert!(payments.iter().any(|it| is_it(&it)), "{version}, {network}, {token}");
            }
        }
    }
}
