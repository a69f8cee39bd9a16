//! Lower-case hexadecimal text of fixed size.

/// The hexadecimal digits of `N` bytes as `LEN` = 2 × `N` ASCII characters.
pub(crate) fn encode<const N: usize, const LEN: usize>(bytes: &[u8; N]) -> [u8; LEN] {
    const { assert!(LEN == 2 * N) };
    let mut text = [0; LEN];
    let (pairs, _) = text.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 0xf)];
    }
    text
}

/// The `N` bytes that `LEN` = 2 × `N` lower-case hexadecimal digits stand for.
#[cfg(any(feature = "solana", feature = "evm"))]
pub(crate) fn decode<const N: usize, const LEN: usize>(text: &[u8; LEN]) -> Option<[u8; N]> {
    const { assert!(LEN == 2 * N) };
    let mut bytes = [0; N];
    let (pairs, _) = text.as_chunks();
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

#[cfg(any(feature = "solana", feature = "evm"))]
fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'a' + value - 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_in_order() {
        let bytes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        assert_eq!(&encode::<8, 16>(&bytes), b"0123456789abcdef");
    }

    #[cfg(any(feature = "solana", feature = "evm"))]
    #[test]
    fn every_digit_back() {
        let bytes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        assert_eq!(decode(b"0123456789abcdef"), Some(bytes));
        for text in [b"0g", b"0A", b" 0", b"0/", b":0"] {
            assert_eq!(decode::<1, 2>(text), None);
        }
    }

    #[test]
    fn zeros_keep_their_place() {
        assert_eq!(&encode::<2, 4>(&[0, 0x0a]), b"000a");
    }
}
