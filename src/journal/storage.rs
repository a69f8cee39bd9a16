//! Where the journal is kept.

use core::fmt;

/// The number of an item: 0 is that of the books, the others are records of open payments.
pub type Slot = u8;

/// Items that survive what the journal is to survive.
///
/// A write is durable when it returns, and atomic: whenever the power is cut, the next read answers
/// the old item or the new one, whole.
pub trait Storage {
    /// Reads the item that was last written to `slot` to the front of `buffer`; answers its length,
    /// or `None` if there was never one.
    ///
    /// # Errors
    /// [`StorageError`].
    #[expect(async_fn_in_trait, reason = "single-core executors need no Send futures")]
    async fn read(&mut self, slot: Slot, buffer: &mut [u8]) -> Result<Option<usize>, StorageError>;

    /// Writes an item in the place of the last one in `slot`.
    ///
    /// # Errors
    /// [`StorageError`]; then the next read answers the old item or the new one.
    #[expect(async_fn_in_trait, reason = "single-core executors need no Send futures")]
    async fn write(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageError>;
}

/// Why a storage is of no help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StorageError {
    /// There is no room for the item.
    Full,
    /// What is stored there is nothing that this storage wrote.
    Corrupt,
    /// The item does not fit a buffer of this size in bytes.
    TooLarge {
        /// Bytes that there is room for.
        capacity: usize,
    },
    /// The medium failed.
    Failed,
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageError::Full => f.write_str("the journal's storage is full: give it more flash"),
            StorageError::Corrupt => f.write_str("the journal's storage is corrupt"),
            StorageError::TooLarge { capacity } => {
                write!(f, "an item of the journal does not fit {capacity} bytes")
            }
            StorageError::Failed => f.write_str("the journal's storage failed"),
        }
    }
}

impl core::error::Error for StorageError {}

impl<S: Storage> Storage for &mut S {
    async fn read(&mut self, slot: Slot, buffer: &mut [u8]) -> Result<Option<usize>, StorageError> {
        S::read(self, slot, buffer).await
    }

    async fn write(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageError> {
        S::write(self, slot, item).await
    }
}

/// A journal in RAM: for tests, and for devices that may forget at a reset what they paid.
#[derive(Debug, Clone)]
pub struct RamStorage<const SLOTS: usize = 3, const BYTES: usize = 1024> {
    items: [heapless::Vec<u8, BYTES>; SLOTS],
}

impl<const SLOTS: usize, const BYTES: usize> RamStorage<SLOTS, BYTES> {
    /// Empty.
    pub const fn new() -> Self {
        RamStorage { items: [const { heapless::Vec::new() }; SLOTS] }
    }
}

impl<const SLOTS: usize, const BYTES: usize> Default for RamStorage<SLOTS, BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SLOTS: usize, const BYTES: usize> Storage for RamStorage<SLOTS, BYTES> {
    async fn read(&mut self, slot: Slot, buffer: &mut [u8]) -> Result<Option<usize>, StorageError> {
        let Some(item) = self.items.get(usize::from(slot)).filter(|item| !item.is_empty()) else {
            return Ok(None);
        };
        let capacity = buffer.len();
        let place = buffer.get_mut(..item.len()).ok_or(StorageError::TooLarge { capacity })?;
        place.copy_from_slice(item);
        Ok(Some(item.len()))
    }

    async fn write(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageError> {
        let place = self.items.get_mut(usize::from(slot)).ok_or(StorageError::Full)?;
        *place = heapless::Vec::from_slice(item)
            .map_err(|_| StorageError::TooLarge { capacity: BYTES })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embassy_futures::block_on;

    #[test]
    fn ram_keeps_the_last_item() {
        let mut ram: RamStorage<2, 4> = RamStorage::new();
        let mut buffer = [0; 4];
        assert_eq!(block_on(ram.read(1, &mut buffer)), Ok(None));
        block_on(ram.write(1, b"abcd")).unwrap();
        block_on(ram.write(1, b"xyz")).unwrap();
        assert_eq!(block_on(ram.read(1, &mut buffer)), Ok(Some(3)));
        assert_eq!(&buffer, b"xyz\0");
        assert_eq!(block_on(ram.read(0, &mut buffer)), Ok(None));
    }

    #[test]
    fn ram_has_its_limits() {
        let mut ram: RamStorage<2, 4> = RamStorage::new();
        let too_large = Err(StorageError::TooLarge { capacity: 4 });
        assert_eq!(block_on(ram.write(1, b"abcde")), too_large);
        assert_eq!(block_on(ram.write(2, b"a")), Err(StorageError::Full));
        block_on(ram.write(1, b"abcd")).unwrap();
        let too_large = Err(StorageError::TooLarge { capacity: 3 });
        assert_eq!(block_on(ram.read(1, &mut [0; 3])), too_large);
    }
}
