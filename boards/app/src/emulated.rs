//! What the emulated boards have in common: what they are told at run time, and with what they pay.
//!
//! ```text
//! pay URL PURCHASES SEED [SOLANA_RPC_URL]    buys, with TEST keys and TEST entropy
//! rehearse NAME                              pays a canned challenge, and prints the paid request
//! multiply                                   checks the target's multiplication
//! ```

pub mod multiplication;
mod ram_flash;

use core::fmt;

use chacha20::ChaCha20Rng;
use embedded_hal_async::delay::DelayNs;
use embedded_storage::nor_flash::ReadNorFlash;
use embedded_x402::client::Memory;
use embedded_x402::io::ClientMemory;
use embedded_x402::policy::{Always, Budget, PaymentPolicy, Rule, assets};
use embedded_x402::wire::Amount;
use rand_core::SeedableRng;

use crate::entropy::HealthTested;
use crate::rehearsal::{Rehearsal, RehearsalError};
use crate::stack::Stack;
use crate::{
    BlockingAsync, Device, JournalFlash, Keys, Network, NoLed, Plan, Text, run, test_keys,
};

pub use ram_flash::RamFlash;

/// At most a cent, and ten in an hour, in USDC on the networks for developers.
pub const POLICY: PaymentPolicy<'static> = PaymentPolicy {
    rules: &[
        Rule::new(assets::USDC_SOLANA_DEVNET, Amount(10_000)).budget(BUDGET),
        Rule::new(assets::USDC_BASE_SEPOLIA, Amount(10_000)).budget(BUDGET),
    ],
};

const BUDGET: Budget = Budget::new(Amount(100_000), 3600);

const USAGE: &str = "usage: pay URL PURCHASES SEED [SOLANA_RPC_URL] | rehearse NAME | multiply";

/// What the board is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Buy.
    Pay {
        /// The resource.
        url: &'a str,
        /// How often.
        purchases: u32,
        /// Makes the TEST entropy of one run differ from another's.
        seed: u64,
        /// The Solana RPC node.
        solana_rpc: Option<&'a str>,
    },
    /// Pay a canned challenge.
    Rehearse {
        /// Which one.
        name: &'a str,
    },
    /// Check the multiplication.
    Multiply,
}

impl<'a> Command<'a> {
    /// Reads a command line; `None` if it is none of them.
    pub fn parse(mut words: impl Iterator<Item = &'a str>) -> Option<Self> {
        let command = match words.next()? {
            "pay" => Command::Pay {
                url: words.next()?,
                purchases: words.next()?.parse().ok()?,
                seed: words.next()?.parse().ok()?,
                solana_rpc: words.next(),
            },
            "rehearse" => Command::Rehearse { name: words.next()? },
            "multiply" => Command::Multiply,
            _ => return None,
        };
        words.next().is_none().then_some(command)
    }
}

/// An emulated board.
pub trait Machine: fmt::Write {
    /// Instructions that it has carried out.
    fn instructions(&self) -> u64;
}

/// What a board pays with.
pub struct Equipment<'e, N, D> {
    /// The network.
    pub network: &'e N,
    /// Measures time.
    pub delay: D,
    /// Tells the seconds since the board started.
    pub uptime: &'e dyn Fn() -> u64,
    /// Keeps the journal, until QEMU ends.
    pub flash: &'e mut RamFlash,
    /// The client's memory.
    pub memory: &'e mut ClientMemory,
}

/// Does what the command line says, and tells it to the machine; answers whether all went well.
pub async fn perform<M, N, D>(
    words: impl Iterator<Item = &str>,
    machine: &mut M,
    stack: &mut Stack,
    equipment: Equipment<'_, N, D>,
) -> bool
where
    M: Machine,
    N: Network,
    D: DelayNs + Clone,
{
    stack.paint();
    let is_well = match Command::parse(words) {
        Some(Command::Pay { url, purchases, seed, solana_rpc }) => {
            let plan = Plan {
                interval_seconds: 0,
                purchases: Some(purchases),
                solana_rpc,
                ..Plan::new(url, POLICY)
            };
            pay(&plan, seed, machine, equipment).await
        }
        Some(Command::Rehearse { name }) => rehearse(name, machine, stack),
        Some(Command::Multiply) => multiply(machine),
        None => {
            let _ = writeln!(machine, "{USAGE}");
            false
        }
    };
    let _ = writeln!(machine, "stack {} bytes", stack.high_water());
    is_well
}

async fn pay<M, N, D>(
    plan: &Plan<'_>,
    seed: u64,
    machine: &mut M,
    equipment: Equipment<'_, N, D>,
) -> bool
where
    M: Machine,
    N: Network,
    D: DelayNs + Clone,
{
    let rng = match HealthTested::start(ChaCha20Rng::seed_from_u64(seed)) {
        Ok(rng) => rng,
        Err(error) => {
            let _ = writeln!(machine, "failed {error}");
            return false;
        }
    };
    let Equipment { network, delay, uptime, flash, memory } = equipment;
    let pages = 0..flash.capacity() as u32;
    let device = Device {
        network,
        wallet: test_keys::keys(),
        rng,
        delay,
        uptime,
        clock: None,
        journal: JournalFlash { flash: BlockingAsync::new(flash), pages },
        led: NoLed,
        approval: Always,
        console: Text(machine),
        memory,
    };
    run(device, plan).await.is_ok_and(|summary| summary.all_is_well())
}

/// Rehearses twice: once to count, once to print.
fn rehearse(name: &str, machine: &mut impl Machine, stack: &mut Stack) -> bool {
    let Some(rehearsal) = Rehearsal::named(name) else {
        let _ = writeln!(machine, "there is no rehearsal {name}");
        return false;
    };
    let (mut keys, mut memory) = (test_keys::keys(), Memory::new());
    stack.paint();
    let (depth, start) = (stack.depth(), machine.instructions());
    let paid = measured(rehearsal, &mut keys, &mut memory);
    let instructions = machine.instructions() - start;
    let _ = writeln!(machine, "instructions {instructions}");
    let used = stack.high_water().saturating_sub(depth);
    let _ = writeln!(machine, "stack of the payment {used} bytes");
    if let Err(error) = paid {
        let _ = writeln!(machine, "failed {error}");
        return false;
    }
    let _ = write!(machine, "request ");
    let print = |piece: &[u8]| {
        let _ = write!(machine, "{}", piece.escape_ascii());
    };
    let is_paid = rehearsal.pay(&mut keys, &mut Memory::new(), print).is_ok();
    let _ = writeln!(machine);
    is_paid
}

fn multiply(machine: &mut impl Machine) -> bool {
    let checked = multiplication::check();
    let _ = match checked {
        Ok(products) => writeln!(machine, "products {products} right"),
        Err(wrong) => writeln!(machine, "failed {wrong}"),
    };
    checked.is_ok()
}

/// A frame of its own: what lies above is not the payment's.
#[inline(never)]
fn measured(
    rehearsal: &Rehearsal,
    keys: &mut Keys,
    memory: &mut Memory,
) -> Result<(), RehearsalError> {
    rehearsal.pay(keys, memory, |_| {})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let parse = |line: &'static str| Command::parse(line.split(' '));
        assert_eq!(parse("rehearse solana-v2"), Some(Command::Rehearse { name: "solana-v2" }));
        let pay = |solana_rpc| Command::Pay { url: "http://x/", purchases: 2, seed: 7, solana_rpc };
        assert_eq!(parse("pay http://x/ 2 7"), Some(pay(None)));
        assert_eq!(parse("pay http://x/ 2 7 http://rpc"), Some(pay(Some("http://rpc"))));
        assert_eq!(parse("multiply"), Some(Command::Multiply));
        for line in [
            "",
            "pay",
            "pay http://x/ 2",
            "pay http://x/ x 7",
            "rehearse",
            "rehearse a b",
            "multiply 2",
            "buy",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
