//! JSON in HTTP headers: base64 of UTF-8, as the reference servers read and write it.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Serialize;
use serde_json::Value;

/// Header of the 402 that carries the requirements (v2).
pub const PAYMENT_REQUIRED: &str = "payment-required";
/// Header of the request that carries the payment (v2).
pub const PAYMENT_SIGNATURE: &str = "payment-signature";
/// Header of the answer that carries the receipt (v2).
pub const PAYMENT_RESPONSE: &str = "payment-response";
/// Header of the request that carries the payment (v1).
pub const X_PAYMENT: &str = "x-payment";
/// Header of the answer that carries the receipt (v1).
pub const X_PAYMENT_RESPONSE: &str = "x-payment-response";

/// The value of a header: padded base64 of the message's compact JSON.
pub fn encode<T: Serialize>(message: &T) -> Result<String, serde_json::Error> {
    Ok(STANDARD.encode(serde_json::to_vec(message)?))
}

/// The JSON in a header's value, or nothing if it is not base64 of JSON.
///
/// The standard alphabet with or without padding is understood, the URL-safe one is not: that is
/// how the reference servers decode.
pub fn decode(value: &[u8]) -> Option<Value> {
    serde_json::from_slice(&decode_base64(value)?).ok()
}

/// The bytes of standard base64 with or without padding.
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
}

/// Decoding as a browser's `atob` does: padding and unused trailing bits do not matter.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_encoded_is_padded_and_decodes() {
        let encoded = encode(&json!({"a": 1})).unwrap();
        assert_eq!(encoded, "eyJhIjoxfQ==");
        assert_eq!(decode(encoded.as_bytes()), Some(json!({"a": 1})));
    }

    #[test]
    fn missing_padding_is_accepted() {
        assert_eq!(decode(b"eyJhIjoxfQ"), Some(json!({"a": 1})));
    }

    #[test]
    fn url_safe_base64_and_other_text_are_no_message() {
        let unsafe_characters = STANDARD.encode("{\"a\":\"\u{7ff}\u{7ff}?\u{7ff}>>\"}");
        let url_safe = unsafe_characters.replace('+', "-").replace('/', "_");
        assert_ne!(unsafe_characters, url_safe);
        assert_eq!(decode(url_safe.as_bytes()), None);
        assert_eq!(decode(b"not base64 at all"), None);
        assert_eq!(decode(STANDARD.encode("not JSON").as_bytes()), None);
    }
}
