//! NOR flash that loses its power, or fails, at any write or erase, and in the middle of it.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

use crate::mutation::Dice;

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// Bytes that are written at once.
const WORD: usize = 4;

/// What goes wrong at an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power is cut before it begins.
    CutBefore,
    /// The power is cut in the middle: words are half written, a page is erased in part.
    CutWithin,
    /// The power is cut when it is done, and nobody is told.
    CutAfter,
    /// It fails and does nothing.
    FailBefore,
    /// It fails in the middle.
    FailWithin,
}

/// The flash; its clones are the same one.
#[derive(Clone)]
pub struct Flash(Rc<RefCell<Medium>>);

struct Medium {
    bytes: Vec<u8>,
    /// Writes and erases from now on until the fault.
    left: Option<(usize, Fault)>,
    operations: usize,
    /// Those of them that were erases.
    erases: Vec<usize>,
    is_cut: bool,
    dice: Dice,
}

/// The flash has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

impl NorFlashError for Failed {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl Flash {
    /// Erased, of so many pages.
    pub fn new(pages: usize, seed: u64) -> Self {
        Flash::with(vec![0xff; pages * PAGE], seed)
    }

    /// With these bytes on it.
    pub fn with(bytes: Vec<u8>, seed: u64) -> Self {
        let dice = Dice::new(seed | 1);
        Flash(Rc::new(RefCell::new(Medium {
            bytes,
            left: None,
            operations: 0,
            erases: Vec::new(),
            is_cut: false,
            dice,
        })))
    }

    /// Another flash with the same bytes.
    pub fn copy(&self) -> Self {
        Flash::with(self.bytes(), 1)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.borrow().bytes.clone()
    }

    pub fn size(&self) -> u32 {
        self.0.borrow().bytes.len() as u32
    }

    /// Writes and erases so far.
    pub fn operations(&self) -> usize {
        self.0.borrow().operations
    }

    /// Which operations were erases.
    pub fn erases(&self) -> Vec<usize> {
        self.0.borrow().erases.clone()
    }

    /// Lets it go wrong after so many operations.
    pub fn fail_after(&self, operations: usize, fault: Fault) {
        self.0.borrow_mut().left = Some((operations, fault));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        let mut medium = self.0.borrow_mut();
        medium.left = None;
        medium.is_cut = false;
    }

    /// Whether the power is cut.
    pub fn is_cut(&self) -> bool {
        self.0.borrow().is_cut
    }

    /// Does `whole` or, in the middle of which the power is cut, `part`.
    async fn operate(
        &mut self,
        whole: impl FnOnce(&mut Medium),
        part: impl FnOnce(&mut Medium),
    ) -> Result<(), Failed> {
        match self.0.borrow_mut().operate(whole, part) {
            None => return Ok(()),
            Some(Fault::FailBefore | Fault::FailWithin) => return Err(Failed),
            Some(_) => {}
        }
        pending().await
    }
}

impl Medium {
    fn operate(
        &mut self,
        whole: impl FnOnce(&mut Medium),
        part: impl FnOnce(&mut Medium),
    ) -> Option<Fault> {
        let fault = self.next_fault();
        match fault {
            None | Some(Fault::CutAfter) => whole(self),
            Some(Fault::CutWithin | Fault::FailWithin) => part(self),
            Some(Fault::CutBefore | Fault::FailBefore) => {}
        }
        let cuts = [Fault::CutBefore, Fault::CutWithin, Fault::CutAfter];
        self.is_cut |= fault.is_some_and(|fault| cuts.contains(&fault));
        fault
    }

    fn next_fault(&mut self) -> Option<Fault> {
        self.operations += 1;
        let (left, fault) = self.left?;
        self.left = left.checked_sub(1).map(|left| (left, fault));
        (left == 0).then_some(fault)
    }

    /// A write can only clear bits. A word is written once between two erasures, but for the marks
    /// of a page, which are written again if the power was cut in the middle.
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let place = &mut self.bytes[at..at + bytes.len()];
        let is_mark = bytes == [0; WORD];
        let is_erased = place.iter().all(|byte| *byte == 0xff);
        assert!(is_erased || is_mark, "a word is written twice at {at}");
        place.copy_from_slice(bytes);
    }

    /// Some words, and a part of the next one's bits.
    fn write_part(&mut self, at: usize, bytes: &[u8]) {
        let whole = self.dice.below(bytes.len() / WORD) * WORD;
        self.write(at, &bytes[..whole]);
        for (offset, byte) in bytes.iter().enumerate().skip(whole).take(WORD) {
            self.bytes[at + offset] &= byte | self.dice.below(256) as u8;
        }
    }

    /// What is left of a page is undefined: its front may be erased, all of it may be zeros, as some
    /// flashes make it first, or each of its bits may be erased with some probability.
    fn erase_part(&mut self, from: usize, to: usize) {
        let (kind, percent) = (self.dice.below(4), self.dice.below(101));
        match kind {
            0 => {
                let end = from + self.dice.below((to - from) / WORD) * WORD;
                self.bytes[from..end].fill(0xff);
                return;
            }
            1 => self.bytes[from..to].fill(0),
            _ => {}
        }
        for at in from..to {
            let risen = |_| self.dice.below(100) < percent;
            self.bytes[at] |= (0..8).map(risen).fold(0, |bits, bit| bits << 1 | u8::from(bit));
        }
    }
}

impl ErrorType for Flash {
    type Error = Failed;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failed> {
        let at = offset as usize;
        bytes.copy_from_slice(&self.0.borrow().bytes[at..at + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.borrow().bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Failed> {
        let (from, to) = (from as usize, to as usize);
        let operation = self.operations();
        self.0.borrow_mut().erases.push(operation);
        let whole = |medium: &mut Medium| medium.bytes[from..to].fill(0xff);
        self.operate(whole, |medium| medium.erase_part(from, to)).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failed> {
        let at = offset as usize;
        let whole = |medium: &mut Medium| medium.write(at, bytes);
        self.operate(whole, |medium| medium.write_part(at, bytes)).await
    }
}
