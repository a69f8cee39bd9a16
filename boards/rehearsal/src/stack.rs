//! How much stack was used: it is painted at first, and looked at later.
//!
//! This is the one module with `unsafe` code: it writes to and reads from the memory below the
//! stack pointer, which belongs to nobody.
#![allow(unsafe_code)]

/// What unused stack is painted with.
const PAINT: u32 = 0xa5c3_3c5a;

/// Bytes below a frame of this module that are left alone.
const MARGIN: usize = 256;

/// The memory of a stack that grows downwards, on one core.
#[derive(Debug)]
pub struct Stack {
    bottom: *mut u32,
    top: *mut u32,
}

impl Stack {
    /// The stack from `bottom` up to `top`, as the linker script has them.
    ///
    /// # Safety
    /// Both must be aligned to 4 bytes, the memory between them must be RAM, and below the stack
    /// pointer nothing else may live there as long as this value does: no heap, no statics, no
    /// other stack. Interrupts may run on it.
    pub const unsafe fn new(bottom: *mut u32, top: *mut u32) -> Self {
        Stack { bottom, top }
    }

    /// Paints what is unused now.
    #[inline(never)]
    pub fn paint(&mut self) {
        let here = 0_u32;
        let here = (&raw const here).cast_mut().wrapping_byte_sub(MARGIN);
        let mut word = self.bottom;
        while word < self.top && word < here {
            // SAFETY: `new` was promised that this is RAM, and it is below the stack pointer.
            unsafe { word.write_volatile(PAINT) };
            word = word.wrapping_add(1);
        }
    }

    /// Bytes from the top to here, within a few.
    #[inline(never)]
    pub fn depth(&self) -> usize {
        let here = 0_u32;
        (self.top as usize).saturating_sub((&raw const here) as usize)
    }

    /// Bytes from the top to the deepest place that was written since the stack was painted.
    ///
    /// What was reserved but never written at the very bottom does not count.
    #[inline(never)]
    pub fn high_water(&self) -> usize {
        let mut word = self.bottom;
        // SAFETY: `new` was promised that this is RAM.
        while word < self.top && unsafe { word.read_volatile() } == PAINT {
            word = word.wrapping_add(1);
        }
        (self.top as usize) - (word as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of the test's own stack stands for one, far below the frame of `paint`'s caller.
    #[test]
    fn the_deepest_write_counts() {
        let mut words = std::vec![7_u32; 4096];
        let range = words.as_mut_ptr_range();
        // SAFETY: nothing but this test uses the memory.
        let mut stack = unsafe { Stack::new(range.start, range.end) };
        assert_eq!(stack.high_water(), 4096 * 4);
        stack.paint();
        assert_eq!(stack.high_water(), 0);
        // SAFETY: within the memory.
        unsafe { range.start.add(4000).write_volatile(1) };
        assert_eq!(stack.high_water(), 96 * 4);
        unsafe { range.start.add(100).write_volatile(1) };
        assert_eq!(stack.high_water(), 3996 * 4);
    }

    extern crate std;
}
