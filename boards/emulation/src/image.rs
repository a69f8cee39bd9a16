//! An image: its sizes, and whose multiplication is in it.

use std::path::Path;

use object::elf::{SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE};
use object::{Architecture, Object, ObjectSection, ObjectSymbol, SectionFlags};

/// What an image takes of the chip, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// What it runs on.
    pub(crate) architecture: Architecture,
    /// Code.
    pub(crate) text: u64,
    /// Constants, and the initial values of statics.
    pub(crate) rodata: u64,
    /// Statics, the stack left out.
    pub(crate) static_ram: u64,
    /// Whether long numbers are multiplied by Rust's routine, though the crate has a faster one.
    pub(crate) multiplies_slowly: bool,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// The file can't be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// It is no image.
    #[error("{0}: {1}")]
    Format(String, object::Error),
}

/// What linker scripts call the room that is left for the stack and the heap.
const ROOM: [&str; 2] = [".stack", ".heap"];

/// The routine that multiplies 64-bit numbers where no instruction does.
const MULTIPLICATION: &str = "__aeabi_lmul";

/// The same of the feature `fast-multiply`.
const FAST_MULTIPLICATION: &str = "embedded_x402_lmul";

/// Whether the routine at this address, or one on from it as Thumb code is called, is the crate's.
fn is_fast(file: &object::File<'_>, address: u64) -> bool {
    let fast = file.symbol_by_name(FAST_MULTIPLICATION);
    fast.is_some_and(|fast| fast.address() | 1 == address | 1)
}

impl Image {
    /// Reads an ELF file.
    pub(crate) fn read(path: &Path) -> Result<Self, ImageError> {
        let name = || path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| ImageError::File(name(), error))?;
        let file = object::File::parse(bytes.as_slice())
            .map_err(|error| ImageError::Format(name(), error))?;
        let mut image = Image {
            architecture: file.architecture(),
            text: 0,
            rodata: 0,
            static_ram: 0,
            multiplies_slowly: file
                .symbol_by_name(MULTIPLICATION)
                .is_some_and(|routine| !is_fast(&file, routine.address())),
        };
        for section in file.sections() {
            let is_room = section.name().is_ok_and(|name| ROOM.contains(&name));
            if let SectionFlags::Elf { sh_flags } = section.flags()
                && !is_room
            {
                image.count(sh_flags, section.size(), section.file_range().is_some());
            }
        }
        Ok(image)
    }

    fn count(&mut self, flags: u64, size: u64, has_bytes: bool) {
        let is = |flag: u32| flags & u64::from(flag) != 0;
        if !is(SHF_ALLOC) {
            return;
        }
        if is(SHF_EXECINSTR) {
            self.text += size;
        } else if is(SHF_WRITE) {
            self.static_ram += size;
            self.rodata += if has_bytes { size } else { 0 };
        } else {
            self.rodata += size;
        }
    }
}
