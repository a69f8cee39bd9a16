//! A board in QEMU: started with words for a command line, and ended if it hangs.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use object::Architecture;
use tokio::process::Command;
use tokio::time::timeout;

/// A payment takes less than a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// A board.
#[derive(Debug)]
pub(crate) struct Board {
    name: String,
    image: PathBuf,
    qemu: &'static str,
    machine: &'static [&'static str],
}

/// What a board did.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it printed.
    pub(crate) text: String,
    /// How it ended; `None` by a signal.
    pub(crate) status: Option<i32>,
}

/// Why a board did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BoardError {
    /// There is no emulator for it.
    #[error("{0}: no emulator is known for {1:?}")]
    Architecture(String, Architecture),
    /// The emulator can't be started.
    #[error("{0}: {1} (apt-get install qemu-system-arm qemu-system-misc)")]
    Start(&'static str, io::Error),
    /// It hangs, and was ended.
    #[error("{board} hangs at `{words}`: ended after {} s", PATIENCE.as_secs())]
    Hangs {
        /// Which one.
        board: String,
        /// What it was told to do.
        words: String,
    },
}

/// The Cortex-M3 of Arm's MPS2 board, with Ethernet.
const MPS2: &[&str] = &["-M", "mps2-an385", "-nic", "user,model=lan9118"];

/// QEMU's own RISC-V machine, with virtio's network card.
const VIRT: &[&str] = &[
    "-M",
    "virt",
    "-bios",
    "none",
    "-global",
    "virtio-mmio.force-legacy=false",
    "-netdev",
    "user,id=net",
    "-device",
    "virtio-net-device,netdev=net",
];

impl Board {
    /// The board that runs such an image.
    pub(crate) fn new(
        name: &str,
        image: &Path,
        architecture: Architecture,
    ) -> Result<Self, BoardError> {
        let (qemu, machine) = match architecture {
            Architecture::Arm => ("qemu-system-arm", MPS2),
            Architecture::Riscv32 => ("qemu-system-riscv32", VIRT),
            other => return Err(BoardError::Architecture(name.to_owned(), other)),
        };
        Ok(Board { name: name.to_owned(), image: image.to_owned(), qemu, machine })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs it as fast as it goes, with a network.
    pub(crate) async fn run(&self, words: &[&str]) -> Result<Run, BoardError> {
        self.run_with(words, &[]).await
    }

    /// Runs it so that its clock counts instructions: one takes a nanosecond.
    pub(crate) async fn run_counting(&self, words: &[&str]) -> Result<Run, BoardError> {
        self.run_with(words, &["-icount", "shift=0"]).await
    }

    async fn run_with(&self, words: &[&str], options: &[&str]) -> Result<Run, BoardError> {
        let words: Vec<_> = words.iter().map(|word| word.replace(',', ",,")).collect();
        let semihosting = format!("enable=on,target=native,arg={}", words.join(",arg="));
        let mut command = Command::new(self.qemu);
        command
            .args(self.machine)
            .args(["-nographic", "-monitor", "none", "-serial", "none"])
            .args(options)
            .args(["-semihosting-config", &semihosting, "-kernel"])
            .arg(&self.image)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let hangs = |_| BoardError::Hangs { board: self.name.clone(), words: words.join(" ") };
        let output = timeout(PATIENCE, command.output()).await.map_err(hangs)?;
        let output = output.map_err(|error| BoardError::Start(self.qemu, error))?;
        // QEMU writes what the board prints to either, as the target's semihosting has it.
        let text = [output.stdout, output.stderr].concat();
        Ok(Run { text: String::from_utf8_lossy(&text).into_owned(), status: output.status.code() })
    }
}

impl Run {
    /// What follows `start` on the line that begins with it.
    pub(crate) fn line(&self, start: &str) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix(start))
    }

    /// The number that follows `start`.
    pub(crate) fn number(&self, start: &str) -> Option<u64> {
        self.line(start)?.split(' ').next()?.parse().ok()
    }
}
