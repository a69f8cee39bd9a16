//! `--fault` and `--fault-seed`.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

use super::{next_line, program, run};

const FACILITATOR: [&str; 3] = ["facilitator", "--listen", "127.0.0.1:0"];

/// What a facilitator prints until it says where it listens.
async fn first_lines(flags: &[&str]) -> Vec<String> {
    let mut command = program(&[&FACILITATOR[..], flags].concat(), &[]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.starts_with("facilitator http://")) {
        lines.push(next_line(&mut output).await.expect("it goes on"));
    }
    lines
}

/// Whoever sees something strange can see it again.
#[tokio::test]
async fn the_seed_is_printed() {
    assert_eq!(first_lines(&[]).await.len(), 1);
    let given = ["--fault", "delay=1:0.5", "--fault", "refuse", "--fault-seed", "7"];
    assert_eq!(first_lines(&given).await[0], "faults are drawn by --fault-seed 7");
    let drawn = first_lines(&["--fault", "refuse=0.5"]).await.remove(0);
    let seed = drawn.strip_prefix("faults are drawn by --fault-seed ").unwrap();
    assert!(seed.parse::<u64>().is_ok(), "{drawn}");
}

#[tokio::test]
async fn wrong_faults_are_told() {
    for (list, expected) in [
        ("gremlins", "there is no fault \"gremlins\": there are delay, lose-response"),
        ("refuse,status=1", "write status=CODE"),
        ("refuse=often", "neither a probability"),
    ] {
        let run = run(&[&FACILITATOR[..], &["--fault", list]].concat(), &[]).await;
        assert_eq!(run.status, Some(1), "{list}");
        assert!(run.stderr.contains(expected), "{list}: {}", run.stderr);
    }
}
