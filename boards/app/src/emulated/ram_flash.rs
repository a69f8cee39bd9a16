//! NOR flash in RAM, for boards and tests that have none.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// NOR flash in RAM: it reads and writes words of 4 bytes, as the strictest ones do, writing clears
/// bits, and only erasing a page of 4 KiB sets them.
#[derive(Debug, Clone)]
pub struct RamFlash<const BYTES: usize = 8192> {
    /// The complement of each byte: flash that is erased is a static without initial value.
    inverted: [u8; BYTES],
}

impl<const BYTES: usize> RamFlash<BYTES> {
    /// Erased.
    pub const fn new() -> Self {
        RamFlash { inverted: [0; BYTES] }
    }

    /// The bytes from `offset` on, as many as there are.
    fn from(&mut self, offset: u32) -> &mut [u8] {
        self.inverted.get_mut(offset as usize..).unwrap_or_default()
    }
}

impl<const BYTES: usize> Default for RamFlash<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> ErrorType for RamFlash<BYTES> {
    type Error = NorFlashErrorKind;
}

impl<const BYTES: usize> ReadNorFlash for RamFlash<BYTES> {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.iter_mut().zip(self.from(offset)).for_each(|(byte, inverted)| *byte = !*inverted);
        Ok(())
    }

    fn capacity(&self) -> usize {
        BYTES
    }
}

impl<const BYTES: usize> NorFlash for RamFlash<BYTES> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.from(from).iter_mut().take((to - from) as usize).for_each(|inverted| *inverted = 0);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        self.from(offset).iter_mut().zip(bytes).for_each(|(inverted, byte)| *inverted |= !byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_behaves_as_nor_flash() {
        let mut flash = RamFlash::<8192>::new();
        let read = |flash: &mut RamFlash, offset| {
            let mut bytes = [0; 4];
            flash.read(offset, &mut bytes).map(|()| bytes)
        };
        assert_eq!(read(&mut flash, 4096), Ok([0xff; 4]));
        flash.write(4096, &[0b1010, 0, 0xff, 1]).unwrap();
        flash.write(4096, &[0b0110, 1, 0xff, 1]).unwrap();
        assert_eq!(read(&mut flash, 4096), Ok([0b0010, 0, 0xff, 1]));
        flash.erase(0, 4096).unwrap();
        assert_eq!(read(&mut flash, 4096), Ok([0b0010, 0, 0xff, 1]));
        flash.erase(4096, 8192).unwrap();
        assert_eq!(read(&mut flash, 4096), Ok([0xff; 4]));
    }

    #[test]
    fn what_is_askew_or_outside_is_an_error() {
        let mut flash = RamFlash::<8192>::new();
        assert_eq!(flash.write(2, &[0; 4]), Err(NorFlashErrorKind::NotAligned));
        assert_eq!(flash.write(0, &[0; 3]), Err(NorFlashErrorKind::NotAligned));
        assert_eq!(flash.write(8192, &[0; 4]), Err(NorFlashErrorKind::OutOfBounds));
        assert_eq!(flash.read(8186, &mut [0; 4]), Err(NorFlashErrorKind::NotAligned));
        assert_eq!(flash.read(8192, &mut [0; 4]), Err(NorFlashErrorKind::OutOfBounds));
        assert_eq!(flash.erase(4, 4096), Err(NorFlashErrorKind::NotAligned));
    }
}
