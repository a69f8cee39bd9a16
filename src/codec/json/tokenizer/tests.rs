//! Documents rebuilt from the events, beside another reader's.

extern crate std;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use proptest::prelude::*;

/// Builds the serde_json value that the events describe.
#[derive(Default)]
struct Rebuild {
    stack: Vec<(Option<String>, serde_json::Value)>,
    key: Vec<u8>,
    text: Vec<u8>,
    done: Option<serde_json::Value>,
}

impl Rebuild {
    fn put(&mut self, value: serde_json::Value) {
        match self.stack.last_mut() {
            None => self.done = Some(value),
            Some((_, serde_json::Value::Array(items))) => items.push(value),
            Some((key, serde_json::Value::Object(members))) => {
                members.insert(key.take().unwrap(), value);
            }
            _ => unreachable!(),
        }
    }

    fn take_text(&mut self) -> String {
        String::from_utf8(core::mem::take(&mut self.text)).unwrap()
    }
}

impl Visitor for Rebuild {
    type Error = JsonError;

    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), JsonError> {
        match event {
            Event::ObjectStart => self.stack.push((None, serde_json::json!({}))),
            Event::ArrayStart => self.stack.push((None, serde_json::json!([]))),
            Event::ObjectEnd | Event::ArrayEnd => {
                let (_, value) = self.stack.pop().unwrap();
                self.put(value);
            }
            Event::KeyStart => self.key.clear(),
            Event::KeyText(text) => self.key.extend_from_slice(text),
            Event::KeyEnd => {
                let key = String::from_utf8(self.key.clone()).unwrap();
                self.stack.last_mut().unwrap().0 = Some(key);
            }
            Event::StringStart => self.text.clear(),
            Event::StringText(text) => self.text.extend_from_slice(text),
            Event::StringEnd => {
                let text = self.take_text();
                self.put(text.into());
            }
            Event::NumberText(byte) => self.text.push(byte),
            Event::NumberEnd => {
                let number = self.take_text();
                self.put(serde_json::from_str(&number).unwrap());
            }
            Event::Bool(value) => self.put(value.into()),
            Event::Null => self.put(serde_json::Value::Null),
        }
        if matches!(event, Event::StringStart | Event::ObjectEnd) {
            assert_eq!(usize::from(depth), self.stack.len());
        }
        Ok(())
    }
}

fn read(text: &[u8]) -> Result<serde_json::Value, JsonError> {
    let mut tokenizer = Tokenizer::new();
    let mut rebuild = Rebuild::default();
    for &byte in text {
        tokenizer.push(byte, &mut rebuild)?;
    }
    tokenizer.push(b' ', &mut rebuild)?;
    tokenizer.finish()?;
    Ok(rebuild.done.unwrap())
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<i32>().prop_map(|n| (f64::from(n) / 256.0).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json(value in any_json(), pretty: bool) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        prop_assert_eq!(read(text.as_bytes()).unwrap(), value);
    }

    #[test]
    fn accepts_what_serde_json_accepts(value in any_json(), at: prop::sample::Index, byte: u8) {
        let mut text = value.to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        match serde_json::from_slice::<serde_json::Value>(&text) {
            Ok(value) => prop_assert_eq!(read(&text).unwrap(), value),
            // serde_json also refuses what is grammatical: bad UTF-8, lone surrogates,
            // numbers out of range. What it calls a syntax error must be one here.
            Err(error) if error.is_eof() => prop_assert!(read(&text).is_err()),
            Err(_) => {}
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    let text = br#"{"a":[1,2.5e-3,{"b\u00e9":null}],"c":"\ud83d\ude00","d":false}"#;
    assert!(read(text).is_ok());
    for end in 0..text.len() {
        let mut tokenizer = Tokenizer::new();
        let mut rebuild = Rebuild::default();
        for &byte in &text[..end] {
            tokenizer.push(byte, &mut rebuild).unwrap();
        }
        assert_eq!(tokenizer.finish(), Err(JsonError::Truncated));
    }
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "{,}",
        "[1,]",
        "[,1]",
        "{\"a\":}",
        "{\"a\" 1}",
        "{a:1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "tru",
        "nul1",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "{}{}",
        "]",
        "",
        "{\"a\":1,}",
        "NaN",
        "\"a",
        "--1",
        "1ee5",
    ] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn surrogates_pair_or_are_replaced() {
    let cases = [
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\ud83dx""#, "\u{fffd}x"),
        (r#""\ude00""#, "\u{fffd}"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text.as_bytes()).unwrap().as_str().unwrap(), expected);
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(read(nested(MAX_DEPTH.into()).as_bytes()).is_ok());
    assert_eq!(read(nested(33).as_bytes()), Err(JsonError::TooDeep));
    assert_eq!(JsonError::TooDeep.to_string(), "JSON nested deeper than 32 levels");
}
