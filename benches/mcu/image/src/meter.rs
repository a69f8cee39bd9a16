//! What a piece of work takes, as a line of text. Without `core::fmt`, which would be in every image.

use embedded_x402_rehearsal::stack::Stack;

use crate::machine::{self, Count};

/// Measures work, and tells about it.
pub struct Meter {
    stack: Stack,
}

impl Meter {
    /// On the machine that it runs on.
    pub fn start() -> Self {
        machine::start();
        Meter { stack: embedded_x402_qemu::stack() }
    }

    /// Does the work, and writes what it took, by the name of the scenario and that of the part.
    pub fn measure<R>(&mut self, scenario: &str, part: &str, work: impl FnOnce() -> R) -> R {
        self.stack.paint();
        let depth = self.stack.depth();
        let before = machine::count();
        let result = within(work);
        let Count { instructions, cycles, misses } = machine::count().since(before);
        let stack = self.stack.high_water().saturating_sub(depth) as u32;
        text("measured ");
        text(scenario);
        text(" ");
        text(part);
        for number in [instructions, cycles, misses, stack] {
            text(" ");
            decimal(number);
        }
        text("\n");
        result
    }

    /// Begins a line of bytes; [`hex`](Self::hex) goes on with it, and [`end`](Self::end) ends it.
    pub fn begin(&mut self, name: &str) {
        text("bytes ");
        text(name);
        text(" ");
    }

    /// Writes bytes.
    pub fn hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                machine::write(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
            }
        }
    }

    /// Ends a line of bytes.
    pub fn end(&mut self) {
        text("\n");
    }
}

/// A frame of its own: what lies above is not the work's.
#[inline(never)]
fn within<R>(work: impl FnOnce() -> R) -> R {
    work()
}

fn text(text: &str) {
    text.bytes().for_each(machine::write);
}

fn decimal(number: u32) {
    let mut digits = [b'0'; 10];
    let mut rest = number;
    let mut first = digits.len() - 1;
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        if *digit != b'0' {
            first = index;
        }
    }
    digits.iter().skip(first).for_each(|digit| machine::write(*digit));
}
