//! The flash: where the key record and the journal are, and the number that tells boards apart.
//!
//! **Writing.** The program runs from the same flash. While a sector is erased or a page is written,
//! interrupts are off, DMA from flash has been waited for, and what runs is in RAM: the whole chip
//! stands still. A page takes 0.4 ms and 3 ms at worst, a sector 45 ms and 400 ms at worst, by the
//! datasheet of the W25Q16JV. One payment writes about 1.5 KiB in some pages, and every third one
//! erases a sector. Meanwhile frames wait in the buffers of the network's chip, or are lost and sent
//! again; the timer counts on, what is due comes late, and the LED stands still.

use core::ops::Range;

use embassy_rp::flash::{Blocking, ERASE_SIZE, Error};
use embassy_rp::peripherals::FLASH;
use embedded_x402_app::{BlockingAsync, JournalFlash};

/// Bytes of flash on the boards.
pub const SIZE: usize = 2 * 1024 * 1024;

/// Where the key record is, from the start of the flash: its last sector, which `memory.x` leaves
/// out of the image.
pub const KEY_RECORD: u32 = (SIZE - ERASE_SIZE) as u32;

/// Where the journal is: the four sectors before that.
pub const JOURNAL: Range<u32> = KEY_RECORD - 4 * ERASE_SIZE as u32..KEY_RECORD;

/// The flash.
pub type Flash = embassy_rp::flash::Flash<'static, FLASH, Blocking, SIZE>;

/// The flash as a board's program wants it: for the journal.
pub(crate) fn journal(flash: Flash) -> JournalFlash<BlockingAsync<Flash>> {
    JournalFlash { flash: BlockingAsync::new(flash), pages: JOURNAL }
}

/// A MAC address made from the flash chip's unique number, and marked as locally administered.
pub(crate) fn mac_address(flash: &mut Flash) -> Result<[u8; 6], Error> {
    let mut number = [0; 8];
    flash.blocking_unique_id(&mut number)?;
    let [.., a, b, c, d, e] = number;
    Ok([0x02, a, b, c, d, e])
}
