//! Transactions and messages as they travel in a call: bincode in base58 or base64, within the size
//! of a packet.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use solana_message::VersionedMessage;
use solana_transaction::versioned::VersionedTransaction;

use super::error::RpcError;

/// Bytes of the largest transaction: the data of an IPv6 packet of 1280 bytes.
const MAX_BYTES: usize = 1232;

/// Characters of the largest transaction in base58.
const MAX_BASE58: usize = 1683;

/// Characters of the largest transaction in base64.
const MAX_BASE64: usize = 1644;

/// How binary data is written in a call. A node takes base58 unless told otherwise.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WireEncoding {
    #[default]
    Base58,
    Base64,
}

pub(super) fn decode_transaction(
    text: &str,
    encoding: WireEncoding,
) -> Result<VersionedTransaction, RpcError> {
    let transaction: VersionedTransaction =
        decode(text, encoding, "solana_transaction::versioned::VersionedTransaction")?;
    transaction
        .sanitize()
        .map_err(|error| RpcError::invalid(format!("invalid transaction: {error}")))?;
    Ok(transaction)
}

pub(super) fn decode_message(text: &str) -> Result<VersionedMessage, RpcError> {
    decode(text, WireEncoding::Base64, "solana_message::versions::VersionedMessage")
}

fn decode<T: DeserializeOwned>(
    text: &str,
    encoding: WireEncoding,
    name: &str,
) -> Result<T, RpcError> {
    let bytes = match encoding {
        WireEncoding::Base58 => base58(text, name)?,
        WireEncoding::Base64 => base64(text, name)?,
    };
    if bytes.len() > MAX_BYTES {
        let length = bytes.len();
        return Err(RpcError::invalid(format!(
            "decoded {name} too large: {length} bytes (max: {MAX_BYTES} bytes)"
        )));
    }
    bincode::deserialize(&bytes)
        .map_err(|error| RpcError::invalid(format!("failed to deserialize {name}: {error}")))
}

fn base58(text: &str, name: &str) -> Result<Vec<u8>, RpcError> {
    fits(text, "base58", name, MAX_BASE58)?;
    bs58::decode(text)
        .into_vec()
        .map_err(|error| RpcError::invalid(format!("invalid base58 encoding: {error:?}")))
}

fn base64(text: &str, name: &str) -> Result<Vec<u8>, RpcError> {
    fits(text, "base64", name, MAX_BASE64)?;
    BASE64_STANDARD
        .decode(text)
        .map_err(|error| RpcError::invalid(format!("invalid base64 encoding: {error:?}")))
}

fn fits(text: &str, encoding: &str, name: &str, limit: usize) -> Result<(), RpcError> {
    let length = text.len();
    if length > limit {
        return Err(RpcError::invalid(format!(
            "{encoding} encoded {name} too large: {length} bytes \
             (max: encoded/raw {limit}/{MAX_BYTES})"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str, encoding: WireEncoding) -> Option<String> {
        decode_transaction(text, encoding).err().map(|error| error.to_string())
    }

    #[test]
    fn text_longer_than_a_packet_is_refused_before_it_is_decoded() {
        let message = complaint(&"A".repeat(1645), WireEncoding::Base64);
        assert_eq!(
            message.as_deref(),
            Some(
                "base64 encoded solana_transaction::versioned::VersionedTransaction too large: \
                 1645 bytes (max: encoded/raw 1644/1232)"
            )
        );
    }

    #[test]
    fn garbage_is_an_error_in_every_encoding() {
        let starts = |text, encoding, start| {
            assert!(complaint(text, encoding).is_some_and(|message| message.starts_with(start)));
        };
        starts("0", WireEncoding::Base58, "invalid base58 encoding");
        starts("!", WireEncoding::Base64, "invalid base64 encoding");
        starts("AAAA", WireEncoding::Base64, "failed to deserialize");
        let nobody_signs = BASE64_STANDARD.encode([0; 38]);
        starts(&nobody_signs, WireEncoding::Base64, "invalid transaction");
        starts("/w==", WireEncoding::Base64, "failed to deserialize");
    }
}
