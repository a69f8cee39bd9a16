//! Random histories.

use std::collections::BTreeMap;

use embedded_x402::io::Error;
use embedded_x402_tests::mutation::Dice;

use crate::chain::Coin;
use crate::device::{Device, Ended, PERIOD};
use crate::flash::{Fault, Flash};
use crate::world::World;

/// As many seeds run if nothing else is said.
const SEEDS: u64 = 1500;

const FAULTS: [Fault; 5] =
    [Fault::CutBefore, Fault::CutWithin, Fault::CutAfter, Fault::FailBefore, Fault::FailWithin];

/// Milliseconds that the device gives an attempt.
const TOTALS: [u32; 4] = [5_000, 60_000, 300_000, 1_000_000];

/// How many attempts ended so, in all histories.
type Tally = BTreeMap<&'static str, u64>;

/// What a thousand histories are full of.
const ENDS: [&str; 10] = [
    "dropped",
    "expired",
    "journal",
    "not opened",
    "not settled",
    "policy",
    "power cut",
    "refused",
    "settled",
    "unknown",
];

#[test]
fn random_histories() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let mut tally = Tally::new();
    if let Some(seed) = number("X402_MODEL_SEED") {
        return run(seed, &mut tally);
    }
    let seeds = number("X402_MODEL_SEEDS").unwrap_or(SEEDS);
    (1..=seeds).for_each(|seed| run(seed, &mut tally));
    println!("{seeds} histories: {tally:?}");
    let is_rare = |end: &&str| tally.get(end).is_none_or(|number| *number < seeds / 100);
    let rare: Vec<&str> = ENDS.into_iter().filter(is_rare).collect();
    assert!(seeds < 1000 || rare.is_empty(), "{rare:?} hardly happened: {tally:?}");
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

fn run(seed: u64, tally: &mut Tally) {
    let world = World::new(format!("X402_MODEL_SEED={seed}"), seed);
    let pages = 2 + world.below(2);
    let mut device = Device::new(&world, Flash::new(pages, seed));
    let troubles = Troubles::roll(&world);
    for _ in 0..8 + world.below(16) {
        let ended = troubles.step(&world, &mut device);
        *tally.entry(kind(&ended)).or_default() += 1;
    }
    end(&world, &mut device);
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
    fn roll(world: &World) -> Self {
        let dice = &mut *world.dice.borrow_mut();
        let mut percent = |most: usize| if dice.below(3) == 0 { 0 } else { dice.below(most) };
        let troubles = Troubles {
            flash: percent(60),
            drops: percent(40),
            clock: percent(40),
            reset: percent(30),
        };
        let (misconduct, signer_fails) = (percent(90), percent(10));
        set_out(world, dice, misconduct);
        world.signer_fails.set(signer_fails);
        world.note(|| format!("{troubles:?}, misconduct {misconduct}"));
        troubles
    }

    fn step(&self, world: &World, device: &mut Device<'_>) -> Ended {
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

fn set_out(world: &World, dice: &mut Dice, misconduct: usize) {
    let mut seller = world.seller.borrow_mut();
    seller.misconduct = misconduct;
    seller.price = [1000, 1500, 2000][dice.below(3)];
    seller.remembers = dice.below(2) == 0;
    seller.offers_identifier = dice.below(3) == 0;
    seller.is_v1 = dice.below(6) == 0;
    seller.date = [Some(0), Some(0), None, Some(-300), Some(300), Some(900)][dice.below(6)];
    seller.coins = match dice.below(3) {
        0 => vec![Coin::Solana],
        1 => vec![Coin::Evm],
        _ => vec![Coin::Evm, Coin::Solana],
    };
    if seller.is_v1 {
        seller.coins = vec![Coin::Solana];
    }
}

fn set_clock(world: &World) {
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
pub(crate) fn end(world: &World, device: &mut Device<'_>) {
    device.flash.heal();
    world.signer_fails.set(0);
    world.set_clock(Some(0));
    {
        let mut seller = world.seller.borrow_mut();
        (seller.misconduct, seller.date) = (0, Some(0));
    }
    world.note(|| "nothing goes wrong any more".into());
    let begin = world.now();
    while world.now() < begin + 2 * 400 + u64::from(PERIOD) * 8 / 7 + 60 {
        let settled = world.chain.borrow().settlements.len();
        let ended = device.buy(0, 300_000, None);
        if ended == Ended::Answer(200, true) && world.chain.borrow().settlements.len() > settled {
            return;
        }
        world.time.pass(20);
    }
    panic!("the device does not pay again");
}
