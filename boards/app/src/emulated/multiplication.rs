//! Whether a target multiplies right: a core without a long multiplication has a routine for it, and
//! cryptography relies on it.

use core::fmt;
use core::hint::black_box;

/// Numbers about the bounds of bits, half words and words, each of which is tried with each.
const BOUNDS: [u64; 24] = [
    0,
    1,
    2,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x1_0001,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x1_ffff_ffff,
    0xffff_0000_ffff,
    0xffff_ffff_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xaaaa_aaaa_5555_5555,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// Pairs of other numbers.
const SCATTERED: usize = 4096;

/// A product that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongProduct {
    factors: [u64; 2],
    product: u64,
}

impl fmt::Display for WrongProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.factors;
        write!(f, "{a:#x} * {b:#x} is not {:#x}", self.product)
    }
}

/// Compares products with sums of shifted numbers, which need no multiplication, and tells how many
/// were right.
///
/// # Errors
/// The first that is wrong.
pub fn check() -> Result<usize, WrongProduct> {
    check_with(|a, b| black_box(a).wrapping_mul(black_box(b)))
}

fn check_with(multiply: impl Fn(u64, u64) -> u64) -> Result<usize, WrongProduct> {
    let mut right = 0;
    for [a, b] in pairs() {
        let product = multiply(a, b);
        if product != long_multiplication(a, b) {
            return Err(WrongProduct { factors: [a, b], product });
        }
        right += 1;
    }
    Ok(right)
}

fn pairs() -> impl Iterator<Item = [u64; 2]> {
    let bounds = BOUNDS.into_iter().flat_map(|a| BOUNDS.map(|b| [a, b]));
    let mut numbers = scattered();
    let scattered = (0..SCATTERED).map_while(move |_| Some([numbers.next()?, numbers.next()?]));
    bounds.chain(scattered)
}

/// Marsaglia's xorshift, every other number cut to a word: most products are of words.
fn scattered() -> impl Iterator<Item = u64> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    core::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 1 == 0 { state } else { state >> 32 }
    })
}

/// Bit by bit.
fn long_multiplication(a: u64, b: u64) -> u64 {
    (0..u64::BITS).fold(0, |sum: u64, bit| {
        let summand = if b >> bit & 1 == 1 { a << bit } else { 0 };
        sum.wrapping_add(summand)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_multiplies_right() {
        assert_eq!(check(), Ok(BOUNDS.len() * BOUNDS.len() + SCATTERED));
    }

    #[test]
    fn pairs_are_of_words_and_of_long_numbers() {
        let words = pairs().filter(|pair| pair.iter().all(|number| *number <= 0xffff_ffff)).count();
        assert!((1000..3000).contains(&words), "{words}");
    }

    /// Each mistake that such a routine can make is found: a part left out, a carry lost.
    #[test]
    fn a_wrong_product_is_found() {
        let mistakes: [fn(u64, u64) -> u64; 4] = [
            |a, b| (a & 0xffff_ffff).wrapping_mul(b),
            |a, b| a.wrapping_mul(b & 0xffff_ffff),
            |a, b| a.wrapping_mul(b) & 0xffff_ffff,
            lose_a_carry,
        ];
        for mistake in mistakes {
            let wrong = check_with(mistake).unwrap_err();
            let [a, b] = wrong.factors;
            assert_eq!(wrong.product, mistake(a, b));
            assert_ne!(wrong.product, a.wrapping_mul(b));
        }
    }

    /// The sum of the two middle products of half words, without its 33rd bit.
    fn lose_a_carry(a: u64, b: u64) -> u64 {
        let half = |number: u64, index: u32| number >> (16 * index) & 0xffff;
        let (first, second) = (half(a, 1) * half(b, 0), half(a, 0) * half(b, 1));
        let lost = (first + second) >> 32 << 48;
        a.wrapping_mul(b).wrapping_sub(lost)
    }
}
