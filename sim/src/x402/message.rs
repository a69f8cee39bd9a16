//! The JSON objects of the facilitator's interface, the same in v1 and v2.
//!
//! Payments and requirements stay raw JSON here: each reader takes from them what it checks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of `POST /verify` and `POST /settle`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FacilitatorRequest {
    /// The version of both objects.
    pub x402_version: u8,
    /// What the client sent.
    pub payment_payload: Value,
    /// The advertised entry that the seller holds the payment against.
    pub payment_requirements: Value,
}

/// The answer to `POST /verify`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyResponse {
    /// Whether the payment would settle now.
    pub is_valid: bool,
    /// Why not, as a word for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_reason: Option<String>,
    /// Why not, as a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_message: Option<String>,
    /// Whose money moves, if the payment could be read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
}

/// The answer to `POST /settle`, which is also the receipt in the client's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleResponse {
    /// Whether the money has moved.
    pub success: bool,
    /// Why not, as a word for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_reason: Option<String>,
    /// Why not, as a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Whose money moved or would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// The transaction's identifier; empty if nothing was sent.
    #[serde(default)]
    pub transaction: String,
    /// The network, named as in the payment.
    #[serde(default)]
    pub network: String,
    /// The amount that was charged, where a scheme lets it differ from the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// What extensions have to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Value>,
    /// What the scheme has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
}

/// The answer to `GET /supported`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Supported {
    /// The ways to pay that the facilitator settles.
    pub kinds: Vec<SupportedKind>,
    /// The extensions that it takes part in.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Its own addresses by network pattern.
    #[serde(default)]
    pub signers: Map<String, Value>,
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportedKind {
    /// The protocol version that names the network.
    pub x402_version: u8,
    /// The scheme.
    pub scheme: String,
    /// The network in that version's spelling.
    pub network: String,
    /// What the seller has to put into its requirements, as `feePayer` on Solana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Map<String, Value>>,
}
