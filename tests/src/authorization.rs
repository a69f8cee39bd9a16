//! The payment on an EVM chain, taken apart and verified without the crate's help.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use serde_json::Value;
use sha3::{Digest, Keccak256};

use crate::keys::EVM_DEVICE;
use crate::sent::SentRequest;

/// An authorization in a payment for USDC on Base Sepolia.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// All of the payload.
    pub payload: Value,
    pub value: u64,
    pub valid_after: u64,
    pub valid_before: u64,
    pub nonce: [u8; 32],
}

/// What that contract on that chain answers to `DOMAIN_SEPARATOR`.
const DOMAIN_SEPARATOR: &str = "71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818";

const TYPE: &str = "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

impl SentRequest {
    /// The authorization, if it carries one; that the device has signed it is checked.
    pub fn authorization(&self) -> Option<Authorization> {
        let (name, value) = self.payment_field()?;
        let payload: Value = serde_json::from_slice(&STANDARD.decode(value).ok()?).ok()?;
        let version = if name == "PAYMENT-SIGNATURE" { 2 } else { 1 };
        assert_eq!(payload["x402Version"], version);
        payload["payload"]["authorization"].is_object().then(|| Authorization::read(payload))
    }
}

impl Authorization {
    fn read(payload: Value) -> Self {
        let member = |name: &str| payload["payload"]["authorization"][name].as_str().expect(name);
        let number = |name: &str| member(name).parse().expect("a decimal number");
        assert_eq!(signer(&payload["payload"]), EVM_DEVICE);
        assert_eq!(member("from"), EVM_DEVICE);
        Authorization {
            value: number("value"),
            valid_after: number("validAfter"),
            valid_before: number("validBefore"),
            nonce: bytes(member("nonce")).try_into().expect("32 bytes"),
            payload,
        }
    }
}

/// Who signed: the address that the signature recovers to.
fn signer(payload: &Value) -> String {
    let signature = bytes(payload["signature"].as_str().expect("a signature"));
    let (r_s, v) = signature.split_at(64);
    let signature = Signature::from_slice(r_s).expect("r and s");
    let recovery_id = RecoveryId::from_byte(v[0] - 27).expect("v of 27 or 28");
    let digest = digest(&payload["authorization"]);
    let key = VerifyingKey::recover_from_prehash(&digest, &signature, recovery_id);
    let point = key.expect("a recoverable signature").to_sec1_point(false);
    let hash = Keccak256::digest(&point.as_bytes()[1..]);
    hash[12..].iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn digest(authorization: &Value) -> [u8; 32] {
    let member = |name: &str| authorization[name].as_str().expect(name);
    let mut encoded = Keccak256::digest(TYPE).to_vec();
    for name in ["from", "to"] {
        encoded.extend([[0; 12].as_slice(), &bytes(member(name))].concat());
    }
    for name in ["value", "validAfter", "validBefore"] {
        let number: u64 = member(name).parse().expect("a decimal number");
        encoded.extend([[0; 24].as_slice(), &number.to_be_bytes()].concat());
    }
    encoded.extend(bytes(member("nonce")));
    let separator = bytes(&format!("0x{DOMAIN_SEPARATOR}"));
    let hash = Keccak256::digest(&encoded);
    Keccak256::digest([&[0x19, 0x01], separator.as_slice(), hash.as_slice()].concat()).into()
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").expect("0x").as_bytes();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two digits")).collect()
}
