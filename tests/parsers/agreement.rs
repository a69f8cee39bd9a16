//! The crate's readers say what independent ones say, on texts that are well-formed and damaged.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use embedded_x402::client::Url;
use embedded_x402::codec::base64::Decoder;
use embedded_x402::codec::json::{Event, JsonError, JsonStr, Tokenizer, Visitor};
use embedded_x402::sizes;
use embedded_x402::wire::{
    Amount, Entry, PaymentRequiredReader, PaymentRequirements, SettlementReader, Source,
};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::mutation::damaged;
use embedded_x402_tests::response::failure;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new();
    let mut bytes = Vec::new();
    for character in text {
        bytes.extend(decoder.push(*character).ok()?);
    }
    decoder.finish().is_ok().then_some(bytes)
}

#[test]
fn base64_agrees() {
    // As sellers' decoders are: padding is whole or missing; the bits behind the last byte count
    // for nothing.
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let with_padding = |mode| GeneralPurpose::new(&STANDARD, config.with_decode_padding_mode(mode));
    let reference = with_padding(DecodePaddingMode::RequireCanonical);
    let unpadded = with_padding(DecodePaddingMode::RequireNone);
    let texts: Vec<String> =
        (0..40).map(|length| reference.encode(&"sunny ".repeat(7).as_bytes()[..length])).collect();
    for text in damaged(&texts, 20_000, 11) {
        let expected = reference.decode(&text).or_else(|_| unpadded.decode(&text)).ok();
        assert_eq!(base64(&text), expected, "{:?}", String::from_utf8_lossy(&text));
    }
}

/// Rebuilds nothing: only whether the text is JSON.
struct Nobody;

impl Visitor for Nobody {
    type Error = JsonError;

    fn event(&mut self, _: u8, _: Event<'_>) -> Result<(), JsonError> {
        Ok(())
    }
}

fn tokenize(text: &[u8]) -> Result<(), JsonError> {
    let mut tokenizer = Tokenizer::new();
    text.iter().try_for_each(|byte| tokenizer.push(*byte, &mut Nobody))?;
    // A number at the outermost level ends with what follows it.
    tokenizer.push(b' ', &mut Nobody)?;
    tokenizer.finish()
}

#[test]
fn json_agrees() {
    let texts = [
        r#"{"a":[1,-2.5e+10,0.0,"x\u00e9\ud83c\udf26\n\"",true,false,null,{}],"b":[[],{"c":{}}]}"#,
        " [ 0 , -0 , 1E5 ] ",
        "-12.5e-3",
        "\"text\"",
        "null",
    ];
    let mut texts: Vec<String> = texts.map(str::to_owned).into();
    texts.push(challenge(&[entry(), entry_evm()]));
    for text in damaged(&texts, 30_000, 12) {
        let expected = serde_json::from_slice::<IgnoredAny>(&text).is_ok();
        assert_eq!(tokenize(&text).is_ok(), expected, "{:?}", String::from_utf8_lossy(&text));
    }
}

/// The entries of a challenge as the crate captures them; `None` if it is none.
fn entries(text: &[u8]) -> Option<Vec<String>> {
    let mut reader = PaymentRequiredReader::new(Source::Header);
    let mut buffer = [0; 2048];
    let mut entries = Vec::new();
    for byte in text {
        match reader.push(*byte, &mut buffer).ok()? {
            Some(Entry::Complete { length, verbatim: true }) => {
                entries.push(String::from_utf8(buffer[..length].to_vec()).unwrap_or_default());
            }
            Some(other) => panic!("{other:?}"),
            None => {}
        }
    }
    reader.finish().is_ok().then_some(entries)
}

#[derive(serde::Deserialize)]
struct Challenge<'c> {
    #[serde(rename = "x402Version")]
    version: u8,
    #[serde(borrow, default)]
    accepts: Vec<&'c RawValue>,
}

/// Whatever serde_json reads as a challenge, the crate reads with the same entries.
#[test]
fn challenges_agree() {
    let texts = [
        challenge(&[entry(), entry_evm(), priced("7")]),
        discoverable_challenge(&[entry(), json!({"a": {"b": [{"c": "]}"}]}}), json!({})]),
        challenge(&[]),
    ];
    let mut agreed = 0;
    for text in damaged(&texts, 4000, 13) {
        let Ok(challenge) = serde_json::from_slice::<Challenge<'_>>(&text) else { continue };
        let objects = challenge.accepts.iter().map(|entry| entry.get().to_owned());
        let objects = objects.filter(|entry| entry.starts_with('{')).collect::<Vec<_>>();
        let expected = (challenge.version == 2).then_some(objects);
        assert_eq!(entries(&text), expected, "{:?}", String::from_utf8_lossy(&text));
        agreed += 1;
    }
    assert!(agreed > 500, "{agreed} of them were challenges");
}

/// What the crate understands of an entry is what serde_json understands.
#[test]
fn requirements_agree() {
    let texts = [entry(), with_memo("a\"\\\u{1f326}"), entry_v1(), entry_evm()]
        .map(|entry| entry.to_string());
    let mut agreed = 0;
    for text in damaged(&texts, 30_000, 14) {
        let Ok(requirements) = PaymentRequirements::parse(&text) else { continue };
        let Ok(text) = std::str::from_utf8(&text) else { continue };
        let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
        let means = |text: JsonStr<'_>, value: &Value| {
            value.as_str().is_some_and(|value| text.means(value))
        };
        assert!(means(requirements.asset, &value["asset"]), "{text}");
        assert!(means(requirements.pay_to, &value["payTo"]), "{text}");
        assert_eq!(value["maxTimeoutSeconds"], json!(requirements.max_timeout_seconds), "{text}");
        let amount = value.get("amount").unwrap_or(&value["maxAmountRequired"]);
        assert_eq!(requirements.amount.ok(), canonical(amount.as_str().unwrap_or("")), "{text}");
        for (read, name) in [
            (requirements.extra.fee_payer, "feePayer"),
            (requirements.extra.memo, "memo"),
            (requirements.extra.recent_blockhash, "recentBlockhash"),
        ] {
            let there = value["extra"][name].as_str();
            assert_eq!(read.is_some(), there.is_some(), "{text}");
            assert!(read.is_none_or(|read| means(read, &value["extra"][name])), "{text}");
        }
        agreed += 1;
    }
    assert!(agreed > 5000, "{agreed} of them were entries");
}

/// The amount in its only spelling.
fn canonical(text: &str) -> Option<Amount> {
    let amount: u64 = text.parse().ok()?;
    (amount.to_string() == text).then_some(Amount(amount))
}

#[test]
fn amounts_agree() {
    let texts = ["0", "1000", "18446744073709551615", "18446744073709551616", "8199999.9"];
    for text in damaged(&texts.map(str::to_owned), 20_000, 15) {
        let Ok(text) = std::str::from_utf8(&text) else { continue };
        if !text.contains('\\') {
            assert_eq!(Amount::parse(JsonStr::from_raw(text)).ok(), canonical(text), "{text}");
        }
    }
}

#[test]
fn receipts_agree() {
    let mut success = failure("", "5HnzzpQjqNqhGq2RYMgGcW4cGFwcjq4xnVbZ6hZ9nBxN");
    success["success"] = json!(true);
    success["amount"] = json!("1000");
    let texts = [success, failure("settlement_pending", "")].map(|receipt| receipt.to_string());
    let mut agreed = 0;
    for text in damaged(&texts, 30_000, 16) {
        let mut reader = SettlementReader::new();
        let mut buffer = [0; sizes::RECEIPT];
        let pushed = text.iter().try_for_each(|byte| reader.push(*byte, &mut buffer));
        let Ok(receipt) = pushed.and_then(|()| reader.finish(&buffer)) else { continue };
        let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
        let shown = String::from_utf8_lossy(&text);
        assert_eq!(value["success"], json!(receipt.success), "{shown}");
        assert_eq!(
            receipt.transaction.as_str(),
            value["transaction"].as_str().unwrap_or(""),
            "{shown}"
        );
        let payer = value["payer"].as_str().filter(|payer| payer.len() <= sizes::ADDRESS);
        assert_eq!(receipt.payer.as_deref(), payer, "{shown}");
        let amount = value["amount"].as_str();
        assert_eq!(receipt.amount, amount.and_then(canonical), "{shown}");
        agreed += 1;
    }
    assert!(agreed > 5000, "{agreed} of them were receipts");
}

#[test]
fn urls_are_what_they_were_made_of() {
    let texts = ["http://seller.lan:4021/weather?x=1#y", "https://[::1]:80/", "http://a"];
    let mut read = 0;
    for text in damaged(&texts.map(str::to_owned), 20_000, 17) {
        let Ok(text) = std::str::from_utf8(&text) else { continue };
        let Some(url) = Url::parse(text) else { continue };
        let without_fragment = text.split('#').next().unwrap();
        assert_eq!([url.origin(), url.target()].concat(), without_fragment);
        assert!(url.origin().ends_with(url.authority()) && url.authority().contains(url.host()));
        assert!(!url.host().is_empty() && url.port() > 0 && !url.authority().contains('@'));
        assert!(url.target().is_empty() || url.target().starts_with(['/', '?']));
        assert!(without_fragment.bytes().all(|byte| byte.is_ascii_graphic()));
        read += 1;
    }
    assert!(read > 2000);
}
