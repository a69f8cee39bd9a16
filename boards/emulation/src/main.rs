//! Runs boards in QEMU against the simulator on this machine, and checks what they printed, how they
//! ended, and what they paid.
//!
//! ```sh
//! cargo run -p embedded-x402-emulation -- qemu-riscv=path/to/image
//! ```
//!
//! Each board buys by each [scenario](scenario), from a seller in this process that it reaches as
//! `10.0.2.2`, rehearses payments whose bytes are compared with this machine's, and checks its
//! multiplication. `boards/check.sh` builds the images and calls it. It exits with 0 only if everything
//! was right.

mod board;
mod forgetful;
mod image;
mod rehearsals;
mod report;
mod scenario;
mod shop;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use board::Board;
use image::Image;
use report::BoardReport;
use scenario::Scenario;
use shop::Shop;

/// Run boards in QEMU against the simulator on this machine.
#[derive(Debug, Parser)]
struct Arguments {
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Tell the sizes of an image that is not run here; may be given several times.
    #[arg(long, value_name = "NAME=ELF", value_parser = name_and_path)]
    linked: Vec<(String, PathBuf)>,
    /// Compare what another emulator rehearsed: a line of JSON for each payment, as
    /// `boards/rp2040-rehearsal/run.sh` prints them; may be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = name_and_path)]
    rehearsed: Vec<(String, PathBuf)>,
    /// What to call the board to run, and its image.
    #[arg(value_name = "NAME=ELF", value_parser = name_and_path)]
    boards: Vec<(String, PathBuf)>,
}

fn name_and_path(argument: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = argument.split_once('=').ok_or("it must be NAME=ELF")?;
    Ok((name.to_owned(), path.into()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match check(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("emulation: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn check(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let mut reports = Vec::new();
    for (name, path) in &arguments.boards {
        let image = Image::read(path)?;
        let board = Board::new(name, path, image.architecture)?;
        reports.push(report(&board, image).await?);
    }
    for (name, path) in &arguments.linked {
        reports.push(BoardReport::linked(name, Image::read(path)?));
    }
    for (name, path) in &arguments.rehearsed {
        let rehearsals = rehearsals::read(&std::fs::read_to_string(path)?)?;
        match reports.iter_mut().find(|report| report.name == *name) {
            Some(report) => report.rehearsals = rehearsals,
            None => return Err(format!("--rehearsed {name}: give its image by --linked").into()),
        }
    }
    if arguments.json {
        println!("{}", report::json(&reports));
    } else {
        println!("{}", report::table(&reports));
    }
    for problem in reports.iter().flat_map(BoardReport::problems) {
        eprintln!("emulation: {problem}");
    }
    Ok(reports.iter().all(|report| report.problems().next().is_none()))
}

async fn report(board: &Board, image: Image) -> Result<BoardReport, Box<dyn std::error::Error>> {
    let shop = Shop::open().await?;
    let mut purchases = Vec::new();
    for (seed, scenario) in (1..).zip(Scenario::all()) {
        purchases.push(scenario.run(board, &shop, seed).await?);
    }
    let rehearsals = rehearsals::run(board).await?;
    let wrong_product = multiply(board).await?;
    Ok(BoardReport { name: board.name().to_owned(), image, purchases, rehearsals, wrong_product })
}

/// What is wrong with a board's multiplication.
async fn multiply(board: &Board) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let run = board.run(&["multiply"]).await?;
    let is_right = run.status == Some(0) && run.number("products ").is_some();
    Ok((!is_right).then(|| format!("multiply: it printed:\n{}", run.text)))
}
