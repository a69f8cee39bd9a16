//! Whether 32 bytes are a point of Ed25519's curve, as Solana asks it.
//!
//! An address that a program derives must have no secret key, so Solana wants
//! its bytes to be no point at all: they must fail to decompress. Points outside
//! the prime-order subgroup, small-order points and unreduced encodings all
//! decompress, hence all count as on the curve; a stricter check from a
//! signature library derives wrong accounts for about half of all wallets.
//!
//! The bytes hold y (bit 255 is the sign of x and decides nothing). On the curve
//! −x² + y² = 1 + d·x²·y² that leaves x² = u/v with u = y² − 1 and v = d·y² + 1,
//! where v is never zero because −1/d is no square. So the bytes decompress
//! exactly if u/v is a square modulo p, and u/v = (u·v)/v² is one if u·v is.
//!
//! Whether u·v is a square is its Jacobi symbol over p, computed by shifting,
//! swapping and subtracting as in a binary gcd: a tenth of the work of the
//! exponentiation that libraries use, on a core with a 32-bit multiplier. Its
//! time depends on the input, which is always a public address here.
//!
//! Sources: RFC 8032, section 5.1.3; Cohen, "A Course in Computational Algebraic
//! Number Theory", algorithm 1.4.10; curve25519-dalek's `decompress`, which the
//! Solana runtime calls.

use core::mem;

/// Whether Solana decompresses `bytes` to a point of the curve. Not constant
/// time: for public data only.
pub fn is_on_curve(bytes: &[u8; 32]) -> bool {
    let y = Uint256::from_le_bytes(bytes).without_top_bit();
    let y_squared = y.multiply_mod_p(&y);
    let u = y_squared.decrement_mod_p();
    let v = y_squared.multiply_mod_p(&D).increment();
    is_square_mod_p(u.multiply_mod_p(&v))
}

/// Whether `a`, below p, is a square modulo p. Zero is one.
fn is_square_mod_p(mut a: Uint256) -> bool {
    let mut n = P;
    let mut is_square = true;
    while !a.is_zero() {
        // (2/n) = −1 if n ≡ ±3 (mod 8).
        if a.remove_factors_of_two() % 2 == 1 && matches!(n.low() % 8, 3 | 5) {
            is_square = !is_square;
        }
        if a.is_less_than(&n) {
            mem::swap(&mut a, &mut n);
            // (a/n) = −(n/a) if both are ≡ 3 (mod 4): quadratic reciprocity.
            if a.low() % 4 == 3 && n.low() % 4 == 3 {
                is_square = !is_square;
            }
        }
        a.subtract(&n);
    }
    is_square
}

/// p = 2²⁵⁵ − 19.
const P: Uint256 = Uint256([
    0xffff_ffed,
    0xffff_ffff,
    0xffff_ffff,
    0xffff_ffff,
    0xffff_ffff,
    0xffff_ffff,
    0xffff_ffff,
    0x7fff_ffff,
]);

/// d = −121665/121666 mod p.
const D: Uint256 = Uint256([
    0x1359_78a3,
    0x75eb_4dca,
    0x4141_d8ab,
    0x0070_0a4d,
    0x7779_e898,
    0x8cc7_4079,
    0x2b6f_fe73,
    0x5203_6cee,
]);

/// 2²⁵⁶ mod p: what a carry out of the top limb is worth.
const CARRY_MOD_P: u32 = 38;

const LIMBS: usize = 8;

/// An integer below 2²⁵⁶: 32-bit limbs, least significant first.
#[derive(Clone, Copy)]
struct Uint256([u32; LIMBS]);

impl Uint256 {
    fn from_le_bytes(bytes: &[u8; 32]) -> Self {
        let mut limbs = [0; LIMBS];
        let (words, _) = bytes.as_chunks();
        for (limb, word) in limbs.iter_mut().zip(words) {
            *limb = u32::from_le_bytes(*word);
        }
        Self(limbs)
    }

    fn without_top_bit(mut self) -> Self {
        self.0[LIMBS - 1] &= 0x7fff_ffff;
        self
    }

    /// `self * other mod p`, fully reduced.
    fn multiply_mod_p(&self, other: &Self) -> Self {
        let (low, high) = self.multiply(other);
        low.add_carries(&high).reduce()
    }

    /// The 512-bit product as its low and high half, a row per limb of `self`.
    fn multiply(&self, other: &Self) -> (Self, Self) {
        let mut product = [[0; LIMBS]; 2];
        for (row, &factor) in self.0.iter().enumerate() {
            let columns = product.as_flattened_mut().get_mut(row..).unwrap_or_default();
            let Some((columns, [above, ..])) = columns.split_first_chunk_mut::<LIMBS>() else {
                break;
            };
            *above = add_multiple(columns, &other.0, factor);
        }
        let [low, high] = product;
        (Self(low), Self(high))
    }

    /// `self + 2²⁵⁶ * carries` modulo p, below 2²⁵⁶ but not reduced.
    fn add_carries(mut self, carries: &Self) -> Self {
        let mut carry = add_multiple(&mut self.0, &carries.0, CARRY_MOD_P);
        while carry != 0 {
            carry = self.add_small(carry * CARRY_MOD_P);
        }
        self
    }

    fn reduce(mut self) -> Self {
        while !self.is_less_than(&P) {
            self.subtract(&P);
        }
        self
    }

    /// `self - 1 mod p` for `self` below p.
    fn decrement_mod_p(self) -> Self {
        let mut result = if self.is_zero() { P } else { self };
        result.subtract(&Self([1, 0, 0, 0, 0, 0, 0, 0]));
        result
    }

    /// `self + 1` for `self` below p.
    fn increment(mut self) -> Self {
        self.add_small(1);
        self
    }

    /// Adds `value`; returns the carry out of the top limb.
    fn add_small(&mut self, value: u32) -> u32 {
        self.0.iter_mut().fold(value, |carry, limb| {
            let (sum, overflow) = limb.overflowing_add(carry);
            *limb = sum;
            u32::from(overflow)
        })
    }

    /// Subtracts `other`, which is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        for (limb, &subtrahend) in self.0.iter_mut().zip(&other.0) {
            let (difference, underflow) = limb.overflowing_sub(subtrahend);
            let (difference, underflow_of_borrow) = difference.overflowing_sub(u32::from(borrow));
            *limb = difference;
            borrow = underflow | underflow_of_borrow;
        }
    }

    /// Makes a number other than zero odd; returns how many twos went.
    fn remove_factors_of_two(&mut self) -> u32 {
        let mut twos = 0;
        while self.low() == 0 {
            self.drop_low_limb();
            twos += u32::BITS;
        }
        let bits = self.low().trailing_zeros();
        self.shift_right(bits);
        twos + bits
    }

    fn drop_low_limb(&mut self) {
        let mut above = 0;
        for limb in self.0.iter_mut().rev() {
            above = mem::replace(limb, above);
        }
    }

    /// Shifts by less than a limb.
    fn shift_right(&mut self, bits: u32) {
        if bits == 0 {
            return;
        }
        let mut above = 0;
        for limb in self.0.iter_mut().rev() {
            let shifted_in = above << (u32::BITS - bits);
            above = *limb;
            *limb = *limb >> bits | shifted_in;
        }
    }

    fn low(&self) -> u32 {
        self.0[0]
    }

    fn is_zero(&self) -> bool {
        self.0.iter().all(|&limb| limb == 0)
    }

    fn is_less_than(&self, other: &Self) -> bool {
        self.0.iter().rev().lt(other.0.iter().rev())
    }
}

/// Adds `factor * limbs` to the columns; returns the carry out of the top one.
fn add_multiple(columns: &mut [u32; LIMBS], limbs: &[u32; LIMBS], factor: u32) -> u32 {
    columns.iter_mut().zip(limbs).fold(0, |carry, (column, &limb)| {
        let sum = u64::from(factor) * u64::from(limb) + u64::from(*column) + u64::from(carry);
        let (low, high) = split(sum);
        *column = low;
        high
    })
}

/// The low and the high 32 bits.
fn split(value: u64) -> (u32, u32) {
    (value as u32, (value >> 32) as u32)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
    use curve25519_dalek::{Scalar, edwards::CompressedEdwardsY};
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    fn decompresses(bytes: &[u8; 32]) -> bool {
        CompressedEdwardsY(*bytes).decompress().is_some()
    }

    /// With both signs of x.
    fn assert_agrees(mut bytes: [u8; 32]) {
        for _ in 0..2 {
            bytes[31] ^= 0x80;
            assert_eq!(is_on_curve(&bytes), decompresses(&bytes), "{bytes:02x?}");
        }
    }

    fn little_endian(value: u64) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&value.to_le_bytes());
        bytes
    }

    /// 2²⁵⁵ − `value`.
    fn below_the_top(value: u8) -> [u8; 32] {
        let mut bytes = [0xff; 32];
        bytes[0] = 0u8.wrapping_sub(value);
        bytes[31] = 0x7f;
        bytes
    }

    #[test]
    fn small_y() {
        (0..5_000).map(little_endian).for_each(assert_agrees);
    }

    #[test]
    fn y_next_to_p_and_unreduced() {
        (1..=255).map(below_the_top).for_each(assert_agrees);
    }

    #[test]
    fn x_zero_is_on_the_curve_with_either_sign() {
        for y in [little_endian(1), below_the_top(20)] {
            let mut negative = y;
            negative[31] |= 0x80;
            assert!(is_on_curve(&y) && is_on_curve(&negative));
        }
    }

    #[test]
    fn small_order_points_are_on_the_curve() {
        for point in EIGHT_TORSION {
            assert!(is_on_curve(point.compress().as_bytes()));
        }
    }

    #[test]
    fn points_outside_the_prime_order_subgroup_are_on_the_curve() {
        for i in 1..=4_000u64 {
            let torsion = EIGHT_TORSION[1 + (i % 7) as usize];
            let point = ED25519_BASEPOINT_TABLE * &Scalar::from(i * 0x9e37_79b9) + torsion;
            assert!(!point.is_torsion_free());
            assert!(is_on_curve(point.compress().as_bytes()));
        }
    }

    #[test]
    fn hashes_agree_and_half_are_on_the_curve() {
        let mut on_curve = 0;
        for i in 0..8_000u32 {
            let bytes = Sha256::digest(i.to_le_bytes()).into();
            assert_agrees(bytes);
            on_curve += u32::from(is_on_curve(&bytes));
        }
        assert!((3_600..4_400).contains(&on_curve));
    }

    proptest! {
        #[test]
        fn runs_of_zero_and_one_bits_agree(mut bytes: [u8; 32], from in 0usize..32, to in 0usize..32, ones: bool) {
            bytes[from.min(to)..from.max(to)].fill(if ones { 0xff } else { 0 });
            prop_assert_eq!(is_on_curve(&bytes), decompresses(&bytes));
        }
    }
}
