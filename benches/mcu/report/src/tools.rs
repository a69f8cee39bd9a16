//! The versions of what builds and runs the images.

use std::env;
use std::error::Error;
use std::process::Command;

use serde_json::Value;

use crate::image::folder;

/// Their names and versions.
pub(crate) fn versions() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let selector = env::var("BOARD_TOOLCHAIN_SELECTOR").unwrap_or_default();
    let rustc: Vec<&str> = ["-V"].into_iter().collect();
    let rustc = if selector.is_empty() { rustc } else { vec![&*selector, "-V"] };
    let lock = folder().join("../../boards/rp2040-rehearsal/package-lock.json");
    let lock: Value = serde_json::from_slice(&std::fs::read(lock)?)?;
    let emulator = &lock["packages"]["node_modules/rp2040js"]["version"];
    let versions = [
        ("rustc", first_line("rustc", &rustc)?),
        ("QEMU, Arm", first_line("qemu-system-arm", &["--version"])?),
        ("QEMU, RISC-V", first_line("qemu-system-riscv32", &["--version"])?),
        ("gcc, Arm", first_line("arm-none-eabi-gcc", &["--version"])?),
        ("gcc, RISC-V", first_line("riscv64-unknown-elf-gcc", &["--version"])?),
        ("rp2040js", emulator.as_str().ok_or("the emulator has no version")?.to_owned()),
    ];
    Ok(versions.map(|(name, version)| (name.to_owned(), version)).into())
}

fn first_line(program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut command = Command::new(program);
    command.env_remove("RUSTUP_TOOLCHAIN").args(arguments);
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
