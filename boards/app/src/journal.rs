//! The journal: payments in flight and what was spent, in the board's flash.

use core::fmt;
use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use embedded_x402::journal::{FlashStorage, Journal, JournalError};
use embedded_x402::sizes;

/// Flash for a journal.
#[derive(Debug)]
pub struct JournalFlash<F> {
    /// The driver; a blocking one goes in by [`BlockingAsync`](crate::BlockingAsync).
    pub flash: F,
    /// The pages, in bytes from the start of the flash: two or more, used by nothing else.
    pub pages: Range<u32>,
}

/// Why there is no journal that can be relied on. Then nothing is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum OpenJournalError {
    /// The pages are less than two, or not whole ones.
    Pages,
    /// What is in them is of no use.
    Journal(JournalError),
}

impl<F: NorFlash> JournalFlash<F> {
    /// Opens the journal, or begins one where nothing was ever written.
    pub(crate) async fn open(self) -> Result<Journal<FlashStorage<F>>, OpenJournalError> {
        let storage = FlashStorage::new(self.flash, self.pages).ok_or(OpenJournalError::Pages)?;
        let journal = Journal::open(storage, &mut [0; sizes::RECORD]).await;
        journal.map_err(OpenJournalError::Journal)
    }
}

impl fmt::Display for OpenJournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenJournalError::Pages => f.write_str("a journal needs two whole pages of flash"),
            OpenJournalError::Journal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for OpenJournalError {}
