//! Flash that is damaged, somebody else's, or full: it is told, and nothing is lost or paid.

use embedded_x402::journal::{
    AssetKey, FlashStorage, Journal, JournalError, Now, RecordedPayment, RequestKey, Reservation,
    StorageError,
};
use embedded_x402::sizes;
use embedded_x402::wire::{Network, ProtocolVersion};
use embedded_x402_tests::histories::device::{check_books, open};
use embedded_x402_tests::histories::flash::PAGE;
use embedded_x402_tests::histories::{Coin, Ended, Flash};
use embedded_x402_tests::mutation::Dice;

use crate::market::InMemory;
use crate::{Device, World};

/// What is on the flash after two payments and one more that the device lets go of when it has
/// waited so many times; and what has moved.
fn written(waits: usize) -> (Vec<u8>, [u64; 2]) {
    let world = World::new("some payments".into(), 1, InMemory::honest());
    let mut device = Device::new(&world, Flash::new(2, 1));
    world.market.borrow_mut().seller.coins = vec![Coin::Evm];
    for number in 0..2 {
        device.buy(number, 60_000, None);
    }
    device.buy(0, 60_000, Some(waits));
    let market = world.market.borrow();
    (device.flash.bytes(), Coin::ALL.map(|coin| market.chain.moved(coin)))
}

/// One bit of rot at a time: the journal says so, or has lost nothing.
#[test]
fn every_bit() {
    let world = World::new("a bit of rot".into(), 1, InMemory::honest());
    let (mut refused, mut open_payments) = (0, 0);
    for waits in 6..22 {
        let (bytes, moved) = written(waits);
        for bit in (waits..bytes.len() * 8).step_by(61) {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match world.time.run(open(&Flash::with(damaged, 1))) {
                Ok(mut journal) => {
                    open_payments += journal.open_payments().len();
                    check_books(&mut journal, Now::default(), moved);
                }
                Err(error) => {
                    assert_eq!(error, JournalError::BooksLost);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 0 && open_payments > 0, "{refused} refused, {open_payments} open");
}

fn foreign() -> Vec<Vec<u8>> {
    let mut dice = Dice::new(7);
    let random: Vec<u8> = (0..2 * PAGE).map(|_| dice.below(256) as u8).collect();
    let text: Vec<u8> = b"wifi=lab;".iter().copied().cycle().take(2 * PAGE).collect();
    let front_of = |bytes: &[u8], length| {
        let blank = [0xff].iter().cycle();
        bytes[..length].iter().chain(blank).take(2 * PAGE).copied().collect::<Vec<_>>()
    };
    let behind = front_of(&text, PAGE).into_iter().rev().collect();
    let ours_elsewhere = written(9).0.into_iter().cycle().skip(PAGE / 2).take(2 * PAGE).collect();
    vec![
        vec![0; 2 * PAGE],
        front_of(&random, 5),
        front_of(&text, PAGE),
        front_of(&text, PAGE + 9),
        random,
        text,
        behind,
        ours_elsewhere,
    ]
}

/// What somebody else wrote is reported and left as it is.
#[test]
fn of_somebody_else() {
    for (number, bytes) in foreign().into_iter().enumerate() {
        let world = World::new(format!("foreign content {number}"), 1, InMemory::honest());
        let mut device = Device::new(&world, Flash::with(bytes.clone(), 1));
        let error = JournalError::Storage(StorageError::Corrupt);
        assert_eq!(device.try_to_buy(0), Ended::NotOpened(error), "{number}");
        assert!(device.flash.bytes() == bytes, "{number}");
        assert!(world.purchases.borrow().seen.is_empty());
    }
}

const PAYMENT: RecordedPayment<'static> = RecordedPayment {
    version: ProtocolVersion::V2,
    network: Network::Eip155(8453),
    amount: 10,
    identifier: None,
    entry: &[b' '; sizes::ENTRY],
    signed: &[9; sizes::SIGNED],
};

/// A journal of more open payments than two pages have room for.
#[test]
fn that_is_full() {
    let world = World::new("a full flash".into(), 1, InMemory::honest());
    let flash = Flash::new(2, 1);
    world.time.run(async {
        let storage = FlashStorage::new(flash.clone(), 0..flash.size()).expect("whole pages");
        let buffer = &mut [0; sizes::RECORD];
        let mut journal: Journal<_, 1, 8> =
            Journal::open(storage, buffer).await.expect("a journal");
        let mut recorded = 0;
        let error = loop {
            let reservation = Reservation {
                request: RequestKey::new("GET", &format!("http://a.lan/{recorded}"), None),
                asset: AssetKey::from_bytes([1; AssetKey::LEN]),
                amount: 10,
                lifetime: 100,
            };
            let number = match journal.reserve(&reservation, Now::default(), buffer).await {
                Ok(number) => number,
                Err(error) => break error,
            };
            match journal.record(number, &PAYMENT, buffer).await {
                Ok(()) => recorded += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error, JournalError::Storage(StorageError::Full));
        assert!(recorded >= 3, "{recorded} records");

        let storage = FlashStorage::new(flash.copy(), 0..flash.size()).expect("whole pages");
        let mut journal: Journal<_, 1, 8> =
            Journal::open(storage, buffer).await.expect("a journal");
        assert!(journal.open_payments().len() >= recorded);
        for number in 0..recorded as u32 {
            let read = journal.recorded(number, buffer).await.expect("a flash that can be read");
            assert_eq!(read, Some(PAYMENT));
        }
    });
}

#[test]
fn of_another_size() {
    let page = PAGE as u32;
    for range in [0..0, 0..page, 0..page + 4, 4..2 * page + 4, page..2 * page] {
        assert!(FlashStorage::new(Flash::new(3, 1), range).is_none());
    }
    let storage = FlashStorage::new(Flash::new(3, 1), page..3 * page).expect("two pages");
    assert_eq!(storage.into_flash().size(), 3 * page);
}
