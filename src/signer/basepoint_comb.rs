//! Multiples of Ed25519's base point by a signed comb, with the curve arithmetic of `curve25519-dalek`.
//!
//! A secret scalar is written in 255 digits that are 1 or -1, never 0. In seventeen rounds, with a doubling
//! between two of them, each block of the comb adds the digits that stand [`SPACING`] apart: one of [`ENTRIES`]
//! points, or its
//! negative. Which one is a secret: every entry is read, and nothing is branched on. A mask that is made of a
//! secret bit by arithmetic is not enough for that, since compilers make branches of it: `subtle` hides the bit.
//!
//! Source: M. Hamburg, "Fast and compact elliptic-curve cryptography" (IACR ePrint 2012/309), section 3.3.

use curve25519_dalek::{EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT};
use group::Group as _;
use subtle::{
    Choice, ConditionallyNegatable as _, ConditionallySelectable as _, ConstantTimeEq as _,
};
use zeroize::Zeroizing;

/// Digits that one entry stands for.
const TEETH: usize = 5;

/// Digits between two of them.
const SPACING: usize = 17;

/// Combs side by side, which share the doublings.
const BLOCKS: usize = 3;

/// The highest digit of an entry is always 1: the negatives are not kept.
const ENTRIES: usize = 1 << (TEETH - 1);

const DIGITS: usize = TEETH * SPACING * BLOCKS;

// Enough for an odd scalar below twice the group's order, and bytes enough for the digits, and for an entry's.
const _: () = assert!(DIGITS > 254 && DIGITS <= 256 && TEETH <= 8);

type Entries = [EdwardsPoint; ENTRIES];

/// The memory of a [`BasepointComb`]: 48 multiples of the base point in 7,684 bytes of RAM, none of them a
/// secret.
///
/// Where a program keeps it in a `static`, it takes no flash, and no stack.
pub struct CombMemory(heapless::Vec<EdwardsPoint, { BLOCKS * ENTRIES }, u8>);

/// Multiples of the base point, to sign with: one comb serves any number of
/// [`CombSigner`](super::CombSigner)s.
#[derive(Clone, Copy)]
pub struct BasepointComb<'m> {
    blocks: &'m [Entries],
}

impl Default for CombMemory {
    fn default() -> Self {
        Self::new()
    }
}

impl CombMemory {
    /// Without a comb.
    #[must_use]
    pub const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// Computes the multiples, in the time of two to three signatures.
    pub fn fill(&mut self) -> BasepointComb<'_> {
        let Self(points) = self;
        points.clear();
        let resized = points.resize(points.capacity(), EdwardsPoint::default());
        debug_assert!(resized.is_ok(), "a vector takes what its capacity says");
        let (blocks, _) = points.as_chunks_mut();
        let mut tooth = ED25519_BASEPOINT_POINT;
        blocks.iter_mut().for_each(|entries| fill(entries, &mut tooth));
        BasepointComb { blocks }
    }
}

impl BasepointComb<'_> {
    /// The base point times `scalar`, in a time that does not depend on it.
    pub(super) fn multiply(&self, scalar: &Scalar) -> EdwardsPoint {
        let digits = Digits::of(scalar);
        let add = |sum, step| self.add(sum, &digits, step);
        let highest = add(EdwardsPoint::default(), SPACING - 1);
        (0..SPACING - 1).rev().fold(highest, |sum, step| add(sum.double(), step))
    }

    fn add(&self, sum: EdwardsPoint, digits: &Digits, step: usize) -> EdwardsPoint {
        let blocks = self.blocks.iter().enumerate();
        blocks
            .fold(sum, |sum, (block, entries)| sum + select(entries, digits.of_entry(block, step)))
    }
}

/// Makes a block whose lowest tooth is `tooth`, and leaves there the lowest tooth of the next block.
///
/// The highest tooth is in every sum, and each other one is added or taken away: bit `i` of an entry's index
/// says that tooth `i` is added.
fn fill(entries: &mut Entries, tooth: &mut EdwardsPoint) {
    for bit in 0..TEETH - 1 {
        let (without, with) = entries.split_at_mut_checked(1 << bit).unwrap_or_default();
        for (without, with) in without.iter_mut().zip(with) {
            *with = *without + *tooth;
            *without -= *tooth;
        }
        *tooth = next(tooth);
    }
    entries.iter_mut().for_each(|entry| *entry += *tooth);
    *tooth = next(tooth);
}

fn next(tooth: &EdwardsPoint) -> EdwardsPoint {
    (0..SPACING).fold(*tooth, |point, _| point.double())
}

/// The point that five digits stand for.
fn select(entries: &Entries, digits: u8) -> EdwardsPoint {
    let highest = digits >> (TEETH - 1);
    let negative = Choice::from(highest ^ 1);
    // With a highest digit of -1 the point is the negative of that with all digits turned.
    let index = u8::conditional_select(&digits, &!digits, negative) & (ENTRIES as u8 - 1);
    let [first, others @ ..] = entries;
    let mut point = *first;
    for (candidate, entry) in (1..).zip(others) {
        point.conditional_assign(entry, index.ct_eq(&candidate));
    }
    point.conditional_negate(negative);
    point
}

/// The order of the group, its lowest byte first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The digits of a scalar, the lowest first: a bit is 1 for 1, and 0 for -1.
struct Digits(Zeroizing<[u8; 32]>);

impl Digits {
    fn of(scalar: &Scalar) -> Self {
        let mut bytes = Zeroizing::new(scalar.to_bytes());
        make_odd(&mut bytes);
        halve(&mut bytes);
        // An odd number n is the sum of the digits (n + 2^255 - 1) / 2.
        let [.., last] = &mut *bytes;
        *last |= 1 << ((DIGITS - 1) % 8);
        Self(bytes)
    }

    fn of_entry(&self, block: usize, step: usize) -> u8 {
        (0..TEETH).rev().fold(0, |digits, tooth| {
            let at = (block * TEETH + tooth) * SPACING + step;
            let byte = self.0.get(at / 8).copied().unwrap_or_default();
            digits << 1 | byte >> (at % 8) & 1
        })
    }
}

/// Adds the order of the group to an even number: the same scalar, and odd.
fn make_odd(bytes: &mut [u8; 32]) {
    let [first, ..] = *bytes;
    let even = Choice::from(!first & 1);
    let mut carry = 0;
    for (byte, order) in bytes.iter_mut().zip(ORDER) {
        let order = u8::conditional_select(&0, &order, even);
        let sum = u16::from(*byte) + u16::from(order) + u16::from(carry);
        [*byte, carry] = sum.to_le_bytes();
    }
}

fn halve(bytes: &mut [u8; 32]) {
    let mut above = 0;
    for byte in bytes.iter_mut().rev() {
        let bits = *byte;
        *byte = bits >> 1 | above << 7;
        above = bits & 1;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::boxed::Box;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static COMB: LazyLock<BasepointComb<'static>> =
        LazyLock::new(|| Box::leak(Box::new(CombMemory::new())).fill());

    #[track_caller]
    fn check(scalar: Scalar) {
        assert_eq!(COMB.multiply(&scalar), EdwardsPoint::mul_base(&scalar));
    }

    #[test]
    fn scalars_at_the_edges() {
        for scalar in [Scalar::ZERO, Scalar::ONE, Scalar::from(2_u8)] {
            check(scalar);
            check(-scalar);
            check(-scalar - Scalar::ONE);
        }
    }

    #[test]
    fn every_power_of_two_and_its_neighbours() {
        let mut power = Scalar::ONE;
        for _ in 0..253 {
            check(power);
            check(power - Scalar::ONE);
            check(-power);
            power += power;
        }
    }

    #[test]
    fn the_order_is_that_of_the_group() {
        let largest = -Scalar::ONE;
        let mut bytes = largest.to_bytes();
        bytes[0] += 1;
        assert_eq!(bytes, ORDER);
    }

    #[test]
    fn filling_again_makes_the_same() {
        let mut memory = CombMemory::new();
        let _ = memory.fill();
        let scalar = Scalar::from(0x0402_u16);
        assert_eq!(memory.fill().multiply(&scalar), EdwardsPoint::mul_base(&scalar));
    }

    proptest! {
        #[test]
        fn any_scalar(bytes: [u8; 32]) {
            check(Scalar::from_bytes_mod_order(bytes));
        }
    }
}
