//! The payments in flight and the money spent, kept where a reset does not reach them.
//!
//! **The promise.** Before the bytes of a payment may leave, two things are durable: in the *books*,
//! that its amount is reserved; and a *record*, from which the same bytes can be made again. After a
//! lost answer or a power cut the client finds both, sends the same bytes to the same URL, and never
//! signs a second payment for that request while the first may still settle. An amount leaves the
//! reservation only into what was spent, or on proof that it can't move any more.
//!
//! ```text
//!   reserve ─── sign ─── record ─── send ─┬─ receipt ─────────────▶ book
//!   (books)            (payment)          ├─ lost, or unknown ────▶ send the same again, until
//!                                         │                         it expires: then ask the
//!                                         │                         chain, or book
//!                                         └─ proof of not moving ─▶ release
//! ```
//!
//! The books are one item in a [`Storage`], written as a whole: an amount is never in two places,
//! nor in none. Each open payment's record is another item. A record counts only if the books name
//! its number, so that nothing needs to be erased; a reservation without its record is one that the
//! power cut or the flash lost: it stays reserved until it expires, and is then spent.
//!
//! **Time.** Budgets and expiry are counted in seconds that the device was on, which no clock can
//! push. A wall clock is believed once after each reset, for the time that the device was off; a step
//! of it, forward or back, while the device runs changes nothing. Without one, or where an amount was
//! booked before it came, budgets recover only while the device is on.

mod books;
#[cfg(feature = "flash")]
mod flash;
mod item;
mod keeper;
mod keys;
#[cfg(feature = "flash")]
mod pages;
mod record;
mod storage;
mod time;
mod window;

pub use books::{Books, OpenPayment, Standing, Statement};
#[cfg(feature = "flash")]
pub use flash::FlashStorage;
pub use keeper::{Journal, JournalError, Reservation, Verdict};
pub use keys::{AssetKey, RequestKey};
pub use record::{PaymentRecord, RecordError, RecordedPayment};
pub use storage::{RamStorage, Slot, Storage, StorageError};
pub use time::Now;
