//! An ECDSA signature that the signer's address can be computed from.
//!
//! If (r, s) is a signature, so is (r, n - s), n being the order of the curve;
//! contracts accept only the one with the lower s, so that nobody can turn one
//! signature into another. v says which of two points has the x-coordinate r.
//!
//! Source: SEC 1, section 4.1; EIP-2; Ethereum's yellow paper, appendix F.

use super::SignerError;

/// A signature in the form that contracts take: r, s and v, with s at most half
/// the order of the curve and v 27 or 28.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RecoverableSignature([u8; 65]);

impl RecoverableSignature {
    /// Takes r and s, 32 bytes each, big-endian. An s in the upper half is
    /// replaced by its twin in the lower one, and `y_is_odd` with it.
    ///
    /// `y_is_odd` is the low bit of the recovery id: of the point that r is the
    /// x-coordinate of, whether y is odd. A recovery id of 2 or 3 (by chance, once
    /// in 2¹²⁷ signatures) has no v: contracts can't take that signature, fail.
    ///
    /// # Errors
    /// [`SignerError::Failed`] if r or s is zero or not below the order: no signature.
    pub fn new(r_s: &[u8; 64], y_is_odd: bool) -> Result<Self, SignerError> {
        let ([r, s], []) = r_s.as_chunks::<32>() else {
            return Err(SignerError::Failed);
        };
        if [r, s].into_iter().any(|number| *number == [0; 32] || *number >= ORDER) {
            return Err(SignerError::Failed);
        }
        match *s > HALF_ORDER {
            true => Ok(Self::assemble(r, &subtract(&ORDER, s), !y_is_odd)),
            false => Ok(Self::assemble(r, s, y_is_odd)),
        }
    }

    fn assemble(r: &[u8; 32], s: &[u8; 32], y_is_odd: bool) -> Self {
        let mut bytes = [27 + u8::from(y_is_odd); 65];
        let parts = r.iter().chain(s);
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = *part);
        Self(bytes)
    }

    /// r, s and v: 32, 32 and 1 bytes.
    pub const fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }
}

/// The order of the curve, n: SEC 2, section 2.4.1.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// (n - 1) / 2: the largest s that is low.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// `minuend - subtrahend`, big-endian, where the minuend is the larger.
fn subtract(minuend: &[u8; 32], subtrahend: &[u8; 32]) -> [u8; 32] {
    let mut difference = *minuend;
    let mut borrow = false;
    for (byte, subtrahend) in difference.iter_mut().zip(subtrahend).rev() {
        (*byte, borrow) = byte.borrowing_sub(*subtrahend, borrow);
    }
    difference
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    /// A number of 32 bytes, near another one.
    fn plus(number: [u8; 32], addend: i8) -> [u8; 32] {
        let [rest @ .., last] = number;
        let mut sum = [0; 32];
        sum[..31].copy_from_slice(&rest);
        sum[31] = last.checked_add_signed(addend).unwrap();
        sum
    }

    fn signature(r: [u8; 32], s: [u8; 32], y_is_odd: bool) -> Result<[u8; 65], SignerError> {
        let mut r_s = [0; 64];
        r_s[..32].copy_from_slice(&r);
        r_s[32..].copy_from_slice(&s);
        RecoverableSignature::new(&r_s, y_is_odd).map(|signature| *signature.as_bytes())
    }

    const ONE: [u8; 32] = {
        let mut one = [0; 32];
        one[31] = 1;
        one
    };

    #[test]
    fn low_s_stays_and_high_s_is_turned() {
        for (s, low, is_turned) in [
            (ONE, ONE, false),
            (HALF_ORDER, HALF_ORDER, false),
            (plus(HALF_ORDER, 1), HALF_ORDER, true),
            (plus(HALF_ORDER, 2), plus(HALF_ORDER, -1), true),
            (plus(ORDER, -2), plus(ONE, 1), true),
            (plus(ORDER, -1), ONE, true),
        ] {
            for y_is_odd in [false, true] {
                let bytes = signature([0x5a; 32], s, y_is_odd).unwrap();
                assert_eq!(bytes[..32], [0x5a; 32]);
                assert_eq!(bytes[32..64], low);
                assert_eq!(bytes[64], 27 + u8::from(y_is_odd != is_turned));
            }
        }
    }

    /// n - 2²⁵⁵, by any calculator.
    #[test]
    fn the_difference_borrows_across_bytes() {
        let mut high = [0; 32];
        high[0] = 0x80;
        let bytes = signature(ONE, high, false).unwrap();
        assert_eq!(
            bytes[32..64],
            hex!("7ffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
        );
        high[31] = 0x42;
        let bytes = signature(ONE, high, false).unwrap();
        assert_eq!(
            bytes[32..64],
            hex!("7ffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd03640ff")
        );
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let failed = Err(SignerError::Failed);
        for bad in [[0; 32], ORDER, plus(ORDER, 1), [0xff; 32]] {
            assert_eq!(signature(bad, ONE, false), failed);
            assert_eq!(signature(ONE, bad, false), failed);
        }
        assert!(signature(plus(ORDER, -1), ONE, false).is_ok());
    }
}
