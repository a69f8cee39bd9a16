//! Numbers as decimal text, without the formatting machinery.

use heapless::String;

/// The decimal text of a number.
pub(crate) fn decimal(mut number: u64) -> String<20> {
    let mut reversed: heapless::Vec<u8, 20> = heapless::Vec::new();
    while {
        // Twenty digits hold every u64, so that nothing is ever turned away.
        let _ = reversed.push(b'0' + (number % 10) as u8);
        number /= 10;
        number > 0
    } {}
    let mut text = String::new();
    for digit in reversed.iter().rev() {
        let _ = text.push(char::from(*digit));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        extern crate std;
        use std::string::ToString;
        for number in [0, 1, 9, 10, 99, 100, 4_294_967_295, 1_000_000_000, 402, u64::MAX] {
            assert_eq!(decimal(number).as_str(), number.to_string());
        }
    }
}
