//! What Solana's methods take: a context as the last parameter, addresses in base58.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_commitment_config::CommitmentLevel;

use super::error::RpcError;
use crate::{chain::Chain, json_rpc};

/// Positional parameters.
pub(super) type Parameters = json_rpc::Parameters<RpcError>;

/// What nearly every method takes as its last parameter.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Context {
    pub(super) commitment: Option<CommitmentLevel>,
    pub(super) min_context_slot: Option<u64>,
}

impl Parameters {
    pub(super) fn address(&self, index: usize) -> Result<Address, RpcError> {
        parse(&self.required::<String>(index)?)
    }
}

impl Context {
    pub(super) fn commitment(self) -> CommitmentLevel {
        self.commitment.unwrap_or_default()
    }

    /// The slot that answers this call; an error if the caller has seen a later one.
    pub(super) fn slot(self, chain: &Chain) -> Result<u64, RpcError> {
        let context_slot = chain.slot(self.commitment());
        if self.min_context_slot.is_some_and(|min| min > context_slot) {
            return Err(RpcError::MinimumContextSlot { context_slot });
        }
        Ok(context_slot)
    }

    /// Wraps a value with the slot that it is true for.
    pub(super) fn wrap(self, chain: &Chain, value: Value) -> Result<Value, RpcError> {
        let slot = self.slot(chain)?;
        Ok(json!({ "context": { "apiVersion": API_VERSION, "slot": slot }, "value": value }))
    }
}

/// The Agave release whose answers these are.
pub(super) const API_VERSION: &str = "4.0.0";

/// Reads an address, hash or signature from base58.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, RpcError>
where
    T::Err: std::fmt::Debug,
{
    text.parse().map_err(|error| RpcError::invalid(format!("Invalid param: {error:?}")))
}

/// Refuses lists that are longer than a node takes.
pub(super) fn at_most<T>(limit: usize, inputs: &[T]) -> Result<(), RpcError> {
    if inputs.len() > limit {
        let message = format!("Too many inputs provided; max {limit}");
        return Err(RpcError::invalid(message));
    }
    Ok(())
}
