//! A JSON string as it stood between its quotes, unescaped only while it is read.

use heapless::String;

/// The raw text of a JSON string, without its quotes.
///
/// It must come from text that [`Tokenizer`](super::Tokenizer) accepted: what is no valid escape
/// reads as U+FFFD.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct JsonStr<'a>(&'a str);

impl<'a> JsonStr<'a> {
    /// Takes the raw text between two quotes.
    pub const fn from_raw(raw: &'a str) -> Self {
        JsonStr(raw)
    }

    /// The text as it stood in the JSON, escapes included.
    pub const fn raw(self) -> &'a str {
        self.0
    }

    /// The characters that it means.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        Unescape(self.0.chars())
    }

    /// The text that it means, if it stands there as it is: without escapes.
    pub fn plain(self) -> Option<&'a str> {
        (!self.0.as_bytes().contains(&b'\\')).then_some(self.0)
    }

    /// Whether it means this text.
    pub fn means(self, text: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == text,
            None => self.chars().eq(text.chars()),
        }
    }

    /// The text that it means, if that takes at most `N` bytes.
    pub fn unescape<const N: usize>(self) -> Option<String<N>> {
        if let Some(plain) = self.plain() {
            return String::try_from(plain).ok();
        }
        let mut text = String::new();
        for character in self.chars() {
            text.push(character).ok()?;
        }
        Some(text)
    }

    /// The UTF-8 bytes that it means, written to the front of `buffer`; `None` if they don't fit.
    pub fn unescape_into(self, buffer: &mut [u8]) -> Option<&[u8]> {
        let mut length = 0;
        for character in self.chars() {
            let window = buffer.get_mut(length..length + character.len_utf8())?;
            length += character.encode_utf8(window).len();
        }
        buffer.get(..length)
    }
}

struct Unescape<'a>(core::str::Chars<'a>);

impl Iterator for Unescape<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.0.next()? {
            '\\' => Some(self.escape()),
            plain => Some(plain),
        }
    }
}

impl Unescape<'_> {
    fn escape(&mut self) -> char {
        match self.0.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => self.unicode(),
            Some(quoted @ ('"' | '\\' | '/')) => quoted,
            _ => char::REPLACEMENT_CHARACTER,
        }
    }

    fn unicode(&mut self) -> char {
        let first = self.code_unit();
        let character = match first {
            0xd800..=0xdbff => self.pair(first),
            _ => first,
        };
        char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// Joins a high surrogate with the low one that follows; without one it stands alone.
    fn pair(&mut self, high: u32) -> u32 {
        let mut ahead = Unescape(self.0.clone());
        if ahead.0.next() != Some('\\') || ahead.0.next() != Some('u') {
            return high;
        }
        match ahead.code_unit() {
            low @ 0xdc00..=0xdfff => {
                self.0 = ahead.0;
                0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            }
            _ => high,
        }
    }

    fn code_unit(&mut self) -> u32 {
        let digits = self.0.by_ref().take(4);
        digits.fold(0, |value, digit| value << 4 | digit.to_digit(16).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String as StdString;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn means_what_serde_json_reads(text: StdString, escape_all: bool) {
            let quoted = if escape_all {
                let units = text.encode_utf16().map(|unit| std::format!("\\u{unit:04x}"));
                std::format!("\"{}\"", units.collect::<StdString>())
            } else {
                serde_json::to_string(&text).unwrap()
            };
            let raw = &quoted[1..quoted.len() - 1];
            prop_assert!(JsonStr::from_raw(raw).means(&text));
            let longer = [text.as_str(), "x"].concat();
            prop_assert!(!JsonStr::from_raw(raw).means(&longer));
            let plain = JsonStr::from_raw(raw).plain();
            prop_assert_eq!(plain, Some(text.as_str()).filter(|text| *text == raw));
            let unescaped = JsonStr::from_raw(raw).unescape::<64>();
            prop_assert_eq!(unescaped.as_deref(), Some(text.as_str()).filter(|text| text.len() <= 64));
            prop_assert_eq!(JsonStr::from_raw(raw).chars().collect::<StdString>(), text);
        }
    }

    #[test]
    fn fits_or_not() {
        let text = JsonStr::from_raw(r"caf\u00e9");
        assert_eq!(text.unescape::<5>().unwrap(), "café");
        assert!(text.unescape::<4>().is_none());
        assert_eq!(text.unescape_into(&mut [0; 5]).unwrap(), "café".as_bytes());
        assert!(text.unescape_into(&mut [0; 4]).is_none());
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        let read = |raw| JsonStr::from_raw(raw).chars().collect::<StdString>();
        assert_eq!(read(r"\ud83dx"), "\u{fffd}x");
        assert_eq!(read(r"\ud83dA"), "\u{fffd}A");
        assert_eq!(read(r"\ude00\n"), "\u{fffd}\n");
    }
}
