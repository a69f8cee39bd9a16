//! Does a payment answer what was advertised? JSON is compared as JavaScript compares it: key
//! order is free, and `60` is `6.0e1`.

use serde_json::{Map, Value};

/// The advertised v2 entry that a payment's `accepted` echoes.
///
/// Outside `extra` both must be equal, key for key. `extra` may have grown on its way, but must
/// not have lost or changed anything.
pub(super) fn echoed_entry<'a>(advertised: &'a [Value], accepted: &Value) -> Option<&'a Value> {
    let accepted = accepted.as_object()?;
    advertised.iter().find(|entry| is_echo(entry, accepted))
}

/// The advertised v1 entry for a payment: scheme and network are all that v1 looks at.
pub(super) fn entry_by_network<'a>(advertised: &'a [Value], payment: &Value) -> Option<&'a Value> {
    advertised.iter().find(|entry| {
        ["scheme", "network"]
            .iter()
            .all(|key| entry[*key].is_string() && entry[*key] == payment[*key])
    })
}

/// Whether the extensions in a payment repeat what was advertised under their names.
///
/// Leaving an extension out is fine, and so is adding one. `schema` is never looked at.
pub(super) fn extensions_match(advertised: &Map<String, Value>, echoed: &Value) -> bool {
    let Some(echoed) = echoed.as_object() else {
        return true;
    };
    echoed.iter().all(|(name, extension)| {
        let info = advertised.get(name).and_then(|own| own.get("info"));
        info.is_none_or(|info| contains(&extension["info"], &without(info, dynamic_info(name))))
    })
}

fn is_echo(entry: &Value, accepted: &Map<String, Value>) -> bool {
    let Some(entry) = entry.as_object() else {
        return false;
    };
    let extra = entry.get("extra").unwrap_or(&Value::Null);
    let required = without(extra, exempt_extra(entry));
    let echoed = accepted.get("extra").unwrap_or(&Value::Null);
    same_besides_extra(entry, accepted) && (required.is_null() || contains(echoed, &required))
}

fn same_besides_extra(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let fields =
        |object: &Map<String, Value>| object.len() - usize::from(object.contains_key("extra"));
    let mut shared = one.iter().filter(|(key, _)| *key != "extra");
    fields(one) == fields(other)
        && shared.all(|(key, value)| other.get(key).is_some_and(|echo| equal(value, echo)))
}

/// What changes from one challenge to the next and thus need not be echoed.
fn exempt_extra(entry: &Map<String, Value>) -> &'static [&'static str] {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("scheme") {
        "exact" if text("network").starts_with("solana:") => {
            &["recentBlockhash", "lastValidBlockHeight"]
        }
        _ => &[],
    }
}

/// The fields of an extension's `info` that each challenge fills anew.
fn dynamic_info(extension: &str) -> &'static [&'static str] {
    match extension {
        "sign-in-with-x" => &["nonce", "issuedAt", "expirationTime"],
        "offer-receipt" => &["offers"],
        _ => &[],
    }
}

fn without(value: &Value, keys: &[&str]) -> Value {
    let mut value = value.clone();
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, _| !keys.contains(&key.as_str()));
    }
    value
}

/// Whether `whole` has everything that `part` has. Arrays are equal or not, never parts.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|own| contains(own, value)))
        }
        _ => equal(whole, part),
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|own| equal(own, value)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn solana() -> Value {
        json!({
            "scheme": "exact", "network": "solana:devnet", "amount": "1000", "asset": "mint",
            "payTo": "owner", "maxTimeoutSeconds": 60,
            "extra": {
                "feePayer": "payer", "recentBlockhash": "hash", "lastValidBlockHeight": "7",
                "list": [1, 2], "deep": {"a": 1, "b": null},
            },
        })
    }

    fn evm() -> Value {
        json!({
            "scheme": "exact", "network": "eip155:84532", "amount": "1000", "asset": "0xAb",
            "payTo": "0xCd", "maxTimeoutSeconds": 60, "extra": {"name": "USDC", "version": "2"},
        })
    }

    /// What the server says to an entry that was changed on its way back.
    fn accepted(entry: &Value, change: impl FnOnce(&mut Value)) -> bool {
        let mut echo = entry.clone();
        change(&mut echo);
        echoed_entry(std::slice::from_ref(entry), &echo).is_some()
    }

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn verbatim_copies_match_their_own_entry() {
        let advertised = [solana(), evm()];
        assert_eq!(echoed_entry(&advertised, &evm()), Some(&advertised[1]));
        assert_eq!(echoed_entry(&advertised, &solana()), Some(&advertised[0]));
    }

    #[test]
    fn key_order_and_spelling_of_numbers_are_free() {
        let advertised = [evm()];
        let reordered = parsed(
            r#"{"extra":{"version":"2","name":"\u0055SDC"},"maxTimeoutSeconds":6.0e1,
                "payTo":"0xCd","asset":"0xAb","amount":"1000","network":"eip155:84532",
                "scheme":"exact"}"#,
        );
        assert!(echoed_entry(&advertised, &reordered).is_some());
    }

    #[test]
    fn the_fields_must_be_the_same() {
        assert!(!accepted(&evm(), |echo| echo["more"] = json!(1)));
        assert!(!accepted(&evm(), |echo| echo["amount"] = json!(1000)));
        assert!(!accepted(&evm(), |echo| echo["amount"] = json!("01000")));
        assert!(!accepted(&evm(), |echo| echo["asset"] = json!("0xab")));
        assert!(!accepted(&evm(), |echo| drop(echo["payTo"].take())));
        assert!(!accepted(&evm(), |echo| {
            echo.as_object_mut().unwrap().remove("payTo");
        }));
        assert!(echoed_entry(&[evm()], &Value::Null).is_none());
    }

    #[test]
    fn extra_may_grow_but_not_shrink() {
        assert!(accepted(&evm(), |echo| echo["extra"]["more"] = json!(1)));
        assert!(!accepted(&evm(), |echo| echo["extra"]["name"] = json!("usdc")));
        assert!(!accepted(&evm(), |echo| echo["extra"] = json!({"name": "USDC"})));
        assert!(!accepted(&evm(), |echo| echo["extra"] = Value::Null));
    }

    #[test]
    fn extra_is_compared_deep_and_arrays_as_wholes() {
        assert!(accepted(&solana(), |echo| echo["extra"]["deep"]["c"] = json!(1)));
        assert!(!accepted(&solana(), |echo| echo["extra"]["deep"] = json!({"a": 1})));
        assert!(!accepted(&solana(), |echo| echo["extra"]["list"] = json!([1, 2, 3])));
        assert!(!accepted(&solana(), |echo| echo["extra"]["list"] = json!([2, 1])));
    }

    #[test]
    fn the_blockhash_need_not_be_echoed_on_solana() {
        assert!(accepted(&solana(), |echo| echo["extra"]["recentBlockhash"] = json!("x")));
        assert!(accepted(&solana(), |echo| {
            let extra = echo["extra"].as_object_mut().unwrap();
            extra.remove("recentBlockhash");
            extra.remove("lastValidBlockHeight");
        }));
        assert!(!accepted(&solana(), |echo| echo["extra"]["feePayer"] = json!("x")));
        let mut evm = evm();
        evm["extra"]["recentBlockhash"] = json!("hash");
        assert!(!accepted(&evm, |echo| echo["extra"]["recentBlockhash"] = json!("x")));
    }

    #[test]
    fn an_entry_without_extra_lets_the_client_add_one() {
        let mut bare = evm();
        bare.as_object_mut().unwrap().remove("extra");
        assert!(accepted(&bare, |_| {}));
        assert!(accepted(&bare, |echo| echo["extra"] = json!({"more": 1})));
    }

    #[test]
    fn v1_looks_at_scheme_and_network_only() {
        let advertised = [evm(), solana()];
        let payment = json!({"x402Version": 1, "scheme": "exact", "network": "solana:devnet"});
        assert_eq!(entry_by_network(&advertised, &payment), Some(&advertised[1]));
        assert_eq!(entry_by_network(&advertised, &json!({"scheme": "exact"})), None);
    }

    fn advertised_extensions() -> Map<String, Value> {
        let Value::Object(extensions) = json!({
            "bazaar": {"info": {"input": {"type": "http"}}, "schema": {"big": true}},
            "payment-identifier": {"info": {"required": true}, "schema": {}},
            "sign-in-with-x": {"info": {"domain": "d", "nonce": "1"}, "supportedChains": []},
        }) else {
            unreachable!()
        };
        extensions
    }

    #[test]
    fn extensions_may_be_left_out() {
        for echoed in [Value::Null, json!({}), json!({"unadvertised": {"info": {"a": 1}}})] {
            assert!(extensions_match(&advertised_extensions(), &echoed));
        }
    }

    #[test]
    fn echoed_info_contains_the_advertised_one() {
        let matches = |echoed| extensions_match(&advertised_extensions(), &echoed);
        let id = |info| json!({"payment-identifier": {"info": info}});
        assert!(matches(id(json!({"required": true, "id": "0123456789abcdef"}))));
        assert!(!matches(id(json!({"id": "0123456789abcdef"}))));
        assert!(!matches(json!({"payment-identifier": {}})));
        assert!(matches(json!({"bazaar": {"info": {"input": {"type": "http"}}, "schema": 5}})));
        assert!(matches(json!({"sign-in-with-x": {"info": {"domain": "d", "nonce": "2"}}})));
        assert!(!matches(json!({"sign-in-with-x": {"info": {"domain": "e", "nonce": "1"}}})));
    }
}
