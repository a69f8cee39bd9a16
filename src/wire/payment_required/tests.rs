extern crate std;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use super::*;
use proptest::prelude::*;

struct Challenge {
    version: ProtocolVersion,
    reason: String,
    entries: Vec<Result<String, Entry>>,
}

fn read(source: Source, text: &[u8], room: usize) -> Result<Challenge, ChallengeError> {
    let reason = read_reason(source, text)?;
    let mut reader = PaymentRequiredReader::new(source);
    let mut buffer = vec![0; room];
    let mut entries = Vec::new();
    for &byte in text {
        match reader.push(byte, &mut buffer)? {
            Some(Entry::Complete { length, .. }) => {
                entries.push(Ok(String::from_utf8_lossy(&buffer[..length]).into_owned()));
            }
            Some(other) => entries.push(Err(other)),
            None => {}
        }
    }
    let version = reader.finish()?;
    Ok(Challenge { version, reason, entries })
}

fn read_reason(source: Source, text: &[u8]) -> Result<String, ChallengeError> {
    let mut reader = PaymentRequiredReader::for_reason(source);
    let mut buffer = [0; 100];
    for &byte in text {
        assert_eq!(reader.push(byte, &mut buffer)?, None);
    }
    Ok(reader.reason(&buffer).as_str().to_string())
}

#[test]
fn an_identifier_may_be_offered() {
    for (extensions, expected) in [
        ("{}", None),
        ("null", None),
        (r#"{"bazaar":{"info":{"required":true}}}"#, None),
        (r#"{"payment-identifier":null}"#, None),
        (r#"{"payment-identifier":{}}"#, Some(false)),
        (r#"{"payment-identifier":{"info":{"required":false}}}"#, Some(false)),
        (
            r#"{"payment-identifier":{"schema":{"required":[true]},"info":{"x":{"required":1},"required":true}}}"#,
            Some(true),
        ),
        (
            r#"{"x":{"info":{"required":true}},"payment-identifier":{"schema":{"required":true}}}"#,
            Some(false),
        ),
        (
            r#"{"payment-identifier":{"info":{"required":true}},"y":{"info":{"required":false}}}"#,
            Some(true),
        ),
        (r#"{"payment-\u0069dentifier":{"info":{"required":true}}}"#, Some(true)),
    ] {
        let text = format!(r#"{{"x402Version":2,"extensions":{extensions},"accepts":[]}}"#);
        let mut reader = PaymentRequiredReader::new(Source::Header);
        for byte in text.bytes() {
            assert_eq!(reader.push(byte, &mut [0; 8]), Ok(None));
        }
        assert_eq!(reader.payment_identifier(), expected, "{extensions}");
    }
}

#[test]
fn reasons_are_cut() {
    let text = format!(r#"{{"x402Version":2,"error":"{}"}}"#, "é".repeat(300));
    let reason = read_reason(Source::Header, text.as_bytes()).unwrap();
    assert_eq!(reason, "?".repeat(sizes::REASON / 2));
}

#[test]
fn any_key_order_and_unknown_members() {
    let text = r#" { "extensions": {"accepts":[{"a":1}], "deep":[[[[{"x402Version":1}]]]]},
        "accepts": [ {"a" : "\u00e9]}"} , 7, "x", [{"b":2}], {"c":{"d":[1,{}]}}],
        "error":"Payment required", "x402Version" : 2 , "resource":null}"#;
    let challenge = read(Source::Header, text.as_bytes(), 64).unwrap();
    assert_eq!(challenge.version, ProtocolVersion::V2);
    assert_eq!(challenge.reason, "Payment required");
    let expected = [r#"{"a" : "\u00e9]}"}"#, r#"{"c":{"d":[1,{}]}}"#];
    assert_eq!(challenge.entries, expected.map(|entry| Ok(entry.to_string())));
}

#[test]
fn descriptive_members_of_version_1_are_left_out() {
    for (entry, kept) in [
        (r#"{"description":"x","a":1}"#, r#"{"a":1}"#),
        (r#"{ "description" : "x" , "a":1}"#, r#"{ "a":1}"#),
        (r#"{"a":1,"outputSchema":{"a":[1,{"description":2}]},"b":2}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a":1 ,"resource":5,"mimeType":null}"#, r#"{"a":1}"#),
        (r#"{"resource":5,"mimeType":null}"#, "{}"),
        (r#"{"resource":5}"#, "{}"),
        (r#"{"a":{"description":"x"},"resource":"y"}"#, r#"{"a":{"description":"x"}}"#),
        (r#"{"resource":1,"description":2,"a":3,"mimeType":4,"b":5}"#, r#"{"a":3,"b":5}"#),
    ] {
        let text = format!(r#"{{"x402Version":1,"accepts":[{entry}]}}"#);
        let challenge = read(Source::Body, text.as_bytes(), 200).unwrap();
        assert_eq!(challenge.entries, [Ok(kept.to_string())], "{entry}");
        assert!(serde_json::from_str::<serde_json::Value>(kept).is_ok());
        let text = text.replace(":1,\"accepts", ":2,\"accepts");
        let challenge = read(Source::Header, text.as_bytes(), 200).unwrap();
        assert_eq!(challenge.entries, [Ok(entry.to_string())]);
    }
}

#[test]
fn large_descriptions_take_no_room() {
    let description = "x".repeat(100_000);
    let text =
        format!(r#"{{"x402Version":1,"accepts":[{{"a":1,"description":"{description}","b":2}}]}}"#);
    let challenge = read(Source::Body, text.as_bytes(), 13).unwrap();
    assert_eq!(challenge.entries, [Ok(r#"{"a":1,"b":2}"#.to_string())]);
}

#[test]
fn what_does_not_fit_says_how_much_it_needs() {
    let text = br#"{"x402Version":2,"accepts":[{"a":"12345678"},{"a":1}]}"#;
    let challenge = read(Source::Header, text, 10).unwrap();
    let expected = [Err(Entry::TooLarge { needed: 16 }), Ok(r#"{"a":1}"#.to_string())];
    assert_eq!(challenge.entries, expected);
}

#[test]
fn deep_entries_are_skipped() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for (levels, deep) in [(7, false), (8, true), (28, true)] {
        let nested = nested(levels);
        let text = format!(r#"{{"x402Version":2,"accepts":[{{"a":{nested}}}]}}"#);
        let challenge = read(Source::Header, text.as_bytes(), 200).unwrap();
        let needed = levels as u8 + 1;
        assert_eq!(challenge.entries[0] == Err(Entry::TooDeep { needed }), deep, "{levels}");
    }
}

#[test]
fn versions() {
    let read = |source, version: &str| {
        let text = format!(r#"{{"x402Version":{version}}}"#);
        read(source, text.as_bytes(), 0).map(|challenge| challenge.version)
    };
    assert_eq!(read(Source::Header, "2"), Ok(ProtocolVersion::V2));
    assert_eq!(read(Source::Body, "1"), Ok(ProtocolVersion::V1));
    assert_eq!(read(Source::Body, "2"), Ok(ProtocolVersion::V2));
    assert_eq!(read(Source::Header, "1"), Err(ChallengeError::Version));
    for other in ["3", "0", "22", "2.0", "-2", "2,\"x402Version\":2"] {
        assert_eq!(read(Source::Body, other), Err(ChallengeError::Version), "{other}");
    }
    for missing in ["\"2\"", "null", "[2]"] {
        assert_eq!(read(Source::Body, missing), Err(ChallengeError::NotAChallenge), "{missing}");
    }
}

#[test]
fn other_json_is_no_challenge() {
    for text in ["[]", "7 ", "null", "{}", "\"x\"", r#"{"error":"x"}"#] {
        let error = read(Source::Body, text.as_bytes(), 0).err();
        assert_eq!(error, Some(ChallengeError::NotAChallenge), "{text}");
    }
    let accepts_object = br#"{"x402Version":2,"accepts":{"a":{"b":1}}}"#;
    assert!(read(Source::Header, accepts_object, 99).unwrap().entries.is_empty());
}

#[test]
fn every_truncation_is_noticed() {
    let text = br#"{"x402Version":1,"accepts":[{"description":"x","a":1}],"error":"e"}"#;
    for end in 0..text.len() {
        assert!(read(Source::Body, &text[..end], 64).is_err(), "{end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn mutations_never_panic_nor_write_past_the_entry(
        at: prop::sample::Index, byte: u8, body: bool, room in 0usize..80,
    ) {
        let mut text = br#"{"x402Version":2,"accepts":[{"resource":{"a":[1]},"b":"\u0041"},{}]}"#.to_vec();
        let at = at.index(text.len());
        text[at] = byte;
        let source = if body { Source::Body } else { Source::Header };
        if let Ok(challenge) = read(source, &text, room) {
            for entry in challenge.entries.into_iter().flatten() {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(entry.as_bytes()).is_ok());
            }
        }
    }
}
