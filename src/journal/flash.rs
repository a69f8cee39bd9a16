//! The journal in NOR flash.

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::Error;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

use super::pages::{PageError, SealedPages};
use super::storage::{Slot, Storage, StorageError};
use crate::sizes;

/// A journal's items in a range of NOR flash, by [`sequential_storage`]: each write goes to a new
/// place, so that the flash wears evenly and a power cut leaves the last item as it was. The last 64
/// bytes of each page say that it was erased to the end; a range without such pages that is not
/// empty is not a journal's, and is left as it is.
///
/// The range must be of whole pages, at least two of them, and used by nothing else. Two pages of
/// 4 KiB are enough; with more, each is erased less often. A payment writes some 1.5 KiB.
pub struct FlashStorage<F: NorFlash> {
    map: MapStorage<Slot, SealedPages<F>, Cache<Uncached, Uncached, Uncached, Slot>>,
    /// An item, its slot, and what rounds it up to the flash's words.
    buffer: [u8; sizes::RECORD + 64],
}

impl<F: NorFlash> FlashStorage<F> {
    /// A storage in this range of `flash`, in bytes from its start; `None` if the range is not of
    /// whole pages, or of less than two, or its words are longer than 32 bytes.
    pub fn new(flash: F, range: Range<u32>) -> Option<Self> {
        let pages = SealedPages::new(flash, range)?;
        let config = MapConfig::try_new(pages.content()).ok()?;
        let map = MapStorage::new(pages, config, Cache::new_uncached());
        Some(FlashStorage { map, buffer: [0; _] })
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.map.destroy().0.into_flash()
    }
}

impl<F: NorFlash> Storage for FlashStorage<F> {
    async fn read(&mut self, slot: Slot, buffer: &mut [u8]) -> Result<Option<usize>, StorageError> {
        self.map.flash().recover().await.map_err(recovered)?;
        let item = self.map.fetch_item::<&[u8]>(&mut self.buffer, &slot).await.map_err(told)?;
        let Some(item) = item else { return Ok(None) };
        let capacity = buffer.len();
        let place = buffer.get_mut(..item.len()).ok_or(StorageError::TooLarge { capacity })?;
        place.copy_from_slice(item);
        Ok(Some(item.len()))
    }

    async fn write(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageError> {
        self.map.flash().recover().await.map_err(recovered)?;
        self.map.store_item(&mut self.buffer, &slot, &item).await.map_err(told)
    }
}

fn recovered<E>(error: PageError<E>) -> StorageError {
    match error {
        PageError::Foreign => StorageError::Corrupt,
        PageError::Flash(_) => StorageError::Failed,
    }
}

fn told<E>(error: Error<E>) -> StorageError {
    match error {
        Error::FullStorage => StorageError::Full,
        Error::Corrupted { .. } => StorageError::Corrupt,
        Error::ItemTooBig | Error::BufferTooSmall(_) | Error::SerializationError(_) => {
            StorageError::TooLarge { capacity: sizes::RECORD }
        }
        _ => StorageError::Failed,
    }
}
