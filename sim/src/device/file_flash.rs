//! NOR flash in a file: erased bytes are 0xff, writing clears bits, and only erasing sets them. What
//! was written is on the disk when the write returns, so that a process may be killed at any moment.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Bytes of a page: what is erased at once.
const PAGE: usize = 4096;

/// Pages of the flash.
const PAGES: usize = 4;

/// Flash in a file, for as long as this process has it locked.
#[derive(Debug)]
pub struct FileFlash {
    file: File,
}

/// What the file system says.
#[derive(Debug)]
pub struct FileFlashError(pub NorFlashErrorKind);

impl FileFlash {
    /// Its size in bytes.
    pub const SIZE: u32 = (PAGE * PAGES) as u32;

    /// Opens the flash in this file; makes one that is erased if there is none.
    ///
    /// # Errors
    /// If the file can't be opened, has another size, or is in use by another process.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.try_lock()?;
        match file.metadata()?.len() {
            0 => file.write_all(&[0xff; PAGE * PAGES])?,
            length if length == u64::from(Self::SIZE) => {}
            length => {
                let size = Self::SIZE;
                let text = format!("it has {length} bytes, not the {size} of a journal");
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
        }
        file.sync_all()?;
        Ok(FileFlash { file })
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset.into()))?;
        self.file.read_exact(bytes)
    }

    fn write_at(&mut self, offset: u32, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset.into()))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }

    /// Clears the bits that `bytes` has not.
    fn program(&mut self, offset: u32, bytes: &[u8]) -> io::Result<()> {
        let mut page = vec![0; bytes.len()];
        self.read_at(offset, &mut page)?;
        page.iter_mut().zip(bytes).for_each(|(old, new)| *old &= new);
        self.write_at(offset, &page)
    }
}

impl NorFlashError for FileFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        self.0
    }
}

impl From<NorFlashErrorKind> for FileFlashError {
    fn from(kind: NorFlashErrorKind) -> Self {
        FileFlashError(kind)
    }
}

impl From<io::Error> for FileFlashError {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "the journal's file");
        FileFlashError(NorFlashErrorKind::Other)
    }
}

impl ErrorType for FileFlash {
    type Error = FileFlashError;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FileFlashError> {
        Ok(self.read_at(offset, bytes)?)
    }

    fn capacity(&self) -> usize {
        PAGE * PAGES
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FileFlashError> {
        let length = check(from, to, PAGE)?;
        Ok(self.write_at(from, &vec![0xff; length])?)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileFlashError> {
        let end = u64::from(offset) + bytes.len() as u64;
        check(offset, u32::try_from(end).unwrap_or(u32::MAX), 1)?;
        Ok(self.program(offset, bytes)?)
    }
}

/// The length of a range, if it lies in the flash and on the boundaries of these units.
fn check(from: u32, to: u32, unit: usize) -> Result<usize, NorFlashErrorKind> {
    let (start, end) = (from as usize, to as usize);
    if !start.is_multiple_of(unit) || !end.is_multiple_of(unit) {
        return Err(NorFlashErrorKind::NotAligned);
    }
    let length = end.checked_sub(start).filter(|_| end <= PAGE * PAGES);
    length.ok_or(NorFlashErrorKind::OutOfBounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_behaves_as_nor_flash() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flash");
        let mut flash = FileFlash::open(&path).unwrap();
        flash.write(10, &[0b1010]).await.unwrap();
        flash.write(10, &[0b0110]).await.unwrap();
        drop(flash);
        let mut flash = FileFlash::open(&path).unwrap();
        let mut bytes = [0; 3];
        flash.read(9, &mut bytes).await.unwrap();
        assert_eq!(bytes, [0xff, 0b0010, 0xff]);
        flash.erase(0, 4096).await.unwrap();
        flash.read(9, &mut bytes).await.unwrap();
        assert_eq!(bytes, [0xff; 3]);
        assert!(flash.erase(1, 4096).await.is_err());
        assert!(flash.write(FileFlash::SIZE, &[0]).await.is_err());
    }

    #[test]
    fn one_process_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flash");
        let flash = FileFlash::open(&path).unwrap();
        assert!(FileFlash::open(&path).is_err());
        drop(flash);
        assert!(FileFlash::open(&path).is_ok());
    }

    #[test]
    fn another_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("letter");
        std::fs::write(&path, "dear reader").unwrap();
        assert!(FileFlash::open(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"dear reader");
    }
}
