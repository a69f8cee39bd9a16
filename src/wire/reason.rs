//! A reason that a stranger gave, cut to a fixed size and safe to print.

use core::fmt;

use crate::sizes::REASON;

/// The seller's or facilitator's words, as printable ASCII: other characters are replaced by `?`,
/// what exceeds [`REASON`] characters is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    text: [u8; REASON],
    length: u8,
    /// There were as many bytes as are kept, or more: characters may have had several.
    is_cut: bool,
}

impl Reason {
    /// No words.
    pub const EMPTY: Reason = Reason { text: [0; REASON], length: 0, is_cut: false };

    /// The words.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.length)).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }

    /// Whether there are no words.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether there may have been more words than these.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Appends one byte of UTF-8.
    fn push(&mut self, byte: u8) {
        let printable = match byte {
            0x20..=0x7e => byte,
            // The rest of a character whose first byte has been replaced already.
            0x80..=0xbf => return,
            _ => b'?',
        };
        if let Some(place) = self.text.get_mut(usize::from(self.length)) {
            *place = printable;
            self.length += 1;
        }
    }
}

impl From<&[u8]> for Reason {
    fn from(text: &[u8]) -> Self {
        let mut reason = Reason::EMPTY;
        text.iter().for_each(|byte| reason.push(*byte));
        reason.is_cut = text.len() >= REASON;
        reason
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl Default for Reason {
    fn default() -> Self {
        Reason::EMPTY
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() { f.write_str("no reason given") } else { f.write_str(self.as_str()) }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Reason {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_printable_and_bounded() {
        assert_eq!(Reason::from("caf\u{e9}\n\u{1f600}!").as_str(), "caf???!");
        let long = [b'a'; 200];
        let long = core::str::from_utf8(&long).unwrap_or_default();
        assert_eq!(Reason::from(long).as_str().len(), REASON);
        assert!(Reason::from(long).is_cut());
    }
}
