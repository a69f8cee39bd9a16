//! The power is cut at every operation of the flash: before it, within it, and behind it.

use embedded_x402_tests::histories::{Coin, Ended, Fault, Flash, end};

use crate::market::InMemory;
use crate::{Device, World};

const TOTAL: u32 = 300_000;

/// Purchases in a history: so many that each page is erased more than once.
const PURCHASES: usize = 8;

/// Histories that are the same until the power is cut, at another operation in each.
fn cut_everywhere(coin: Coin, misconduct: usize, seed: u64) {
    for fault in [Fault::CutBefore, Fault::CutWithin, Fault::CutAfter, Fault::FailWithin] {
        let cut = Cut { coin, misconduct, seed, fault };
        let operations = (0..).find(|operation| cut.is_too_late(*operation)).expect("an end");
        assert!(operations > 2 * PURCHASES, "there are {operations} operations");
    }
}

struct Cut {
    coin: Coin,
    misconduct: usize,
    seed: u64,
    fault: Fault,
}

impl Cut {
    /// Cuts at this operation; answers whether the history was over by then.
    fn is_too_late(&self, operation: usize) -> bool {
        let Cut { coin, misconduct, seed, fault } = *self;
        let name = format!("{coin:?}, seed {seed}, {fault:?} at operation {operation}");
        let world = World::new(name, seed, InMemory::honest());
        {
            let seller = &mut world.market.borrow_mut().seller;
            (seller.coins, seller.misconduct) = (vec![coin], misconduct);
        }
        let mut device = Device::new(&world, Flash::new(2, operation as u64));
        device.flash.fail_after(operation, fault);
        (0..PURCHASES).for_each(|_| purchase(&world, &mut device));
        let is_over = device.flash.operations() <= operation;
        end(&world, &mut device);
        is_over
    }
}

/// Goes on until there is an answer, and then waits for the budget to recover.
fn purchase(world: &World, device: &mut Device<'_>) {
    for _ in 0..20 {
        let ended = device.buy(0, TOTAL, None);
        if matches!(ended, Ended::Answer(..)) {
            break;
        }
        world.time.pass(10);
    }
    world.time.pass(1000);
}

#[test]
fn of_honest_purchases_on_solana() {
    cut_everywhere(Coin::Solana, 0, 1);
}

#[test]
fn of_honest_purchases_on_evm_chains() {
    cut_everywhere(Coin::Evm, 0, 1);
}

#[test]
fn of_purchases_of_liars_on_solana() {
    (1..=5).for_each(|seed| cut_everywhere(Coin::Solana, 50, seed));
}

#[test]
fn of_purchases_of_liars_on_evm_chains() {
    (1..=5).for_each(|seed| cut_everywhere(Coin::Evm, 50, seed));
}

/// What a page holds whose erasure was cut is undefined: whatever it is, nothing is lost.
#[test]
fn in_the_middle_of_an_erase() {
    for pages in [2, 3] {
        let cut = |operation, seed| {
            let name = format!("{pages} pages, cut within operation {operation}, seed {seed}");
            let world = World::new(name, 1, InMemory::honest());
            let mut device = Device::new(&world, Flash::new(pages, seed));
            device.flash.fail_after(operation, Fault::CutWithin);
            (0..PURCHASES).for_each(|_| purchase(&world, &mut device));
            end(&world, &mut device);
            device.flash.erases()
        };
        let erases = cut(usize::MAX, 1);
        assert!(!erases.is_empty());
        for operation in erases {
            (1..=100).for_each(|seed| drop(cut(operation, seed * 7919)));
        }
    }
}

/// The device is reset at every point at which it waits: a payment that the seller has got is sent
/// again, and makes the purchase good.
#[test]
fn at_every_wait() {
    for coin in [Coin::Solana, Coin::Evm] {
        let mut sent_again = 0;
        let is_over = |waits: &usize| {
            let name = format!("{coin:?}, reset after {waits} waits");
            let world = World::new(name, 1, InMemory::honest());
            world.market.borrow_mut().seller.coins = vec![coin];
            let mut device = Device::new(&world, Flash::new(2, 1));
            if device.buy(0, TOTAL, Some(*waits)) != Ended::Dropped {
                return true;
            }
            device.reset(1);
            let was_sent = !world.purchases.borrow().seen.is_empty();
            let again = device.buy(0, TOTAL, None);
            if was_sent {
                sent_again += 1;
                assert_eq!(again, Ended::Answer(200, true));
                assert_eq!(world.market.borrow().chain.settlements.len(), 1);
            }
            false
        };
        (1..).find(is_over);
        assert!(sent_again > 0);
    }
}
