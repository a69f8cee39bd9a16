extern crate std;
use std::format;

use super::*;
use crate::journal::RamStorage;
use crate::policy::{Asset, Budget, Spending, Spent, assets};
use crate::sizes;
use crate::wire::{Amount, Network, ProtocolVersion};
use embassy_futures::block_on;

const PERIOD: u32 = 3600;
const RULE: Rule<'static> =
    Rule::new(assets::USDC_BASE, Amount(100)).budget(Budget::new(Amount(100), PERIOD));
const RULES: &[Rule<'static>] = &[RULE];

type Small = Journal<RamStorage, 1, 2>;

fn at(uptime: u64) -> Now {
    Now { uptime, unix: None }
}

fn request(path: &str) -> RequestKey {
    RequestKey::new("GET", path, None)
}

fn reservation(path: &str, amount: u64) -> Reservation {
    let asset = AssetKey::new(&assets::USDC_BASE);
    Reservation { request: request(path), asset, amount, lifetime: 100 }
}

fn payment(entry: &[u8]) -> RecordedPayment<'_> {
    RecordedPayment {
        version: ProtocolVersion::V2,
        network: Network::Eip155(8453),
        amount: 10,
        identifier: Some(true),
        entry,
        signed: &[7; 161],
    }
}

/// A journal as a device uses it, with its own buffer.
struct Device {
    journal: Small,
}

impl Device {
    fn new() -> Self {
        Device::open(RamStorage::new(), 0).expect("an empty storage")
    }

    fn open(storage: RamStorage, uptime: u64) -> Result<Self, JournalError> {
        let mut journal = block_on(Journal::open(storage, &mut [0; sizes::RECORD]))?;
        journal.keep_budgets(RULES, at(uptime))?;
        Ok(Device { journal })
    }

    fn reset(self) -> Self {
        self.reset_at(0)
    }

    /// With an uptime that begins there.
    fn reset_at(self, uptime: u64) -> Self {
        Device::open(self.journal.into_storage(), uptime).expect("what a journal wrote")
    }

    fn reserve(&mut self, path: &str, amount: u64, uptime: u64) -> Result<u32, JournalError> {
        let reservation = reservation(path, amount);
        block_on(self.journal.reserve(&reservation, at(uptime), &mut [0; sizes::RECORD]))
    }

    fn record(&mut self, number: u32, entry: &[u8]) -> Result<(), JournalError> {
        block_on(self.journal.record(number, &payment(entry), &mut [0; sizes::RECORD]))
    }

    fn is_recorded(&mut self, number: u32, entry: &[u8]) -> Result<bool, JournalError> {
        let mut buffer = [0; sizes::RECORD];
        let recorded = block_on(self.journal.recorded(number, &mut buffer))?;
        assert!(recorded.is_none_or(|recorded| recorded == payment(entry)));
        Ok(recorded.is_some())
    }

    fn age(&mut self, number: u32, uptime: u64) -> Option<u64> {
        let open = self.journal.find(number).expect("an open payment");
        self.journal.age(&open, at(uptime))
    }

    fn close(&mut self, number: u32, verdict: Verdict, uptime: u64) -> Result<(), JournalError> {
        block_on(self.journal.close(number, verdict, at(uptime), &mut [0; sizes::RECORD]))
    }

    fn book(&mut self, number: u32, uptime: u64) -> Result<(), JournalError> {
        self.close(number, Verdict::Spent, uptime)
    }

    fn release(&mut self, number: u32) -> Result<(), JournalError> {
        self.close(number, Verdict::NotSpent, 0)
    }

    fn refuse(&mut self, number: u32) -> Result<(), JournalError> {
        self.close(number, Verdict::Refused, 0)
    }

    fn spent(&mut self, uptime: u64) -> Spent {
        let statement = self.journal.statement(at(uptime));
        statement.spent(&assets::USDC_BASE, PERIOD).expect("a budget")
    }

    fn open_numbers(&self) -> std::vec::Vec<(u32, bool)> {
        let open = self.journal.open_payments().iter();
        open.map(|open| (open.number, open.is_unrecorded)).collect()
    }
}

#[test]
fn an_amount_goes_from_reserved_to_booked() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 5).unwrap();
    device.record(number, b"{}").unwrap();
    let mut device = device.reset();
    assert_eq!(device.spent(0), Spent { amount: 30, payments: 1 });
    assert_eq!(device.journal.unsettled(request("a")).unwrap().number, number);
    assert!(device.is_recorded(number, b"{}").unwrap());
    device.book(number, 6).unwrap();
    let mut device = device.reset();
    assert_eq!(device.spent(0), Spent { amount: 30, payments: 1 });
    assert_eq!(device.journal.unsettled(request("a")), None);
    assert_eq!(device.is_recorded(number, b"{}"), Err(JournalError::NotOpen));
    assert_eq!(device.spent(2 * u64::from(PERIOD)), Spent::default());
}

#[test]
fn what_is_released_was_not_spent() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    device.release(number).unwrap();
    let mut device = device.reset();
    assert_eq!(device.spent(0), Spent::default());
    assert_eq!(device.journal.next_number(), number + 1);
    assert_eq!(device.release(number), Err(JournalError::NotOpen));
}

#[test]
fn what_is_refused_stays_reserved_and_stands_in_nobodys_way() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    device.refuse(number).unwrap();
    let mut device = device.reset();
    assert_eq!(device.spent(0).amount, 30);
    assert_eq!(device.journal.unsettled(request("a")), None);
    assert_eq!(device.journal.expired(at(99)), None);
    assert_eq!(device.journal.expired(at(100)).unwrap().number, number);
    assert_eq!(device.refuse(number + 1), Err(JournalError::NotOpen));
}

/// What is closed twice is booked once.
#[test]
fn nothing_is_booked_twice() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    device.book(number, 0).unwrap();
    let again = device.book(number, 0);
    assert_eq!((again, device.spent(0).amount), (Err(JournalError::NotOpen), 30));
}

/// Whatever the uptime begins with: one that goes on through a reset makes nothing look older.
#[test]
fn a_payment_lives_from_the_first_question_after_a_reset() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 1000).unwrap();
    assert_eq!(device.journal.expired(at(1099)), None);
    assert_eq!(device.age(number, 1099), Some(99));
    assert!(device.journal.expired(at(1100)).is_some());
    for boot in [0, 1100, u64::MAX / 2] {
        device = device.reset_at(boot);
        assert_eq!(device.age(number, boot + 99), None);
        assert_eq!(device.journal.expired(at(boot + 99)), None);
        assert!(device.journal.expired(at(boot + 100)).is_some());
    }
}

#[test]
fn a_payment_reserved_at_once_has_an_age() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    assert_eq!(device.age(number, 0), Some(0));
    assert_eq!(device.age(number, 7), Some(7));
}

#[test]
fn what_can_still_settle_stays_open() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 1000).unwrap();
    device.close(number, Verdict::Pending { seconds: 60 }, 1200).unwrap();
    assert_eq!(device.spent(1200).amount, 30);
    assert_eq!(device.journal.expired(at(1259)), None);
    assert!(device.journal.expired(at(1260)).is_some());
    // It never shortens a life, and nothing overflows.
    device.close(number, Verdict::Pending { seconds: 0 }, 1000).unwrap();
    assert_eq!(device.journal.expired(at(1259)), None);
    device.close(number, Verdict::Pending { seconds: u32::MAX }, u64::MAX).unwrap();
    assert_eq!(device.journal.unsettled(request("a")).unwrap().lifetime, u32::MAX);
    let error = device.close(number + 1, Verdict::Pending { seconds: 60 }, 0);
    assert_eq!(error, Err(JournalError::NotOpen));
}

#[test]
fn a_reservation_without_its_record_is_told_apart() {
    let mut device = Device::new();
    let first = device.reserve("a", 1, 0).unwrap();
    let second = device.reserve("b", 1, 0).unwrap();
    device.record(second, b"b").unwrap();
    assert_eq!(device.is_recorded(first, b"a"), Ok(false));
    let mut device = device.reset();
    assert_eq!(device.open_numbers(), [(first, true), (second, false)]);
    assert_eq!(device.is_recorded(first, b"a"), Ok(false));
}

/// A slot is used again; the record that was there before is of another payment.
#[test]
fn an_old_record_is_not_taken_for_a_new_one() {
    let mut device = Device::new();
    let first = device.reserve("a", 1, 0).unwrap();
    device.record(first, b"a").unwrap();
    device.book(first, 0).unwrap();
    let second = device.reserve("a", 1, 0).unwrap();
    assert_eq!(device.is_recorded(second, b"a"), Ok(false));
    assert_eq!(device.reset().open_numbers(), [(second, true)]);
}

#[test]
fn there_is_room_for_so_many() {
    let mut device = Device::new();
    device.reserve("a", 1, 0).unwrap();
    device.reserve("b", 1, 0).unwrap();
    let error = JournalError::TooManyOpen { capacity: 2 };
    assert_eq!(device.journal.check_room(), Err(error));
    assert_eq!(device.reserve("c", 1, 0), Err(error));
    assert!(format!("{error}").contains('2'));

    let asset = Asset { address: "0x00", ..assets::USDC_BASE };
    let rules = [RULE, Rule { asset, ..RULE }];
    let error = JournalError::TooManyBudgets { capacity: 1 };
    assert_eq!(device.journal.keep_budgets(&rules, at(0)), Err(error));
}

#[test]
fn numbers_wrap_around() {
    let mut device = Device::new();
    device.journal.books.next = u32::MAX;
    let last = device.reserve("a", 1, 0).unwrap();
    device.record(last, b"a").unwrap();
    let first = device.reserve("b", 1, 0).unwrap();
    device.record(first, b"b").unwrap();
    assert_eq!((last, first), (u32::MAX, 0));
    let mut device = device.reset();
    assert_eq!(device.open_numbers(), [(last, false), (first, false)]);
    assert!(device.is_recorded(first, b"b").unwrap());
    assert_eq!(device.journal.next_number(), 1);
}

/// The item in a slot of a storage.
fn item(storage: &mut RamStorage, slot: Slot) -> std::vec::Vec<u8> {
    let mut buffer = [0; sizes::RECORD];
    let length = block_on(storage.read(slot, &mut buffer)).unwrap().unwrap();
    buffer[..length].to_vec()
}

fn write(storage: &mut RamStorage, slot: Slot, item: &[u8]) {
    block_on(storage.write(slot, item)).unwrap();
}

fn error(storage: RamStorage) -> JournalError {
    Device::open(storage, 0).err().expect("a journal that can't be opened")
}

#[test]
fn older_books_than_a_record_are_told() {
    let mut storage = Device::new().journal.into_storage();
    let mut device = Device::open(storage.clone(), 0).unwrap();
    let number = device.reserve("a", 1, 0).unwrap();
    device.book(number, 0).unwrap();
    let old = item(&mut device.journal.storage, BOOKS);
    let number = device.reserve("a", 1, 0).unwrap();
    device.record(number, b"a").unwrap();
    let record = item(&mut device.journal.storage, 1);
    let mut without_newest = device.journal.into_storage();
    write(&mut without_newest, BOOKS, &old);
    assert_eq!(error(without_newest), JournalError::BooksLost);
    write(&mut storage, 1, &record);
    assert_eq!(error(storage), JournalError::BooksLost, "there are no books at all");
}

#[test]
fn damaged_and_foreign_books_are_told() {
    let mut device = Device::new();
    let number = device.reserve("a", 1, 0).unwrap();
    device.record(number, b"a").unwrap();
    let storage = device.journal.into_storage();
    let with = |change: &dyn Fn(&mut std::vec::Vec<u8>)| {
        let mut storage = storage.clone();
        let mut books = item(&mut storage, BOOKS);
        change(&mut books);
        write(&mut storage, BOOKS, &books);
        error(storage)
    };
    assert_eq!(with(&|books| books[9] ^= 1), JournalError::Record(RecordError::Corrupt));
    assert_eq!(with(&|books| books.truncate(3)), JournalError::Record(RecordError::Corrupt));
    assert_eq!(with(&|books| books[0] = b'y'), JournalError::Record(RecordError::Foreign));
    let text = |books: &mut std::vec::Vec<u8>| *books = b"somebody else's settings".to_vec();
    assert_eq!(with(&text), JournalError::Record(RecordError::Foreign));
}

/// A record that is damaged, or somebody else's, is none: the payment stays reserved.
#[test]
fn a_damaged_record_is_none() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    device.record(number, b"a").unwrap();
    let mut storage = device.journal.into_storage();
    let record = item(&mut storage, 1);
    for damaged in [&record[1..], &record[..record.len() - 1], b"x4B\x01", b"?"] {
        let mut storage = storage.clone();
        write(&mut storage, 1, damaged);
        let mut device = Device::open(storage, 0).unwrap();
        assert_eq!(device.open_numbers(), [(number, true)]);
        assert_eq!((device.is_recorded(number, b"a"), device.spent(0).amount), (Ok(false), 30));
    }
}

/// A storage whose writes fail.
struct Failing(RamStorage);

impl Storage for Failing {
    async fn read(&mut self, slot: Slot, buffer: &mut [u8]) -> Result<Option<usize>, StorageError> {
        self.0.read(slot, buffer).await
    }

    async fn write(&mut self, _: Slot, _: &[u8]) -> Result<(), StorageError> {
        Err(StorageError::Full)
    }
}

#[test]
fn what_can_not_be_written_has_not_happened() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    let storage = Failing(device.journal.into_storage());
    let buffer = &mut [0; sizes::RECORD];
    let full = JournalError::Storage(StorageError::Full);
    let mut journal: Journal<_, 1, 2> = block_on(Journal::open(storage, buffer)).unwrap();
    journal.keep_budgets(RULES, at(0)).unwrap();
    let before = journal.books.clone();
    assert_eq!(block_on(journal.reserve(&reservation("b", 5), at(0), buffer)), Err(full));
    assert_eq!(block_on(journal.record(number, &payment(b"a"), buffer)), Err(full));
    for verdict in [Verdict::Refused, Verdict::Spent, Verdict::NotSpent] {
        assert_eq!(block_on(journal.close(number, verdict, at(0), buffer)), Err(full));
    }
    assert_eq!(journal.books, before);
}

/// A budget that comes back has forgotten nothing.
#[test]
fn a_window_outlives_its_budget() {
    let mut device = Device::new();
    let number = device.reserve("a", 30, 0).unwrap();
    device.book(number, 0).unwrap();
    device.journal.keep_budgets(RULES, at(0)).unwrap();
    assert_eq!(device.spent(0).amount, 30);
    device.journal.keep_budgets(&[], at(0)).unwrap();
    device.journal.keep_budgets(RULES, at(0)).unwrap();
    assert_eq!(device.spent(0).amount, 30);
}
