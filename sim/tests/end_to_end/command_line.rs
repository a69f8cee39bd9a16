//! The command line, as people and scripts use it: the built program, its output, its exit status.

mod demo;
mod faults;
mod help;
mod parts;
mod pay;
mod secrets;

use tokio::io::{BufReader, Lines};
use tokio::process::{ChildStdout, Command};
use tokio::time::timeout;

use crate::PROMPTLY;

/// What a run of the program left behind.
pub(crate) struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

/// The program with nothing in its environment but this.
pub(crate) fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_x402-sim"));
    command.args(arguments).env_clear().envs(environment.iter().copied()).kill_on_drop(true);
    command
}

/// Runs the program to its end.
async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    finish(program(arguments, environment)).await
}

/// Runs a command to its end.
pub(crate) async fn finish(mut command: Command) -> Run {
    let output = command.output().await.unwrap();
    Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The next line that a program prints, unless it ends.
async fn next_line(output: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    timeout(PROMPTLY, output.next_line()).await.expect("a line, or the end").unwrap()
}

impl Run {
    /// The JSON in the last line of the output.
    pub(crate) fn json(&self) -> serde_json::Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{error}: {line:?}\n{}", self.stderr))
    }

    /// Everything that was printed.
    fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}
