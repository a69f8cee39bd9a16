//! What goes wrong in a history, step by step.

use std::collections::BTreeMap;

use embedded_x402::io::Error;

use super::device::{Device, Ended, PERIOD};
use super::flash::{Fault, Flash};
use super::market::Market;
use super::world::World;
use crate::mutation::Dice;

const FAULTS: [Fault; 5] =
    [Fault::CutBefore, Fault::CutWithin, Fault::CutAfter, Fault::FailBefore, Fault::FailWithin];

/// Milliseconds that the device gives an attempt.
const TOTALS: [u32; 4] = [5_000, 60_000, 300_000, 1_000_000];

/// How often things happened, in all histories.
pub type Tally = BTreeMap<String, u64>;

/// Runs so many histories, or the one or as many as the environment says: `NAME_SEED`, `NAME_SEEDS`.
/// `replay` is the command that runs them.
pub fn run_seeds<M: Market>(
    name: &str,
    replay: &str,
    seeds: u64,
    open: impl Fn(u64) -> M,
) -> (u64, Tally) {
    let number = |name: &str| {
        let text = std::env::var(name).ok();
        text.map(|text| text.parse::<u64>().expect("a number"))
    };
    let mut tally = Tally::new();
    let one = number(&format!("{name}_SEED"));
    let seeds = number(&format!("{name}_SEEDS")).unwrap_or(seeds);
    for seed in one.map_or(1..=seeds, |seed| seed..=seed) {
        let world = World::new(format!("{name}_SEED={seed} {replay}"), seed, open(seed));
        run(&world, seed);
        for (what, times) in world.tally() {
            *tally.entry(what).or_default() += times;
        }
    }
    (one.map_or(seeds, |_| 1), tally)
}

fn run<M: Market>(world: &World<M>, seed: u64) {
    let pages = 2 + world.below(2);
    let mut device = Device::new(world, Flash::new(pages, seed));
    let troubles = Troubles::roll(world);
    for _ in 0..8 + world.below(16) {
        let ended = troubles.step(world, &mut device);
        world.count(kind(&ended));
    }
    end(world, &mut device);
}

/// What an end counts as.
fn kind(ended: &Ended) -> &'static str {
    use embedded_x402::client::Error::{Policy, Refused};
    match ended {
        Ended::Answer(_, true) => "settled",
        Ended::Answer(_, false) => "not settled",
        Ended::Failed(Error::Expired(_)) => "expired",
        Ended::Failed(Error::Journal(_)) => "journal",
        Ended::Failed(Error::Exchange(Refused(_))) => "refused",
        Ended::Failed(Error::Exchange(Policy(_))) => "policy",
        Ended::Failed(error) if error.unsettled().is_some() => "unknown",
        Ended::Failed(_) => "unpaid",
        Ended::NotOpened(_) => "not opened",
        Ended::Dropped => "dropped",
        Ended::PowerCut => "power cut",
    }
}

/// How likely things go wrong in a history, in percent.
#[derive(Debug)]
struct Troubles {
    flash: usize,
    drops: usize,
    clock: usize,
    reset: usize,
}

impl Troubles {
    fn roll<M: Market>(world: &World<M>) -> Self {
        let dice = &mut *world.dice.borrow_mut();
        let mut percent = |most: usize| roll(dice, most);
        let troubles = Troubles {
            flash: percent(60),
            drops: percent(40),
            clock: percent(40),
            reset: percent(30),
        };
        world.signer_fails.set(percent(10));
        let market = world.market.borrow_mut().set_out(dice);
        world.note(|| format!("{troubles:?}, {market}"));
        troubles
    }

    fn step<M: Market>(&self, world: &World<M>, device: &mut Device<'_, M>) -> Ended {
        if world.chance(self.clock) {
            set_clock(world);
        }
        if world.chance(self.reset) {
            device.reset([0, 5, 100, 1000, 20_000][world.below(5)]);
        }
        if world.chance(30) {
            let seconds = [1, 30, 200, 1000, 3000][world.below(5)];
            world.note(|| format!("{seconds} s pass"));
            world.time.pass(seconds);
        }
        if world.chance(self.flash) {
            let (after, fault) = (world.below(30), FAULTS[world.below(FAULTS.len())]);
            world.note(|| format!("{fault:?} after {after} operations of the flash"));
            device.flash.fail_after(after, fault);
        }
        let waits = world.chance(self.drops).then(|| 1 + world.below(60));
        let wanted = world.purchases.borrow().wanted();
        let number = match wanted.first() {
            Some(number) if world.chance(70) => *number,
            _ => world.below(3),
        };
        device.buy(number, TOTALS[world.below(TOTALS.len())], waits)
    }
}

/// A percentage below `most`, and often none.
pub fn roll(dice: &mut Dice, most: usize) -> usize {
    if dice.below(3) == 0 { 0 } else { dice.below(most) }
}

fn set_clock<M>(world: &World<M>) {
    let lie = |size: i64| [-size, size][world.below(2)];
    world.set_clock(match world.below(5) {
        0 | 1 => Some(0),
        2 => None,
        3 => Some(lie(400)),
        _ => Some(lie(1_000_000)),
    });
}

/// Nothing goes wrong any more: the device must pay again within the life of two payments and the
/// period of a budget.
pub fn end<M: Market>(world: &World<M>, device: &mut Device<'_, M>) {
    device.flash.heal();
    world.signer_fails.set(0);
    world.set_clock(Some(0));
    world.market.borrow_mut().behave();
    world.note(|| "nothing goes wrong any more".into());
    let begin = world.now();
    while world.now() < begin + 2 * 400 + u64::from(PERIOD) * 8 / 7 + 60 {
        let settled = world.market.borrow().settlements().len();
        let ended = device.buy(0, 300_000, None);
        let has_settled = world.market.borrow().settlements().len() > settled;
        if ended == Ended::Answer(200, true) && has_settled {
            return;
        }
        world.time.pass(20);
    }
    panic!("the device does not pay again");
}
