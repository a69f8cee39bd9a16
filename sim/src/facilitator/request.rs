//! The payment in a facilitator's request, read once into the fields that the checks compare.

use serde::Deserialize;
use serde_json::Value;

use super::reason::RequestFault;
use crate::x402::{FacilitatorRequest, Version};

/// What the client claims and what the seller requires, of either version.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) version: Version,
    /// The scheme that the client says it used.
    pub(super) scheme: String,
    /// The network that the client says it paid on.
    pub(super) network: String,
    /// What the client signed: another object for each kind of chain.
    pub(super) payload: Value,
    pub(super) requirements: Requirements,
}

/// The seller's entry in the fields that facilitators look at.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requirements {
    pub(super) scheme: String,
    pub(super) network: String,
    #[serde(alias = "maxAmountRequired")]
    pub(super) amount: String,
    pub(super) asset: String,
    pub(super) pay_to: String,
    #[serde(default)]
    extra: Option<Value>,
}

impl Payment {
    /// Reads a request. The payment may be any nonsense: that is for the checks to name.
    pub(super) fn read(request: &FacilitatorRequest) -> Result<Self, RequestFault> {
        let version =
            Version::try_from(request.x402_version).map_err(|_| RequestFault::UnknownVersion)?;
        let requirements = Requirements::deserialize(&request.payment_requirements)
            .map_err(|_| RequestFault::MalformedRequirements)?;
        let claimed = claimed_requirements(version, &request.payment_payload);
        Ok(Self {
            version,
            scheme: text(&claimed["scheme"]).unwrap_or_default(),
            network: text(&claimed["network"]).unwrap_or_default(),
            payload: request.payment_payload["payload"].clone(),
            requirements,
        })
    }
}

impl Requirements {
    /// A text that the seller has put into `extra`.
    pub(super) fn extra_text(&self, key: &str) -> Option<&str> {
        self.extra.as_ref()?.get(key)?.as_str()
    }
}

/// Where the payload names scheme and network: v2 echoes the entry, v1 is flat.
fn claimed_requirements(version: Version, payload: &Value) -> &Value {
    match version {
        Version::V1 => payload,
        Version::V2 => &payload["accepted"],
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
