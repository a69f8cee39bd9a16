//! The device's journal, in a file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use embedded_x402::journal::{FlashStorage, Journal, JournalError};
use embedded_x402::sizes;

use super::FileFlash;

/// Assets that a [`DeviceJournal`] can keep budgets for.
pub const BUDGETS: usize = 4;

/// A journal in flash, and how long the device has been on.
pub struct DeviceJournal {
    /// The journal, as on a device.
    pub journal: Journal<FlashStorage<FileFlash>, BUDGETS>,
    started: Instant,
}

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenJournalError {
    /// The file is of no use.
    #[error("the journal {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// What is in it is of no use.
    #[error("the journal {path}: {cause}")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the journal says.
        cause: JournalError,
    },
}

impl DeviceJournal {
    /// Opens the journal in this file, or begins one there. The device starts now.
    ///
    /// # Errors
    /// [`OpenJournalError`].
    pub async fn open(path: &Path) -> Result<Self, OpenJournalError> {
        let file = |cause| OpenJournalError::File { path: path.to_owned(), cause };
        let flash = FileFlash::open(path).map_err(file)?;
        let no_pages = || file(io::Error::from(io::ErrorKind::InvalidData));
        let storage = FlashStorage::new(flash, 0..FileFlash::SIZE).ok_or_else(no_pages)?;
        let journal = Journal::open(storage, &mut [0; sizes::RECORD]).await;
        let journal =
            journal.map_err(|cause| OpenJournalError::Journal { path: path.to_owned(), cause })?;
        Ok(DeviceJournal { journal, started: Instant::now() })
    }

    /// Seconds since the device started.
    pub(super) fn uptime(&self) -> impl Fn() -> u64 + use<> {
        let started = self.started;
        move || started.elapsed().as_secs()
    }
}
