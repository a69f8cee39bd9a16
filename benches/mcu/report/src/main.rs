//! What a payment takes on microcontrollers: builds and runs the programs of `../image`, checks that
//! they computed what this machine computes, and writes `results.json`, `results.md`, `results.svg`
//! and the section about it in the README.
//!
//! ```text
//! plan ── image ── results ─┬─ budget ──── what is printed at the end
//!   │        └ verify       ├─ markdown ── results.md
//!   └ measure               ├─ chart ───── results.svg
//!                           └─ readme ──── README.md, between two marks
//! ```
//!
//! `../run.sh` installs what it takes and calls it. With `--check` it measures nothing, and fails if
//! what is written differs from what `results.json` says; with `--write` it writes it anew. With words it
//! measures only what they are in, such as `RP2040/pay/k256` or `sign/TweetNaCl`, and keeps the rest.

mod budget;
mod chart;
mod image;
mod markdown;
mod measure;
mod plan;
mod readme;
mod results;
mod text;
mod tools;
mod verify;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use results::Results;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match act(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mcu: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    match arguments.first().map(String::as_str) {
        Some("--write") => write(&read()?).map(|()| true),
        Some("--check") => check(&read()?),
        Some(option) if option.starts_with('-') => {
            Err(format!("what is {option}? --check, --write, or words").into())
        }
        _ => measure(arguments),
    }
}

/// Answers whether the budget holds.
fn measure(words: &[String]) -> Result<bool, Box<dyn Error>> {
    let is_anew = words.is_empty() || !stored().exists();
    let known = if is_anew { Results::default() } else { read()? };
    let results = measure::matching(words, known)?;
    fs::write(stored(), serde_json::to_string_pretty(&results)? + "\n")?;
    write(&results)?;
    println!("{}", markdown::document(&results));
    Ok(budget::lines(&results).iter().all(budget::Line::holds))
}

fn stored() -> PathBuf {
    image::folder().join("results.json")
}

fn read() -> Result<Results, Box<dyn Error>> {
    Ok(serde_json::from_slice(&fs::read(stored())?)?)
}

/// What follows from the results: files and what is to be in them.
fn documents(results: &Results) -> Result<Vec<(PathBuf, String)>, Box<dyn Error>> {
    let folder = image::folder();
    let readme = folder.join("../../README.md");
    let text = readme::with_section(&fs::read_to_string(&readme)?, results)?;
    Ok(vec![
        (folder.join("results.md"), markdown::document(results)),
        (folder.join("results.svg"), chart::svg(results)),
        (readme, text),
    ])
}

fn write(results: &Results) -> Result<(), Box<dyn Error>> {
    for (path, text) in documents(results)? {
        fs::write(path, text)?;
    }
    Ok(())
}

fn check(results: &Results) -> Result<bool, Box<dyn Error>> {
    let mut is_well = true;
    for (path, text) in documents(results)? {
        if fs::read_to_string(&path)? != text {
            eprintln!("mcu: {} is not what results.json says: --write", path.display());
            is_well = false;
        }
    }
    Ok(is_well)
}
