//! The linker scripts of cortex-m-rt and embassy-rp (the memory map comes with
//! embedded-x402-rp2040), and the files that the radio runs on.

use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

const DIRECTORY: &str = "CYW43_FIRMWARE_DIR";

/// The radio's program, its regulatory table, and the board's radio parameters.
const FILES: [&str; 3] = ["43439A0.bin", "43439A0_clm.bin", "nvram_rp2040.bin"];

fn main() {
    for argument in ["-Tlink.x", "-Tlink-rp.x", "--nmagic"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    println!("cargo::rerun-if-env-changed={DIRECTORY}");
    match find_firmware() {
        Ok(directory) => println!("cargo::rustc-env={DIRECTORY}={}", directory.display()),
        Err(problem) => refuse(&problem),
    }
}

fn find_firmware() -> Result<PathBuf, String> {
    let given = env::var_os(DIRECTORY).ok_or(format!("{DIRECTORY} is not set."))?;
    let directory = Path::new(&given).canonicalize();
    let directory = directory.map_err(|e| format!("{DIRECTORY}={}: {e}.", given.display()))?;
    for file in FILES.map(|name| directory.join(name)) {
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.metadata().is_ok_and(|metadata| metadata.len() > 0) {
            return Err(format!("{} is missing or empty.", file.display()));
        }
    }
    Ok(directory)
}

fn refuse(problem: &str) {
    println!("cargo::error={problem}");
    println!(
        "cargo::error=The Pico W's radio runs on three files that are not part of this repository:"
    );
    println!("cargo::error=    {}", FILES.join(", "));
    println!("cargo::error=Get them from https://github.com/embassy-rs/embassy, directory");
    println!("cargo::error=cyw43-firmware (read the licence there), and build again with");
    println!("cargo::error=    {DIRECTORY}=/absolute/path/to/cyw43-firmware");
    exit(1);
}
