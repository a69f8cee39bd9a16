//! The flash: where the key record is, and the number that tells boards apart.

use embassy_rp::flash::{Blocking, Error};
use embassy_rp::peripherals::FLASH;

/// Bytes of flash on the boards.
pub const SIZE: usize = 2 * 1024 * 1024;

/// Where the key record is, from the start of the flash: its last sector, which `memory.x` leaves
/// out of the image.
pub const KEY_RECORD: u32 = (SIZE - embassy_rp::flash::ERASE_SIZE) as u32;

/// The flash.
pub type Flash = embassy_rp::flash::Flash<'static, FLASH, Blocking, SIZE>;

/// A MAC address for a board that has none: made from the flash chip's unique number, and marked as
/// locally administered.
///
/// # Errors
/// The flash can't be read.
pub fn mac_address(flash: &mut Flash) -> Result<[u8; 6], Error> {
    let mut number = [0; 8];
    flash.blocking_unique_id(&mut number)?;
    let [.., a, b, c, d, e] = number;
    Ok([0x02, a, b, c, d, e])
}
