//! A push tokenizer: one byte in, at most two events out, whatever the size of the document. A run
//! of plain characters in a string is taken at one go, as one event.
//!
//! The grammar is RFC 8259's, strictly, with two leniencies that parsers in the field share: the
//! bytes of a string need not be valid UTF-8 (they are handed on as they came), and a surrogate
//! escape without its other half becomes U+FFFD.

use core::fmt;

/// Objects and arrays may be nested this deep: one bit each in the tokenizer's memory.
pub const MAX_DEPTH: u8 = 32;

/// What a byte completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'t> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The opening quote of a member's name.
    KeyStart,
    /// Some bytes of a member's name, unescaped.
    KeyText(&'t [u8]),
    /// The closing quote of a member's name.
    KeyEnd,
    /// The opening quote of a string value.
    StringStart,
    /// Some bytes of a string value, unescaped.
    StringText(&'t [u8]),
    /// The closing quote of a string value.
    StringEnd,
    /// One character of a number: a digit, a sign, `.`, `e` or `E`.
    NumberText(u8),
    /// The number is over: the byte that was pushed comes after it.
    NumberEnd,
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

impl Event<'_> {
    /// Whether a value, of any type, is complete with this event.
    pub fn ends_value(&self) -> bool {
        matches!(
            self,
            Event::ObjectEnd
                | Event::ArrayEnd
                | Event::StringEnd
                | Event::NumberEnd
                | Event::Bool(_)
                | Event::Null
        )
    }
}

/// Who is told of the events.
pub trait Visitor {
    /// What stops the reading; a malformed document is one such thing.
    type Error: From<JsonError>;

    /// Takes one event. `depth` counts the objects and arrays around the value or name (for
    /// `ObjectStart` and its like: around that object), so a member of the outermost object is at 1.
    ///
    /// # Errors
    /// Whatever the visitor refuses; the tokenizer must not be used after it.
    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), Self::Error>;
}

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum JsonError {
    /// This byte can't stand here.
    Unexpected(u8),
    /// More than [`MAX_DEPTH`] objects and arrays inside each other.
    TooDeep,
    /// The text ended inside a value.
    Truncated,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::Unexpected(byte) => write!(f, "not JSON: unexpected byte 0x{byte:02x}"),
            JsonError::TooDeep => write!(f, "JSON nested deeper than {MAX_DEPTH} levels"),
            JsonError::Truncated => f.write_str("the JSON ends in the middle"),
        }
    }
}

impl core::error::Error for JsonError {}

/// The state between two bytes.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    state: State,
    depth: u8,
    /// Bit i: whether level i is an object.
    objects: u32,
    in_key: bool,
    /// The first half of a surrogate pair that waits for the second; 0 if none.
    high_surrogate: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrArrayEnd,
    KeyOrObjectEnd,
    Key,
    Colon,
    CommaOrEnd,
    Text,
    Escape,
    Unicode { digits: u8, value: u16 },
    Literal { word: Literal, matched: u8 },
    Number(Number),
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literal {
    True,
    False,
    Null,
}

/// The part of a number that was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// At the start of a document.
    pub const fn new() -> Self {
        Tokenizer { state: State::Value, depth: 0, objects: 0, in_key: false, high_surrogate: 0 }
    }

    /// Takes the next byte and tells the visitor what it completed.
    ///
    /// # Errors
    /// A [`JsonError`] where the byte can't stand, or the visitor's own.
    pub fn push<V: Visitor>(&mut self, byte: u8, visitor: &mut V) -> Result<(), V::Error> {
        match self.state {
            State::Text => self.text(byte, visitor),
            State::Escape => self.escape(byte, visitor),
            State::Unicode { digits, value } => self.unicode(byte, digits, value, visitor),
            State::Number(number) => self.number(byte, number, visitor),
            State::Literal { word, matched } => self.literal(byte, word, matched, visitor),
            _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => Ok(()),
            _ => self.structure(byte, visitor),
        }
    }

    /// Takes the front of `text`: all plain characters up to the next quote or escape if it is
    /// inside a string, or else one byte. Answers how many bytes it took, none only of an empty text.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_some<V: Visitor>(
        &mut self,
        text: &[u8],
        visitor: &mut V,
    ) -> Result<usize, V::Error> {
        let Some(first) = text.first() else { return Ok(0) };
        let plain = if self.state == State::Text { plain(text) } else { &[] };
        if plain.is_empty() {
            return self.push(*first, visitor).map(|()| 1);
        }
        self.lone_surrogate(visitor)?;
        self.emit(plain, visitor)?;
        Ok(plain.len())
    }

    /// Takes all of `text`.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_all<V: Visitor>(
        &mut self,
        mut text: &[u8],
        visitor: &mut V,
    ) -> Result<(), V::Error> {
        while !text.is_empty() {
            let taken = self.push_some(text, visitor)?;
            text = text.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Says that the document is over.
    ///
    /// # Errors
    /// [`JsonError::Truncated`] if a value is still open. A number at the outermost level is only
    /// known to be complete when something follows it: push a white space first.
    pub fn finish(&self) -> Result<(), JsonError> {
        match self.state {
            State::Done => Ok(()),
            _ => Err(JsonError::Truncated),
        }
    }

    fn structure<V: Visitor>(&mut self, byte: u8, visitor: &mut V) -> Result<(), V::Error> {
        match (self.state, byte) {
            (State::ValueOrArrayEnd, b']') => self.close(Event::ArrayEnd, visitor),
            (State::Value | State::ValueOrArrayEnd, _) => self.value(byte, visitor),
            (State::KeyOrObjectEnd, b'}') => self.close(Event::ObjectEnd, visitor),
            (State::Key | State::KeyOrObjectEnd, b'"') => self.open_text(true, visitor),
            (State::Colon, b':') => self.go(State::Value),
            (State::CommaOrEnd, b',') if self.in_object() => self.go(State::Key),
            (State::CommaOrEnd, b',') => self.go(State::Value),
            (State::CommaOrEnd, b'}') if self.in_object() => self.close(Event::ObjectEnd, visitor),
            (State::CommaOrEnd, b']') if !self.in_object() => self.close(Event::ArrayEnd, visitor),
            _ => Err(JsonError::Unexpected(byte).into()),
        }
    }

    fn value<V: Visitor>(&mut self, byte: u8, visitor: &mut V) -> Result<(), V::Error> {
        let number = |part| (State::Number(part), Event::NumberText(byte));
        let literal = |word| State::Literal { word, matched: 1 };
        let (state, event) = match byte {
            b'{' => return self.open(true, visitor),
            b'[' => return self.open(false, visitor),
            b'"' => return self.open_text(false, visitor),
            b't' => return self.go(literal(Literal::True)),
            b'f' => return self.go(literal(Literal::False)),
            b'n' => return self.go(literal(Literal::Null)),
            b'-' => number(Number::Minus),
            b'0' => number(Number::Zero),
            b'1'..=b'9' => number(Number::Integer),
            _ => return Err(JsonError::Unexpected(byte).into()),
        };
        self.state = state;
        visitor.event(self.depth, event)
    }

    fn open<V: Visitor>(&mut self, object: bool, visitor: &mut V) -> Result<(), V::Error> {
        if self.depth >= MAX_DEPTH {
            return Err(JsonError::TooDeep.into());
        }
        let bit = 1u32 << self.depth;
        self.objects = if object { self.objects | bit } else { self.objects & !bit };
        self.depth += 1;
        let (state, event) = if object {
            (State::KeyOrObjectEnd, Event::ObjectStart)
        } else {
            (State::ValueOrArrayEnd, Event::ArrayStart)
        };
        self.state = state;
        visitor.event(self.depth - 1, event)
    }

    fn close<V: Visitor>(&mut self, event: Event<'_>, visitor: &mut V) -> Result<(), V::Error> {
        self.depth = self.depth.saturating_sub(1);
        self.end_value();
        visitor.event(self.depth, event)
    }

    fn open_text<V: Visitor>(&mut self, key: bool, visitor: &mut V) -> Result<(), V::Error> {
        self.in_key = key;
        self.state = State::Text;
        let event = if key { Event::KeyStart } else { Event::StringStart };
        visitor.event(self.depth, event)
    }

    fn text<V: Visitor>(&mut self, byte: u8, visitor: &mut V) -> Result<(), V::Error> {
        match byte {
            b'\\' => self.go(State::Escape),
            b'"' => self.close_text(visitor),
            0..0x20 => Err(JsonError::Unexpected(byte).into()),
            _ => {
                self.lone_surrogate(visitor)?;
                self.emit(&[byte], visitor)
            }
        }
    }

    fn close_text<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        self.lone_surrogate(visitor)?;
        if self.in_key {
            self.state = State::Colon;
            visitor.event(self.depth, Event::KeyEnd)
        } else {
            self.end_value();
            visitor.event(self.depth, Event::StringEnd)
        }
    }

    fn escape<V: Visitor>(&mut self, byte: u8, visitor: &mut V) -> Result<(), V::Error> {
        let plain = match byte {
            b'u' => return self.go(State::Unicode { digits: 0, value: 0 }),
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return Err(JsonError::Unexpected(byte).into()),
        };
        self.state = State::Text;
        self.lone_surrogate(visitor)?;
        self.emit(&[plain], visitor)
    }

    fn unicode<V: Visitor>(
        &mut self,
        byte: u8,
        digits: u8,
        value: u16,
        visitor: &mut V,
    ) -> Result<(), V::Error> {
        let digit = (byte as char).to_digit(16).ok_or(JsonError::Unexpected(byte))?;
        let value = value << 4 | digit as u16;
        if digits < 3 {
            return self.go(State::Unicode { digits: digits + 1, value });
        }
        self.state = State::Text;
        self.code_unit(value, visitor)
    }

    /// One UTF-16 code unit: a character, or half of one.
    fn code_unit<V: Visitor>(&mut self, unit: u16, visitor: &mut V) -> Result<(), V::Error> {
        let high = core::mem::take(&mut self.high_surrogate);
        let character = match (high, unit) {
            (1.., 0xdc00..=0xdfff) => {
                0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00)
            }
            (1.., _) => {
                self.emit_char(char::REPLACEMENT_CHARACTER, visitor)?;
                return self.code_unit(unit, visitor);
            }
            (0, 0xd800..=0xdbff) => {
                self.high_surrogate = unit;
                return Ok(());
            }
            (0, _) => u32::from(unit),
        };
        let character = char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.emit_char(character, visitor)
    }

    fn lone_surrogate<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        if core::mem::take(&mut self.high_surrogate) == 0 {
            return Ok(());
        }
        self.emit_char(char::REPLACEMENT_CHARACTER, visitor)
    }

    fn emit_char<V: Visitor>(&self, character: char, visitor: &mut V) -> Result<(), V::Error> {
        self.emit(character.encode_utf8(&mut [0; 4]).as_bytes(), visitor)
    }

    fn emit<V: Visitor>(&self, text: &[u8], visitor: &mut V) -> Result<(), V::Error> {
        let event = if self.in_key { Event::KeyText(text) } else { Event::StringText(text) };
        visitor.event(self.depth, event)
    }

    fn literal<V: Visitor>(
        &mut self,
        byte: u8,
        word: Literal,
        matched: u8,
        visitor: &mut V,
    ) -> Result<(), V::Error> {
        let (text, event): (&[u8], _) = match word {
            Literal::True => (b"true", Event::Bool(true)),
            Literal::False => (b"false", Event::Bool(false)),
            Literal::Null => (b"null", Event::Null),
        };
        if text.get(usize::from(matched)) != Some(&byte) {
            return Err(JsonError::Unexpected(byte).into());
        }
        if usize::from(matched) + 1 < text.len() {
            return self.go(State::Literal { word, matched: matched + 1 });
        }
        self.end_value();
        visitor.event(self.depth, event)
    }

    fn number<V: Visitor>(
        &mut self,
        byte: u8,
        part: Number,
        visitor: &mut V,
    ) -> Result<(), V::Error> {
        if let Some(next) = part.followed_by(byte) {
            self.state = State::Number(next);
            return visitor.event(self.depth, Event::NumberText(byte));
        }
        if !part.may_end() {
            return Err(JsonError::Unexpected(byte).into());
        }
        self.end_value();
        visitor.event(self.depth, Event::NumberEnd)?;
        self.push(byte, visitor)
    }

    fn in_object(&self) -> bool {
        match self.depth.checked_sub(1) {
            Some(level) => self.objects >> level & 1 == 1,
            None => false,
        }
    }

    fn end_value(&mut self) {
        self.state = if self.depth == 0 { State::Done } else { State::CommaOrEnd };
    }

    fn go<E>(&mut self, state: State) -> Result<(), E> {
        self.state = state;
        Ok(())
    }
}

/// The characters at the front that mean themselves.
fn plain(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

impl Number {
    fn followed_by(self, byte: u8) -> Option<Number> {
        use Number::*;
        Some(match (self, byte) {
            (Minus, b'0') => Zero,
            (Minus, b'1'..=b'9') | (Integer, b'0'..=b'9') => Integer,
            (Zero | Integer, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Integer | Fraction, b'e' | b'E') => Exponent,
            (Exponent, b'+' | b'-') => ExponentSign,
            (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => ExponentDigits,
            _ => return None,
        })
    }

    fn may_end(self) -> bool {
        use Number::*;
        matches!(self, Zero | Integer | Fraction | ExponentDigits)
    }
}

#[cfg(test)]
mod tests;
