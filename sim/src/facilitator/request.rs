//! The payment in a facilitator's request, read once into the fields that the checks compare.

use serde::Deserialize;
use serde_json::Value;

use super::reason::Reason;
use crate::x402::{FacilitatorRequest, Version};

/// What the client claims and what the seller requires, of either version.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) version: Version,
    /// The scheme that the client says it used.
    pub(super) scheme: String,
    /// The network that the client says it paid on.
    pub(super) network: String,
    /// The transaction in base64, if the payload has one.
    pub(super) transaction: Option<String>,
    pub(super) requirements: Requirements,
}

/// The seller's entry in the fields that matter on Solana.
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
    pub(super) fn read(request: &FacilitatorRequest) -> Result<Self, Reason> {
        let version =
            Version::try_from(request.x402_version).map_err(|_| Reason::UnknownVersion)?;
        let requirements = Requirements::deserialize(&request.payment_requirements)
            .map_err(|_| Reason::MalformedRequirements)?;
        let claimed = claimed_requirements(version, &request.payment_payload);
        Ok(Self {
            version,
            scheme: text(&claimed["scheme"]).unwrap_or_default(),
            network: text(&claimed["network"]).unwrap_or_default(),
            transaction: text(&request.payment_payload["payload"]["transaction"]),
            requirements,
        })
    }
}

impl Requirements {
    /// Who has to pay the network's fee, if the seller says so.
    pub(super) fn fee_payer(&self) -> Option<&str> {
        self.extra_text("feePayer")
    }

    /// The memo that the transaction must carry, if the seller wants one.
    pub(super) fn memo(&self) -> Option<&str> {
        self.extra_text("memo").filter(|memo| !memo.is_empty())
    }

    fn extra_text(&self, key: &str) -> Option<&str> {
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
