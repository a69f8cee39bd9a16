//! A v1 payment, held against the schema of v1 sellers: they refuse what does not fit before the
//! facilitator sees it.

use serde_json::{Value, json};

use crate::x402::network;

/// The most characters of an authorization's `value`.
const VALUE_CHARACTERS: usize = 18;

/// Whether a field is as the schema wants it.
type Check = fn(&Value) -> bool;

/// What the schema objects to, in the long form that v1 sellers answer with.
pub(super) fn faults(payment: &Value) -> Option<String> {
    let checks: [(Check, &str, &str); 3] = [
        (is_version_1, "x402Version", "Invalid x402Version: expected 1"),
        (is_exact, "scheme", "Invalid scheme: expected 'exact'"),
        (is_network, "network", "Invalid network"),
    ];
    let mut issues: Vec<Value> = checks
        .iter()
        .filter(|(is_sound, field, _)| !is_sound(&payment[*field]))
        .map(|(_, field, message)| issue(&[field], &payment[*field], message))
        .collect();
    issues.extend(payload_issue(&payment["payload"]));
    (!issues.is_empty()).then(|| format!("{:#}", Value::Array(issues)))
}

/// A payload is for Solana or for an EVM chain; the schema does not ask which the network is.
fn payload_issue(payload: &Value) -> Option<Value> {
    let (evm, solana) = (evm_issues(payload), solana_issues(payload));
    if evm.is_empty() || solana.is_empty() {
        return None;
    }
    let of = |issues| json!({"issues": issues, "name": "ZodError"});
    Some(json!({
        "code": "invalid_union",
        "unionErrors": [of(evm), of(solana)],
        "path": ["payload"],
        "message": "Invalid input",
    }))
}

fn evm_issues(payload: &Value) -> Vec<Value> {
    let authorization = &payload["authorization"];
    let checks: [(Check, &str); 6] = [
        (is_address, "from"),
        (is_address, "to"),
        (is_value, "value"),
        (is_whole_number, "validAfter"),
        (is_whole_number, "validBefore"),
        (is_nonce, "nonce"),
    ];
    let faulty = checks.iter().filter(|(is_sound, field)| !is_sound(&authorization[*field]));
    let mut issues: Vec<Value> = faulty
        .map(|(_, field)| {
            issue(&["payload", "authorization", field], &authorization[*field], "Invalid")
        })
        .collect();
    if !is_hexadecimal(&payload["signature"]) {
        issues.push(issue(&["payload", "signature"], &payload["signature"], "Invalid"));
    }
    issues
}

fn solana_issues(payload: &Value) -> Vec<Value> {
    let transaction = &payload["transaction"];
    let fault = (!is_base64(transaction))
        .then(|| issue(&["payload", "transaction"], transaction, "Invalid"));
    fault.into_iter().collect()
}

fn is_version_1(version: &Value) -> bool {
    version.as_f64() == Some(1.0)
}

fn is_exact(scheme: &Value) -> bool {
    scheme == "exact"
}

/// A short name: identifiers are of version 2.
fn is_network(network: &Value) -> bool {
    let name = network.as_str().filter(|name| !name.contains(':'));
    name.is_some_and(|name| network::caip2(name).is_some())
}

fn is_address(value: &Value) -> bool {
    digits(value).is_some_and(|digits| digits.len() == 40 && is_hexadecimal(value))
}

fn is_nonce(value: &Value) -> bool {
    digits(value).is_some_and(|digits| digits.len() == 64 && is_hexadecimal(value))
}

fn is_hexadecimal(value: &Value) -> bool {
    digits(value).is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn digits(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix("0x")
}

fn is_value(value: &Value) -> bool {
    let length = value.as_str().map_or(0, |text| text.encode_utf16().count());
    is_whole_number(value) && length <= VALUE_CHARACTERS
}

/// A text that JavaScript takes for a whole number: an empty one is 0 to it.
fn is_whole_number(value: &Value) -> bool {
    let Some(text) = value.as_str().map(str::trim) else {
        return false;
    };
    let number = text.parse().is_ok_and(|number: f64| number >= 0.0 && number.fract() == 0.0);
    text.is_empty() || number || is_hexadecimal(&json!(text))
}

fn is_base64(value: &Value) -> bool {
    let is_of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    value.as_str().is_some_and(|text| {
        let bare = text.trim_end_matches('=');
        text.len() - bare.len() <= 2 && bare.bytes().all(is_of_alphabet)
    })
}

fn issue(path: &[&str], received: &Value, message: &str) -> Value {
    json!({
        "code": "custom",
        "path": path,
        "received": received,
        "message": message,
        "fatal": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evm_payment() -> Value {
        let address = format!("0x{}", "9a".repeat(20));
        json!({
            "x402Version": 1, "scheme": "exact", "network": "base-sepolia",
            "payload": {
                "signature": format!("0x{}", "9a".repeat(65)),
                "authorization": {
                    "from": address, "to": address, "value": "1000", "validAfter": "0",
                    "validBefore": "1800000000", "nonce": format!("0x{}", "9a".repeat(32)),
                },
            },
        })
    }

    /// What is said of an authorization in which one field is another.
    fn with(field: &str, value: Value) -> Option<String> {
        let mut payment = evm_payment();
        payment["payload"]["authorization"][field] = value;
        faults(&payment)
    }

    #[test]
    fn payments_on_both_chains_fit() {
        assert_eq!(faults(&evm_payment()), None);
        let mut solana = evm_payment();
        solana["payload"] = json!({"transaction": "AQ+/ID=="});
        assert_eq!(faults(&solana), None);
        let mut with_unknown_keys = evm_payment();
        with_unknown_keys["payload"]["more"] = json!(1);
        assert_eq!(faults(&with_unknown_keys), None);
    }

    #[test]
    fn every_field_of_an_authorization_is_a_text_of_its_form() {
        let long_nonce = json!(format!("0x{}", "9a".repeat(33)));
        for (field, wrong) in [
            ("from", json!("0x12")),
            ("to", json!("9a".repeat(20))),
            ("value", json!(1000)),
            ("value", json!("1000.5")),
            ("value", json!("-1")),
            ("value", json!("1000000000000000000")),
            ("validAfter", json!(0)),
            ("validAfter", json!(null)),
            ("validBefore", json!(1_800_000_000)),
            ("validBefore", json!("soon")),
            ("nonce", json!("0x9a")),
            ("nonce", long_nonce),
            ("nonce", json!("9a".repeat(32))),
        ] {
            let text = with(field, wrong.clone()).unwrap_or_else(|| panic!("{field}: {wrong}"));
            let issues: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(issues.as_array().unwrap().len(), 1, "{text}");
            let evm = &issues[0]["unionErrors"][0]["issues"];
            assert_eq!(evm.as_array().unwrap().len(), 1, "{text}");
            assert_eq!(evm[0]["path"], json!(["payload", "authorization", field]), "{text}");
        }
        for right in ["999999999999999999", "0x3e8", "", "1e3"] {
            assert_eq!(with("value", json!(right)), None, "{right:?}");
        }
    }

    #[test]
    fn signatures_are_hexadecimal_of_any_length_and_transactions_base64() {
        for (signature, is_sound) in
            [("0x9a", true), ("0x", false), ("9a", false), ("0xg0", false), ("", false)]
        {
            let mut payment = evm_payment();
            payment["payload"]["signature"] = json!(signature);
            assert_eq!(faults(&payment).is_none(), is_sound, "{signature:?}");
        }
        for (transaction, is_sound) in [
            (json!("AQID"), true),
            (json!("A-_D"), false),
            (json!("==="), false),
            (json!(7), false),
        ] {
            let mut payment = evm_payment();
            payment["payload"] = json!({"transaction": transaction});
            assert_eq!(faults(&payment).is_none(), is_sound, "{transaction}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let nothing = faults(&json!({})).unwrap();
        for field in ["x402Version", "scheme", "network", "signature", "transaction"] {
            assert!(nothing.contains(field), "{field}: {nothing}");
        }
    }
}
