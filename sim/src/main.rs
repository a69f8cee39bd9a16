//! `x402-sim`: a seller, a facilitator, a chain and a device for x402, on one machine.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use embedded_x402_sim::{chain, demo, evm_chain, facilitator, pay, seller};
use tracing_subscriber::EnvFilter;

/// Test x402 devices without money: a seller, a facilitator and a chain that behave like the real
/// ones, and the device's own client.
///
/// Begin with `x402-sim demo`. For a board on the desk, start `chain` or `evm-chain`, `facilitator`
/// and `seller`, each with --listen 0.0.0.0:PORT, and point the board at the seller.
// Neither these nor what they contain can be shown: there are keys among them.
#[derive(Parser)]
#[command(name = "x402-sim", version, propagate_version = true)]
struct CommandLine {
    /// Print results, and log lines, as JSON.
    #[arg(long, global = true)]
    json: bool,

    /// What to log, to standard error: error, warn, info, debug or trace, or filters such as
    /// "embedded_x402_sim=debug".
    #[arg(long, global = true, value_name = "FILTER", env = "RUST_LOG", default_value = "warn")]
    log: String,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Pay(pay::PayArgs),
    Seller(seller::command::SellerArgs),
    Facilitator(facilitator::command::FacilitatorArgs),
    Chain(chain::command::ChainArgs),
    EvmChain(evm_chain::command::EvmChainArgs),
}

fn main() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => return usage(&error),
    };
    log(&command_line);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(command_line.command, command_line.json)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("x402-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the help that was asked for, or what is wrong with the flags: for `pay` as its result too,
/// since programs read that.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done about an output that is closed.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if std::env::args_os().any(|argument| argument == "pay") {
        let text = error.to_string();
        let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        let words: Vec<&str> = what.split_whitespace().collect();
        pay::print_result(&pay::failure(&words.join(" ")));
    }
    ExitCode::FAILURE
}

/// Answers whether what was to be done succeeded.
async fn run(command: Command, as_json: bool) -> Result<bool, Box<dyn std::error::Error>> {
    match command {
        Command::Demo(args) => return Ok(demo::run(args, as_json).await?),
        Command::Pay(args) => return Ok(pay::run(args, as_json).await),
        Command::Seller(args) => match seller::command::run(args, as_json).await? {},
        Command::Facilitator(args) => match facilitator::command::run(args, as_json).await? {},
        Command::Chain(args) => chain::command::run(args, as_json).await?,
        Command::EvmChain(args) => evm_chain::command::run(args, as_json).await?,
    }
    Ok(true)
}

fn log(command_line: &CommandLine) {
    let filter = EnvFilter::try_new(&command_line.log).unwrap_or_else(|error| {
        eprintln!("x402-sim: --log: {error}; logging warnings");
        EnvFilter::new("warn")
    });
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if command_line.json { logger.json().init() } else { logger.init() }
}
