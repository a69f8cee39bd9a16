//! An EIP-3009 authorization as the client sent it: the fields, the domain and the signature.

use std::borrow::Cow;

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, hex};
use alloy_sol_types::{Eip712Domain, SolCall, SolStruct};
use serde_json::Value;

use super::contract::{Eip3009, Eip3009WithBytes, TransferWithAuthorization};

/// Bytes of a signature by a key: r, s and v.
const SIGNATURE_LENGTH: usize = 65;

/// A signature that ends like this brings along the contract that is to judge it (ERC-6492).
const ERC_6492_SUFFIX: [u8; 32] = [
    0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92,
    0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92,
];

/// A signed transfer of a token.
#[derive(Clone, Debug)]
pub(super) struct Authorization {
    pub(super) transfer: TransferWithAuthorization,
    pub(super) token: Token,
    signature: Bytes,
}

/// A token, and what its seller says of its EIP-712 domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) address: Address,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) chain_id: u64,
}

impl Authorization {
    /// Reads a payload: `{signature, authorization: {from, to, value, validAfter, validBefore,
    /// nonce}}`. Numbers are texts, decimal or behind `0x`; bare JSON numbers pass too, which in
    /// version 1 sellers refuse. Hexadecimal may be of either case, but for addresses, whose case is
    /// a checksum unless all of it is lower.
    pub(super) fn read(payload: &Value, token: Token) -> Option<Self> {
        let fields = &payload["authorization"];
        Some(Self {
            transfer: TransferWithAuthorization {
                from: address(fields["from"].as_str()?)?,
                to: address(fields["to"].as_str()?)?,
                value: number(&fields["value"])?,
                validAfter: number(&fields["validAfter"])?,
                validBefore: number(&fields["validBefore"])?,
                nonce: B256::from_slice(
                    &bytes(&fields["nonce"]).filter(|nonce| nonce.len() == 32)?,
                ),
            },
            token,
            signature: bytes(&payload["signature"])?,
        })
    }

    /// What the payer has signed.
    pub(super) fn digest(&self) -> B256 {
        self.transfer.eip712_signing_hash(&self.token.domain())
    }

    pub(super) fn signature(&self) -> &Bytes {
        &self.signature
    }

    /// Whether the signature brings along the contract that is to judge it.
    pub(super) fn deploys_its_wallet(&self) -> bool {
        self.signature.ends_with(&ERC_6492_SUFFIX)
    }

    /// Whether the payer's own key has made the signature.
    ///
    /// The token is stricter: it refuses a v that is 0 or 1, and the larger value of s.
    pub(super) fn is_signed_by_payer(&self) -> bool {
        let parts: Option<&[u8; SIGNATURE_LENGTH]> = self.signature.as_ref().try_into().ok();
        parts
            .and_then(|parts| alloy_primitives::Signature::from_raw_array(parts).ok())
            .and_then(|signature| signature.recover_address_from_prehash(&self.digest()).ok())
            == Some(self.transfer.from)
    }

    /// The call that settles: with v, r and s if the signature is a key's, else as it is.
    pub(super) fn call_data(&self) -> Bytes {
        let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } =
            self.transfer.clone();
        let split: Option<&[u8; SIGNATURE_LENGTH]> = self.signature.as_ref().try_into().ok();
        let data = match split.map(split_signature) {
            Some((r, s, v)) => Eip3009::transferWithAuthorizationCall {
                from,
                to,
                value,
                validAfter,
                validBefore,
                nonce,
                v,
                r,
                s,
            }
            .abi_encode(),
            None => Eip3009WithBytes::transferWithAuthorizationCall {
                from,
                to,
                value,
                validAfter,
                validBefore,
                nonce,
                signature: self.signature.clone(),
            }
            .abi_encode(),
        };
        data.into()
    }
}

impl Token {
    fn domain(&self) -> Eip712Domain {
        Eip712Domain {
            name: Some(Cow::Owned(self.name.clone())),
            version: Some(Cow::Owned(self.version.clone())),
            chain_id: Some(U256::from(self.chain_id)),
            verifying_contract: Some(self.address),
            salt: None,
        }
    }
}

/// An address in lower case, or with the right checksum (EIP-55).
pub(super) fn address(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x")?;
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Address::parse_checksummed(text, None).ok();
    }
    hex::decode_to_array(digits).ok().map(Address::new)
}

/// A whole number in decimal, or in hexadecimal behind `0x`.
pub(super) fn whole_number(text: &str) -> Option<U256> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| U256::from_str_radix(digits, radix.into()).ok()).flatten()
}

fn number(value: &Value) -> Option<U256> {
    match value {
        Value::String(text) => whole_number(text),
        Value::Number(number) => number.as_u64().map(U256::from),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<Bytes> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    hex::decode(digits).ok().map(Bytes::from)
}

fn split_signature(signature: &[u8; SIGNATURE_LENGTH]) -> (B256, B256, u8) {
    let [r @ .., _] = signature;
    let (r, s) = r.split_at(32);
    (FixedBytes::from_slice(r), FixedBytes::from_slice(s), signature[SIGNATURE_LENGTH - 1])
}
