//! What was measured, as `results.json` keeps it.

use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    /// Programs and their versions.
    pub(crate) tools: Vec<(String, String)>,
    /// Whole payments.
    pub(crate) payments: Vec<Measurement>,
    /// The steps of payments.
    pub(crate) parts: Vec<Measurement>,
    /// Whether what a signature takes tells of its nonce.
    pub(crate) nonces: Vec<Spread>,
    /// Bytes of images.
    pub(crate) images: Vec<ImageSize>,
    /// Signatures alone.
    pub(crate) peers: Vec<PeerCost>,
}

/// What a piece of work took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measurement {
    pub(crate) core: String,
    pub(crate) backend: String,
    /// The challenge, or what else the part is of.
    pub(crate) scenario: String,
    /// The part, or what the client remembered before.
    pub(crate) part: String,
    #[serde(flatten)]
    pub(crate) cost: Cost,
}

/// Instructions and what else is known.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) instructions: u64,
    /// With a flash cache that never misses; where the emulator knows.
    pub(crate) cycles: Option<u64>,
    /// Of the flash cache; where the emulator has one.
    pub(crate) misses: Option<u64>,
    /// Bytes below the caller's frame; less than 300 can't be told from none.
    pub(crate) stack: u64,
}

/// What signatures of messages of one length took that differ in their nonce only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) core: String,
    pub(crate) backend: String,
    /// The fewest instructions.
    pub(crate) fewest: u64,
    /// The most.
    pub(crate) most: u64,
}

/// What an image takes over one that does the same without the payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ImageSize {
    pub(crate) core: String,
    pub(crate) backend: String,
    pub(crate) program: String,
    /// Code and constants.
    pub(crate) flash: u64,
    /// Statics.
    pub(crate) ram: u64,
    /// Flash by crate and module, as the symbols have it, the largest first.
    pub(crate) symbols: Vec<(String, u64)>,
}

/// What a library's signature takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PeerCost {
    pub(crate) core: String,
    pub(crate) peer: String,
    pub(crate) curve: String,
    pub(crate) package: String,
    pub(crate) optimisation: String,
    /// Making the key pair.
    pub(crate) key_pair: u64,
    /// Signing.
    pub(crate) sign: Cost,
    /// Of the key pair and the signature, over a program that copies.
    pub(crate) flash: u64,
}

impl Cost {
    /// Milliseconds at 125 MHz, the flash cache never missing.
    pub(crate) fn milliseconds(self) -> Option<f64> {
        Some(self.cycles? as f64 / CLOCK)
    }

    /// The same with an assumption of what a miss costs.
    pub(crate) fn milliseconds_with_misses(self) -> Option<f64> {
        Some((self.cycles? + self.misses? * CYCLES_PER_MISS) as f64 / CLOCK)
    }
}

/// Cycles in a millisecond: the RP2040 runs at 125 MHz.
const CLOCK: f64 = 125_000.0;

/// What a miss of the RP2040's flash cache is assumed to cost.
pub(crate) const CYCLES_PER_MISS: u64 = 60;

impl Results {
    /// Takes what follows, but for the tools.
    pub(crate) fn append(&mut self, other: Results) {
        self.payments.extend(other.payments);
        self.parts.extend(other.parts);
        self.nonces.extend(other.nonces);
        self.images.extend(other.images);
        self.peers.extend(other.peers);
    }

    /// What is known of one backend on one core.
    pub(crate) fn of_backend(&self, core: &str, backend: &str) -> Results {
        let measurements = |all: &[Measurement]| {
            let of_both = |one: &&Measurement| (&*one.core, &*one.backend) == (core, backend);
            all.iter().filter(of_both).cloned().collect()
        };
        let nonces = |one: &&Spread| (&*one.core, &*one.backend) == (core, backend);
        let of_both = |one: &&ImageSize| (&*one.core, &*one.backend) == (core, backend);
        Results {
            nonces: self.nonces.iter().filter(nonces).cloned().collect(),
            payments: measurements(&self.payments),
            parts: measurements(&self.parts),
            images: self.images.iter().filter(of_both).cloned().collect(),
            ..Results::default()
        }
    }

    /// A whole payment.
    pub(crate) fn payment(
        &self,
        core: &str,
        backend: &str,
        scenario: &str,
        state: &str,
    ) -> Option<Cost> {
        find(&self.payments, core, backend, scenario, state)
    }

    /// A step.
    pub(crate) fn part(
        &self,
        core: &str,
        backend: &str,
        scenario: &str,
        part: &str,
    ) -> Option<Cost> {
        find(&self.parts, core, backend, scenario, part)
    }

    /// An image.
    pub(crate) fn image(&self, core: &str, backend: &str, program: &str) -> Option<&ImageSize> {
        self.images.iter().find(|image| {
            (&*image.core, &*image.backend, &*image.program) == (core, backend, program)
        })
    }

    /// A peer.
    pub(crate) fn peer(&self, core: &str, name: &str) -> Option<&PeerCost> {
        self.peers.iter().find(|peer| (&*peer.core, &*peer.peer) == (core, name))
    }

    /// The most stack that any payment took.
    pub(crate) fn stack(&self, core: &str, backend: &str) -> Option<u64> {
        let of_both = |one: &&Measurement| (&*one.core, &*one.backend) == (core, backend);
        self.payments.iter().filter(of_both).map(|one| one.cost.stack).max()
    }
}

fn find(
    all: &[Measurement],
    core: &str,
    backend: &str,
    scenario: &str,
    part: &str,
) -> Option<Cost> {
    let wanted = (core, backend, scenario, part);
    all.iter()
        .find(|one| (&*one.core, &*one.backend, &*one.scenario, &*one.part) == wanted)
        .map(|one| one.cost)
}
