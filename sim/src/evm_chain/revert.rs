//! The words in the data of a revert.

use alloy_primitives::U256;

/// Selector of `Error(string)`.
const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];

/// Selector of `Panic(uint256)`.
const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// "execution reverted", with the contract's reason if it gave one in words.
pub(super) fn message(data: &[u8]) -> String {
    match reason(data) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".to_owned(),
    }
}

fn reason(data: &[u8]) -> Option<String> {
    let (selector, arguments) = data.split_first_chunk::<4>()?;
    match *selector {
        ERROR => text(arguments),
        PANIC => Some(format!("panic code {:#x}", U256::try_from_be_slice(arguments)?)),
        _ => None,
    }
}

/// The only argument, a string.
fn text(arguments: &[u8]) -> Option<String> {
    let at = length(arguments)?;
    let tail = arguments.get(at..)?;
    let bytes = tail.get(32..)?.get(..length(tail)?)?;
    String::from_utf8(bytes.to_vec()).ok()
}

fn length(words: &[u8]) -> Option<usize> {
    usize::try_from(U256::try_from_be_slice(words.get(..32)?)?).ok()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    #[test]
    fn a_reason_in_words_is_shown() {
        let data = hex!(
            "08c379a0"
            "0000000000000000000000000000000000000000000000000000000000000020"
            "0000000000000000000000000000000000000000000000000000000000000002"
            "6e6f000000000000000000000000000000000000000000000000000000000000"
        );
        assert_eq!(message(&data), "execution reverted: no");
        assert_eq!(message(&data[..69]), "execution reverted");
    }

    #[test]
    fn what_is_not_words_is_not_shown() {
        for data in [&[][..], &[1, 2, 3], &ERROR, &[0x08, 0xc3, 0x79, 0xa0, 0xff], &[0xff; 68]] {
            assert_eq!(message(data), "execution reverted");
        }
        let huge = [&ERROR[..], &[0xff; 96]].concat();
        assert_eq!(message(&huge), "execution reverted");
    }

    #[test]
    fn a_panic_has_a_code() {
        let data = [&PANIC[..], &U256::from(0x11).to_be_bytes::<32>()].concat();
        assert_eq!(message(&data), "execution reverted: panic code 0x11");
    }
}
