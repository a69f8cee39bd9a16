//! Some members of a JSON-RPC answer, kept while the answer streams by.

use heapless::{String, Vec};

use super::RpcError;
use crate::codec::json::{Event, JsonError, Visitor};

/// Objects and arrays inside each other down to which members are told apart.
const LEVELS: usize = 4;

/// Bytes of a member's name: `transaction` has 11.
const NAME: usize = 16;

/// Bytes of a pointer: at each level a slash, and a name or an index.
const POINTER: usize = LEVELS * (1 + NAME);

/// Where an error's code is.
const ERROR_CODE: &str = "/error/code";

/// The members at these JSON pointers (RFC 6901), with room for `TEXT` bytes each.
pub(super) struct Members<const MEMBERS: usize, const TEXT: usize> {
    wanted: [&'static str; MEMBERS],
    values: [Value<TEXT>; MEMBERS],
    error_code: Value<TEXT>,
    place: Place,
    /// The member that is being read.
    current: Option<usize>,
    in_number: bool,
}

#[derive(Clone, Default)]
struct Value<const TEXT: usize> {
    kind: Kind,
    /// The front of a text or a number.
    front: Vec<u8, TEXT>,
    is_cut: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Missing,
    Null,
    Bool(bool),
    Number,
    Text,
    Object,
    Array,
    /// More than one value stands there.
    Repeated,
}

impl<const MEMBERS: usize, const TEXT: usize> Members<MEMBERS, TEXT> {
    /// None of these has been read.
    pub(super) fn new(wanted: [&'static str; MEMBERS]) -> Self {
        Members {
            wanted,
            values: core::array::from_fn(|_| Value::default()),
            error_code: Value::default(),
            place: Place::default(),
            current: None,
            in_number: false,
        }
    }

    /// Whether the answer is an error.
    pub(super) fn check(&self) -> Result<(), RpcError> {
        match self.error_code.kind {
            Kind::Missing => Ok(()),
            _ => Err(self.error_code.parse().map_or(RpcError::Answer, RpcError::Code)),
        }
    }

    /// Whether the member is there.
    #[cfg(feature = "solana")]
    pub(super) fn is_there(&self, index: usize) -> bool {
        self.value(index).is_ok_and(|value| value.kind != Kind::Missing)
    }

    /// Whether the member is there, and `null`.
    #[cfg(feature = "solana")]
    pub(super) fn is_null(&self, index: usize) -> bool {
        self.value(index).is_ok_and(|value| value.kind == Kind::Null)
    }

    /// Whether the member is an array.
    #[cfg(feature = "solana")]
    pub(super) fn is_array(&self, index: usize) -> bool {
        self.value(index).is_ok_and(|value| value.kind == Kind::Array)
    }

    /// The member as a whole text.
    pub(super) fn text(&self, index: usize) -> Result<&str, RpcError> {
        let value = self.value(index)?;
        let front = self.front(index)?;
        if value.is_cut { Err(RpcError::Answer) } else { Ok(front) }
    }

    /// The front of the member, a text.
    pub(super) fn front(&self, index: usize) -> Result<&str, RpcError> {
        let value = self.value(index)?;
        let front = core::str::from_utf8(&value.front).ok();
        front.filter(|_| value.kind == Kind::Text).ok_or(RpcError::Answer)
    }

    /// The member as a natural number.
    #[cfg(feature = "solana")]
    pub(super) fn number(&self, index: usize) -> Result<u64, RpcError> {
        self.value(index)?.parse().ok_or(RpcError::Answer)
    }

    /// The member as a truth value.
    #[cfg(feature = "solana")]
    pub(super) fn bool(&self, index: usize) -> Result<bool, RpcError> {
        match self.value(index)?.kind {
            Kind::Bool(value) => Ok(value),
            _ => Err(RpcError::Answer),
        }
    }

    fn value(&self, index: usize) -> Result<&Value<TEXT>, RpcError> {
        self.values.get(index).ok_or(RpcError::Answer)
    }

    /// A value begins: the member that it is, if it is wanted.
    fn begin(&mut self, depth: u8, kind: Kind) {
        self.place.enter(depth);
        self.current = self.place.pointer(depth).and_then(|pointer| {
            let is_it = |wanted: &&str| *wanted == pointer;
            self.wanted.iter().chain(&[ERROR_CODE]).position(is_it)
        });
        if let Some(value) = self.current_mut() {
            value.kind = if value.kind == Kind::Missing { kind } else { Kind::Repeated };
        }
    }

    fn add(&mut self, text: &[u8]) {
        let Some(value) = self.current_mut() else { return };
        for byte in text {
            value.is_cut |= value.front.push(*byte).is_err();
        }
    }

    fn current_mut(&mut self) -> Option<&mut Value<TEXT>> {
        self.values.iter_mut().chain([&mut self.error_code]).nth(self.current?)
    }
}

impl<const TEXT: usize> Value<TEXT> {
    fn parse<N: core::str::FromStr>(&self) -> Option<N> {
        let digits = core::str::from_utf8(&self.front).ok();
        digits.filter(|_| self.kind == Kind::Number && !self.is_cut)?.parse().ok()
    }
}

impl<const MEMBERS: usize, const TEXT: usize> Visitor for Members<MEMBERS, TEXT> {
    type Error = JsonError;

    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), JsonError> {
        match event {
            Event::ObjectStart => {
                self.begin(depth, Kind::Object);
                self.place.open(depth, None);
            }
            Event::ArrayStart => {
                self.begin(depth, Kind::Array);
                self.place.open(depth, Some(0));
            }
            Event::KeyStart => self.place.begin_name(depth),
            Event::KeyText(text) => self.place.add_to_name(depth, text),
            Event::StringStart => self.begin(depth, Kind::Text),
            Event::StringText(text) => self.add(text),
            Event::NumberText(character) => {
                if !core::mem::replace(&mut self.in_number, true) {
                    self.begin(depth, Kind::Number);
                }
                self.add(&[character]);
            }
            Event::NumberEnd => self.in_number = false,
            Event::Bool(value) => self.begin(depth, Kind::Bool(value)),
            Event::Null => self.begin(depth, Kind::Null),
            Event::KeyEnd | Event::StringEnd | Event::ObjectEnd | Event::ArrayEnd => {}
        }
        Ok(())
    }
}

/// Where in the answer the reader is.
#[derive(Default)]
struct Place {
    pointer: String<POINTER>,
    levels: [Level; LEVELS],
}

/// An object or an array on the way.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Bytes of its own pointer.
    length: usize,
    /// The index of the next element of an array.
    next: Option<u16>,
    /// Bytes of the name of the member that is being read.
    name: usize,
}

impl Place {
    fn open(&mut self, depth: u8, next: Option<u16>) {
        if let Some(level) = self.levels.get_mut(usize::from(depth)) {
            *level = Level { length: self.pointer.len(), next, name: 0 };
        }
    }

    /// A value begins: if it is an element of an array, the pointer goes there.
    fn enter(&mut self, depth: u8) {
        let Some(level) = level(&mut self.levels, depth) else { return };
        let Some(index) = level.next else { return };
        level.next = Some(index.saturating_add(1));
        self.pointer.truncate(level.length);
        let digits = crate::codec::decimal::decimal(index.into());
        // There is room for every level.
        let _ = self.pointer.push('/').and_then(|()| self.pointer.push_str(&digits));
    }

    fn begin_name(&mut self, depth: u8) {
        let Some(level) = level(&mut self.levels, depth) else { return };
        level.name = 0;
        self.pointer.truncate(level.length);
        let _ = self.pointer.push('/');
    }

    /// A name that is too long, or that a pointer would have to escape, is none of those wanted.
    fn add_to_name(&mut self, depth: u8, text: &[u8]) {
        let Some(level) = level(&mut self.levels, depth) else { return };
        for byte in text {
            let is_plain = byte.is_ascii_alphanumeric();
            let character = if is_plain { char::from(*byte) } else { '~' };
            level.name += 1;
            if level.name < NAME {
                let _ = self.pointer.push(character);
            } else if level.name == NAME {
                let _ = self.pointer.push('~');
            }
        }
    }

    /// The pointer to a value, unless it is too deep.
    fn pointer(&self, depth: u8) -> Option<&str> {
        (usize::from(depth) <= LEVELS).then_some(self.pointer.as_str())
    }
}

/// The object or array around what is at this depth.
fn level(levels: &mut [Level], depth: u8) -> Option<&mut Level> {
    levels.get_mut(usize::from(depth).checked_sub(1)?)
}

#[cfg(all(test, feature = "solana"))]
mod tests {
    extern crate std;

    use super::*;
    use crate::codec::json::Tokenizer;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(wanted: [&'static str; 4], text: &str) -> Members<4, 8> {
        read_up_to(wanted, text)
    }

    fn read_up_to<const LENGTH: usize>(
        wanted: [&'static str; 4],
        text: &str,
    ) -> Members<4, LENGTH> {
        let mut members = Members::new(wanted);
        let mut tokenizer = Tokenizer::new();
        text.bytes().for_each(|byte| tokenizer.push(byte, &mut members).unwrap());
        tokenizer.finish().unwrap();
        members
    }

    #[test]
    fn members_of_every_kind() {
        let wanted = ["/result/value", "/result/list/1", "/id", "/result/list/2/name"];
        let text = r#"{"id":18446744073709551615,"other":{"value":1,"list":[1,2,3]},
            "result":{"list":[[7,8],"two",{"name":null,"value":5}],"value":"\u0061bc"}}"#;
        let members = read_up_to::<20>(wanted, text);
        assert_eq!(members.text(0), Ok("abc"));
        assert_eq!(members.text(1), Ok("two"));
        assert_eq!(members.number(2), Ok(u64::MAX));
        assert!(members.is_null(3) && !members.is_null(0));
        assert_eq!(members.number(0), Err(RpcError::Answer));
        assert_eq!(members.text(2), Err(RpcError::Answer));
        assert_eq!(members.bool(0), Err(RpcError::Answer));
        assert_eq!(members.check(), Ok(()));
    }

    #[test]
    fn what_is_no_member_is_missing() {
        let text = r#"{"result":"x","/result/a":1,"result/a":2,"aaaaaaaaaaaaaaaaaa":3,"":4,
            "deep":{"a":{"b":{"c":{"d":5}}}}}"#;
        let wanted = ["/result/a", "/aaaaaaaaaaaaaaaaaa", "/deep/a/b/c/d", "/aaaaaaaaaaaaaaa"];
        let members = read(wanted, text);
        assert!((0..4).all(|index| !members.is_there(index)));
        assert!(!members.is_there(4));
    }

    #[test]
    fn what_is_too_long_is_cut_and_what_stands_twice_is_refused() {
        let text = r#"{"a":"123456789","b":123456789,"c":1,"c":2,"d":true}"#;
        let members = read(["/a", "/b", "/c", "/d"], text);
        assert_eq!((members.front(0), members.text(0)), (Ok("12345678"), Err(RpcError::Answer)));
        assert_eq!(members.number(1), Err(RpcError::Answer));
        assert_eq!(members.number(2), Err(RpcError::Answer));
        assert_eq!(members.bool(3), Ok(true));
    }

    #[test]
    fn errors() {
        let check = |text| read(["/result", "/a", "/b", "/c"], text).check();
        let error = r#"{"error":{"code":-32602,"data":{"code":1}},"id":1}"#;
        assert_eq!(check(error), Err(RpcError::Code(-32602)));
        assert_eq!(check(r#"{"error":{"code":"x"}}"#), Err(RpcError::Answer));
        assert_eq!(check(r#"{"error":null,"result":1}"#), Ok(()));
    }

    /// JSON of all shapes, with few names, so that many are met.
    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<u8>().prop_map(|number| json!(number)),
            "[a-z]{0,8}".prop_map(|text| json!(text)),
            Just(json!(null)),
        ];
        leaf.prop_recursive(5, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|list| json!(list)),
                prop::collection::btree_map("[ab]|a~|aaaaaaaaaaaaaaaaaaaaa", inner, 0..4)
                    .prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(document in document()) {
            const WANTED: [&str; 4] = ["/a", "/b/0", "/a/1/b", "/a/b/a/2"];
            let members = read(WANTED, &std::format!("{document} "));
            for (index, pointer) in WANTED.into_iter().enumerate() {
                let expected = document.pointer(pointer);
                prop_assert_eq!(members.is_there(index), expected.is_some(), "{}", pointer);
                let number = expected.and_then(|value| value.as_u64());
                prop_assert_eq!(members.number(index).ok(), number);
                let text = expected.and_then(|value| value.as_str());
                prop_assert_eq!(members.text(index).ok(), text);
                prop_assert_eq!(members.is_null(index), expected.is_some_and(|value| value.is_null()));
            }
        }
    }
}
