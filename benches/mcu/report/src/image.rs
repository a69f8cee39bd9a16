//! Images: built by cargo, measured by their sections and symbols, and run.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use object::elf::{SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind};
use rustc_demangle::demangle;

use crate::plan::{Core, Emulator};
use crate::results::Cost;

/// What to build.
#[derive(Debug)]
pub(crate) struct Recipe<'a> {
    pub(crate) core: &'a Core,
    pub(crate) program: &'a str,
    pub(crate) features: &'a [&'a str],
    pub(crate) settings: &'a [&'a str],
    /// The folder of a package with C sources.
    pub(crate) source: Option<&'a Path>,
}

/// What was built.
#[derive(Debug)]
pub(crate) struct Image {
    path: PathBuf,
    /// Bytes of code and constants.
    pub(crate) flash: u64,
    /// Bytes of statics.
    pub(crate) ram: u64,
    /// Bytes of flash by crate and module.
    pub(crate) symbols: BTreeMap<String, u64>,
}

/// What an image said.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Scenario, part, and cost.
    pub(crate) measured: Vec<(String, String, Cost)>,
    /// Name, and bytes in hexadecimal.
    pub(crate) bytes: Vec<(String, String)>,
}

/// `benches/mcu`.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Recipe<'_> {
    /// Builds it.
    pub(crate) fn build(&self) -> Result<Image, Box<dyn Error + Send + Sync>> {
        let target_directory = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target_directory = target_directory.unwrap_or_else(|| folder().join("../../target"));
        // Cores are built beside each other, and cargo locks what it builds in.
        let target_directory = target_directory.join("mcu").join(self.core.name);
        let mut features = self.features.to_vec();
        if matches!(self.core.emulator, Emulator::Rp2040) {
            features.push("rp2040");
        }
        let mut command = Command::new("cargo");
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        command.args(env::var("BOARD_TOOLCHAIN_SELECTOR").ok().filter(|name| !name.is_empty()));
        command.args(["build", "-q", "--release", "--locked", "--target", self.core.target]);
        command.args(["--bin", self.program, "--features", &features.join(",")]);
        for setting in self.settings {
            command.args(["--config", setting]);
        }
        match self.source {
            Some(source) => command.env("PEER_SOURCE", source),
            None => command.env_remove("PEER_SOURCE"),
        };
        // With compilers for RISC-V, Debian's C library is not where they look.
        command.env("CFLAGS_riscv32imc_unknown_none_elf", "--specs=picolibc.specs");
        command.env("CARGO_TARGET_DIR", &target_directory).current_dir(folder().join("image"));
        if !command.status()?.success() {
            return Err(format!("{self:?} does not build").into());
        }
        Image::read(&target_directory.join(self.core.target).join("release").join(self.program))
    }
}

impl Image {
    fn read(path: &Path) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let bytes = fs::read(path)?;
        let file = object::File::parse(bytes.as_slice())?;
        let (mut flash, mut ram) = (0, 0);
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            let is = |flag: u32| sh_flags & u64::from(flag) != 0;
            // Room for stack and heap is no static.
            let is_room = section.name().is_ok_and(|name| [".stack", ".heap"].contains(&name));
            if !is(SHF_ALLOC) || is_room {
                continue;
            }
            let is_static = is(SHF_WRITE) && !is(SHF_EXECINSTR);
            ram += if is_static { section.size() } else { 0 };
            let has_bytes = section.file_range().is_some_and(|(_, size)| size > 0);
            flash += if !is_static || has_bytes { section.size() } else { 0 };
        }
        Ok(Image { path: path.to_owned(), flash, ram, symbols: symbols(&file) })
    }

    /// Runs it.
    pub(crate) fn run(&self, core: &Core) -> Result<Output, Box<dyn Error + Send + Sync>> {
        let mut command = match core.emulator {
            Emulator::Qemu { program, machine } => {
                let mut command = Command::new(program);
                command.args(machine).args(["-nographic", "-monitor", "none", "-serial", "none"]);
                command.args(["-icount", "shift=0"]);
                command.args(["-semihosting-config", "enable=on,target=native", "-kernel"]);
                command
            }
            Emulator::Rp2040 => {
                let mut command = Command::new("node");
                command.arg(folder().join("rp2040.mjs"));
                command
            }
        };
        let output = command.arg(&self.path).stdin(Stdio::null()).output()?;
        // QEMU writes what the image prints to either.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        if !output.status.success() {
            return Err(format!("{} failed on {}:\n{text}", self.path.display(), core.name).into());
        }
        Output::read(&text)
    }
}

/// Functions and constants that have names, by crate, and by module in this one.
fn symbols(file: &object::File<'_>) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for symbol in file.symbols() {
        let is_counted = matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data);
        let is_flash =
            symbol.section_index().and_then(|index| file.section_by_index(index).ok()).and_then(
                |section| section.name().ok().map(|name| [".text", ".rodata"].contains(&name)),
            );
        // Of several names of one place, one counts.
        if is_counted && is_flash == Some(true) && seen.insert(symbol.address(), ()).is_none() {
            let owner = owner(symbol.name().unwrap_or_default());
            *sizes.entry(owner).or_insert(0) += symbol.size();
        }
    }
    sizes
}

/// The crate that a symbol is from; with the module, if it is ours.
fn owner(symbol: &str) -> String {
    let name = format!("{:#}", demangle(symbol));
    if !name.contains("::") {
        return "intrinsics and C".to_owned();
    }
    let path = name.trim_start_matches(['<', '&', '*', '(', '[']).trim_start_matches("mut ");
    let mut segments = path.split("::");
    let of = |segment: Option<&str>| -> String {
        let is_word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
        segment.unwrap_or_default().chars().take_while(is_word).collect()
    };
    let owner = of(segments.next());
    match owner.as_str() {
        "embedded_x402" => format!("{owner}::{}", of(segments.next())),
        "payment" | "settled" | "empty" | "mcu_bench" | "embedded_x402_rehearsal" => {
            "inlined into the program".to_owned()
        }
        // A method of any type that iterates, or the like.
        any if any.starts_with(|first: char| first.is_uppercase()) => "core".to_owned(),
        _ => owner,
    }
}

impl Output {
    fn read(text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut output = Output::default();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            match *words.as_slice() {
                ["measured", scenario, part, instructions, cycles, misses, stack] => {
                    let known = |number: u64| (number > 0).then_some(number);
                    let cycles = known(cycles.parse()?);
                    let cost = Cost {
                        instructions: instructions.parse()?,
                        cycles,
                        misses: cycles.and(Some(misses.parse()?)),
                        stack: stack.parse()?,
                    };
                    output.measured.push((scenario.to_owned(), part.to_owned(), cost));
                }
                ["bytes", name, hex] => output.bytes.push((name.to_owned(), hex.to_owned())),
                _ => return Err(format!("an image says '{line}'").into()),
            }
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners() {
        let owners = [
            (
                "_ZN13embedded_x4026client8exchange5Thing4take17h0123456789abcdefE",
                "embedded_x402::client",
            ),
            (
                "_ZN74_$LT$curve25519_dalek..edwards..EdwardsPoint$u20$as$u20$core..ops..Neg$GT$3neg17h0123456789abcdefE",
                "curve25519_dalek",
            ),
            ("__aeabi_memcpy", "intrinsics and C"),
        ];
        for (symbol, expected) in owners {
            assert_eq!(owner(symbol), expected);
        }
    }

    #[test]
    fn lines() {
        let output = Output::read("measured a b 1 2 3 4\nbytes c 0f\n").unwrap();
        assert_eq!(output.bytes, [("c".to_owned(), "0f".to_owned())]);
        let (_, _, cost) = &output.measured[0];
        assert_eq!((cost.instructions, cost.cycles, cost.misses), (1, Some(2), Some(3)));
        let output = Output::read("measured a b 1 0 0 4").unwrap();
        assert_eq!((output.measured[0].2.cycles, output.measured[0].2.misses), (None, None));
        assert!(Output::read("what").is_err() && Output::read("measured a b x 0 0 4").is_err());
    }
}
