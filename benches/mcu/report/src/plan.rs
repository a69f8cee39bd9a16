//! What is measured: on which cores, with which backends, against which peers.

/// An instruction set and what runs it.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) emulator: Emulator,
    /// Settings of cargo with which firmware for this core builds payments.
    pub(crate) settings: &'static [&'static str],
}

/// What runs an image.
#[derive(Debug)]
pub(crate) enum Emulator {
    /// Counts instructions: on Arm in steps of 40.
    Qemu { program: &'static str, machine: &'static [&'static str] },
    /// Counts instructions and cycles, and looks at the cache of the flash.
    Rp2040,
}

impl Core {
    /// Instructions that the emulator can tell apart.
    pub(crate) fn step(&self) -> u64 {
        match self.emulator {
            Emulator::Qemu { program: "qemu-system-arm", .. } => 40,
            _ => 0,
        }
    }
}

const MPS2: Emulator =
    Emulator::Qemu { program: "qemu-system-arm", machine: &["-M", "mps2-an385"] };

const VIRT: Emulator =
    Emulator::Qemu { program: "qemu-system-riscv32", machine: &["-M", "virt", "-bios", "none"] };

pub(crate) const THUMBV6M: &str = "thumbv6m";
pub(crate) const RISCV32IMC: &str = "riscv32imc";
pub(crate) const RP2040: &str = "RP2040";

/// There is flash enough on an ESP32-C3. The scheduler's other directions keep more values at hand than there
/// are registers.
const FASTER: &[&str] = &[
    "target.riscv32imc-unknown-none-elf.rustflags=['-Cllvm-args=-misched-prera-direction=topdown']",
    "profile.release.package.curve25519-dalek.opt-level=2",
    "profile.release.package.embedded-x402.opt-level=2",
];

/// All of them.
pub(crate) const CORES: [Core; 4] = [
    arm(THUMBV6M, "thumbv6m-none-eabi", MPS2),
    arm("thumbv7m", "thumbv7m-none-eabi", MPS2),
    Core {
        name: RISCV32IMC,
        target: "riscv32imc-unknown-none-elf",
        emulator: VIRT,
        settings: FASTER,
    },
    arm(RP2040, "thumbv6m-none-eabi", Emulator::Rp2040),
];

const fn arm(name: &'static str, target: &'static str, emulator: Emulator) -> Core {
    Core { name, target, emulator, settings: &[] }
}

/// Everything for size.
const SMALL: &[&str] = &[
    "profile.release.opt-level='z'",
    "profile.release.package.curve25519-dalek.opt-level='z'",
    "profile.release.package.embedded-x402.opt-level='z'",
];

/// What a payment is signed with, and how the image is built that is not built as all are.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) network: &'static str,
    /// Features of the measuring programs.
    pub(crate) features: &'static [&'static str],
    /// Settings of cargo: `profile.release.package.NAME.opt-level=3`.
    pub(crate) settings: &'static [&'static str],
    /// In words, for the table.
    pub(crate) note: &'static str,
}

/// The backend of the crate's default features.
pub(crate) const DEFAULT: &str = "ed25519-compact";

/// The backend to take on Solana where flash is scarce, as with most a Cortex-M0.
pub(crate) const RECOMMENDED_SMALL: &str = "ed25519-dalek-comb";

/// The backend to take on Solana where it is not: on an RP2040 with 2 MB, on an ESP32-C3 with 4.
pub(crate) const RECOMMENDED_LARGE: &str = "ed25519-dalek-tables";

/// The backend that takes the least flash on Solana.
pub(crate) const SMALLEST: &str = "ed25519-dalek";

/// All of them.
pub(crate) const BACKENDS: [Backend; 5] = [
    Backend {
        name: DEFAULT,
        network: "Solana",
        features: &["solana-ed25519-compact"],
        // With the others' level `s` it takes several hundred kilobytes.
        settings: &["profile.release.package.ed25519-compact.opt-level='z'"],
        note: "the default feature; built with `opt-level = \"z\"`",
    },
    Backend {
        name: RECOMMENDED_SMALL,
        network: "Solana",
        features: &["solana-ed25519-dalek-comb"],
        settings: &["profile.release.package.embedded-x402.opt-level='z'"],
        note: "7,684 bytes of RAM are multiples of the base point; `embedded-x402` built with `opt-level = \"z\"`",
    },
    Backend {
        name: RECOMMENDED_LARGE,
        network: "Solana",
        features: &["solana-ed25519-dalek-tables"],
        settings: &[],
        note: "30 KB of its flash are multiples of the base point",
    },
    Backend {
        name: SMALLEST,
        network: "Solana",
        features: &["solana-ed25519-dalek"],
        settings: SMALL,
        note: "the whole program built with `opt-level = \"z\"`",
    },
    Backend { name: "k256", network: "EVM", features: &["evm-k256"], settings: &[], note: "" },
];

/// Someone else's signature.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) curve: Curve,
    /// The package that it comes from.
    pub(crate) package: &'static str,
    /// Whether it is C, compiled from the sources that the package carries.
    pub(crate) is_c_source: bool,
    pub(crate) features: &'static [&'static str],
    pub(crate) settings: &'static [&'static str],
    pub(crate) optimisation: &'static str,
}

/// What is signed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    Ed25519,
    Secp256k1,
}

impl Curve {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Curve::Ed25519 => "Ed25519",
            Curve::Secp256k1 => "secp256k1",
        }
    }
}

const fn rust(
    name: &'static str,
    package: &'static str,
    features: &'static [&'static str],
) -> Peer {
    let (curve, settings) = (Curve::Ed25519, &[]);
    let optimisation = "s";
    Peer { name, curve, package, is_c_source: false, features, settings, optimisation }
}

const fn c(name: &'static str, package: &'static str, features: &'static [&'static str]) -> Peer {
    let (curve, settings) = (Curve::Ed25519, &[]);
    Peer { name, curve, package, is_c_source: true, features, settings, optimisation: "C -O2" }
}

/// All of them.
pub(crate) const PEERS: [Peer; 10] = [
    c("TweetNaCl", "tweetnacl-sys", &["sign-tweetnacl"]),
    rust("salty", "salty", &["sign-salty"]),
    rust("ed25519-compact", "ed25519-compact", &["sign-ed25519-compact"]),
    rust("ed25519-compact, opt_size", "ed25519-compact", &["sign-ed25519-compact-small"]),
    rust("ed25519-dalek, no tables", "ed25519-dalek", &["sign-ed25519-dalek"]),
    c("Monocypher", "monocypher-sys", &["sign-monocypher"]),
    c("libsodium 1.0.18", "libsodium-sys", &["sign-libsodium"]),
    rust("ed25519-dalek, tables", "ed25519-dalek", &["sign-ed25519-dalek-tables"]),
    Peer { curve: Curve::Secp256k1, ..rust("k256", "k256", &["sign-k256"]) },
    Peer {
        curve: Curve::Secp256k1,
        settings: &["profile.release.package.secp256k1-sys.opt-level=2"],
        optimisation: "C -O2",
        ..rust("libsecp256k1", "secp256k1-sys", &["sign-libsecp256k1"])
    },
];
