//! Pages of flash that are known to have been erased to the end.
//!
//! What a page holds whose erasure was cut by a loss of power is undefined: it may look like one in
//! use, with old items or none. So each page ends with a seal of two parts. The first is erased while
//! the page is good, and is written full just before the page is erased; the second is written when
//! it has been erased. Nothing in between makes the first look erased and leaves the second whole: a
//! page without both is erased again before anything is read from it.
//!
//! Some bits of a seal may be wrong, so that rot does not cost a page.

use core::ops::Range;

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// The second part of the seal.
const SEAL: [u8; PART] = *b"embedded-x402 journal, page 1.0.";

/// Bytes of each part: a multiple of every flash's word.
const PART: usize = 32;

/// Bits of a part that may be wrong.
const ROT: u32 = 16;

/// Whole pages of `flash`, each without its seal, one behind the other.
pub(super) struct SealedPages<F> {
    flash: F,
    range: Range<u32>,
    /// Whether all pages are known to be sealed.
    is_recovered: bool,
}

/// Why the pages are of no use.
pub(super) enum PageError<E> {
    /// None of them is sealed, and they are not empty: somebody else wrote there.
    Foreign,
    Flash(E),
}

impl<E> From<E> for PageError<E> {
    fn from(error: E) -> Self {
        PageError::Flash(error)
    }
}

impl<F: NorFlash> SealedPages<F> {
    /// `None` if the range is not of whole pages, or the flash's words are longer than 32 bytes.
    pub(super) fn new(flash: F, range: Range<u32>) -> Option<Self> {
        let page = u32::try_from(F::ERASE_SIZE).ok()?;
        let is_whole = range.start.is_multiple_of(page) && range.end.is_multiple_of(page);
        let has_words = PART.is_multiple_of(F::WRITE_SIZE) && PART.is_multiple_of(F::READ_SIZE);
        let is_usable = is_whole && has_words && F::ERASE_SIZE > 4 * PART && !range.is_empty();
        is_usable.then_some(SealedPages { flash, range, is_recovered: false })
    }

    /// The range of what is left for items.
    pub(super) fn content(&self) -> Range<u32> {
        0..self.count() * Self::ERASE_SIZE as u32
    }

    pub(super) fn into_flash(self) -> F {
        self.flash
    }

    /// Ends the erasures that were cut. Where no page was ever sealed, and nothing else was written,
    /// it seals them all.
    pub(super) async fn recover(&mut self) -> Result<(), PageError<F::Error>> {
        if self.is_recovered {
            return Ok(());
        }
        let (mut has_sealed, mut is_empty) = (false, true);
        for page in 0..self.count() {
            has_sealed |= self.is_sealed(page).await?;
            is_empty &= self.is_empty(page).await?;
        }
        if !has_sealed && !is_empty {
            return Err(PageError::Foreign);
        }
        for page in 0..self.count() {
            if !has_sealed && self.is_blank(page).await? {
                // Its very first use: an erasure that is cut would leave what looks like somebody's.
                self.seal(page).await?;
            } else if !self.is_sealed(page).await? {
                self.erase_page(page).await?;
            }
        }
        self.is_recovered = true;
        Ok(())
    }

    fn count(&self) -> u32 {
        (self.range.end - self.range.start) / F::ERASE_SIZE as u32
    }

    fn address(&self, page: u32) -> u32 {
        self.range.start + page * F::ERASE_SIZE as u32
    }

    /// Where an address of the content is in the flash.
    fn place(&self, offset: u32) -> u32 {
        let length = Self::ERASE_SIZE as u32;
        self.address(offset / length) + offset % length
    }

    /// Where a page's seal begins.
    fn seal_address(&self, page: u32) -> u32 {
        self.address(page) + Self::ERASE_SIZE as u32
    }

    async fn is_sealed(&mut self, page: u32) -> Result<bool, F::Error> {
        let address = self.seal_address(page);
        let (mut first, mut second) = ([0; PART], [0; PART]);
        self.flash.read(address, &mut first).await?;
        self.flash.read(address + PART as u32, &mut second).await?;
        Ok(differing_bits(&first, &[0xff; PART]) <= ROT && differing_bits(&second, &SEAL) <= ROT)
    }

    /// Whether nothing was ever written to it, but for the second part of the seal.
    async fn is_empty(&mut self, page: u32) -> Result<bool, F::Error> {
        self.is_erased(self.address(page)..self.seal_address(page) + PART as u32).await
    }

    /// Whether nothing was ever written to it.
    async fn is_blank(&mut self, page: u32) -> Result<bool, F::Error> {
        self.is_erased(self.address(page)..self.address(page + 1)).await
    }

    async fn is_erased(&mut self, range: Range<u32>) -> Result<bool, F::Error> {
        for address in range.step_by(PART) {
            let mut part = [0; PART];
            self.flash.read(address, &mut part).await?;
            if part != [0xff; PART] {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes the first part of a seal, but for words that a write has reached before.
    async fn break_seal(&mut self, address: u32) -> Result<(), F::Error> {
        let mut part = [0; PART];
        self.flash.read(address, &mut part).await?;
        for (address, word) in (address..).step_by(F::WRITE_SIZE).zip(part.chunks(F::WRITE_SIZE)) {
            if word.iter().all(|byte| *byte == 0xff) {
                let zeros = [0; PART];
                self.flash.write(address, zeros.get(..word.len()).unwrap_or_default()).await?;
            }
        }
        Ok(())
    }

    async fn erase_page(&mut self, page: u32) -> Result<(), F::Error> {
        let (start, seal) = (self.address(page), self.seal_address(page));
        if self.is_sealed(page).await? {
            self.break_seal(seal).await?;
        }
        self.flash.erase(start, start + F::ERASE_SIZE as u32).await?;
        self.seal(page).await
    }

    /// Writes the second part of a seal.
    async fn seal(&mut self, page: u32) -> Result<(), F::Error> {
        self.flash.write(self.seal_address(page) + PART as u32, &SEAL).await
    }
}

fn differing_bits(one: &[u8; PART], other: &[u8; PART]) -> u32 {
    one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum()
}

impl<F: NorFlash> ErrorType for SealedPages<F> {
    type Error = F::Error;
}

impl<F: NorFlash> ReadNorFlash for SealedPages<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.flash.read(self.place(offset), bytes).await
    }

    fn capacity(&self) -> usize {
        self.content().end as usize
    }
}

impl<F: NorFlash> NorFlash for SealedPages<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE.saturating_sub(2 * PART);

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        // Until the end of it, whoever fails or is dropped leaves a page that is to be erased again.
        self.is_recovered = false;
        let length = Self::ERASE_SIZE as u32;
        for page in from / length..to / length {
            self.erase_page(page).await?;
        }
        self.is_recovered = true;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.flash.write(self.place(offset), bytes).await
    }
}
