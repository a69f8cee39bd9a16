//! The `exact` scheme on EVM chains: one authorization of EIP-3009, which the facilitator hands to
//! the token's contract and pays the gas for.
//!
//! What is signed is what the seller's challenge says: the domain's name and version stand in
//! `extra` and nowhere else, the chain in the network, the contract in `asset`. A wrong one makes a
//! signature that no contract takes; it moves nothing.
//!
//! A payer whose address has code (EIP-7702) is verified by that code: whether it takes a plain
//! signature is the integrator's to know.

use super::SchemeError;
use crate::codec::json::JsonStr;
use crate::evm::{Address, Domain, TransferWithAuthorization};
use crate::wire::{Network, PaymentRequirements, ProtocolVersion};

/// In version 1 an authorization is valid from this long ago, in seconds, as its clients have it: for
/// facilitators whose clock is late.
const CLOCK_TOLERANCE_V1: u64 = 600;

/// Characters of an address: `0x` and 40 digits.
const ADDRESS: usize = 42;

/// One entry of `accepts`, as this scheme reads it.
#[derive(Debug, Clone, Copy)]
pub struct ExactEvm<'a> {
    version: ProtocolVersion,
    chain_id: u64,
    amount: u64,
    asset: Address,
    pay_to: Address,
    domain_name: JsonStr<'a>,
    domain_version: JsonStr<'a>,
    max_timeout_seconds: u64,
}

impl<'a> ExactEvm<'a> {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`SchemeError`] if a member is missing or malformed, or it wants another transfer method.
    pub fn new(entry: &PaymentRequirements<'a>) -> Result<Self, SchemeError> {
        let extra = &entry.extra;
        if extra.asset_transfer_method.is_some_and(|method| !method.means("eip3009")) {
            return Err(SchemeError::TransferMethod);
        }
        let Some(Network::Eip155(chain_id)) = entry.network else { return Err(SchemeError::Asset) };
        Ok(ExactEvm {
            version: entry.version,
            chain_id,
            amount: entry.amount.map_err(|_| SchemeError::Amount)?.0,
            asset: address(entry.asset).ok_or(SchemeError::Asset)?,
            pay_to: address(entry.pay_to).ok_or(SchemeError::PayTo)?,
            domain_name: extra.name.ok_or(SchemeError::DomainMissing)?,
            domain_version: extra.version.ok_or(SchemeError::DomainMissing)?,
            max_timeout_seconds: entry.max_timeout_seconds,
        })
    }

    /// The token's contract.
    pub fn asset(&self) -> Address {
        self.asset
    }

    /// Whether this payer can pay it: not to itself.
    ///
    /// # Errors
    /// [`SchemeError::PaysItself`].
    pub fn check_payer(&self, payer: &Address) -> Result<(), SchemeError> {
        if self.pay_to == *payer { Err(SchemeError::PaysItself) } else { Ok(()) }
    }

    /// The authorization to sign at Unix time `now`, in seconds: valid for as long as the seller
    /// asks, but no longer than `max_timeout_seconds`.
    ///
    /// # Errors
    /// [`SchemeError::Timeout`] if that is no time at all.
    pub fn authorization(
        &self,
        payer: Address,
        now: u64,
        max_timeout_seconds: u64,
        nonce: [u8; 32],
    ) -> Result<TransferWithAuthorization, SchemeError> {
        let seconds = self.max_timeout_seconds.min(max_timeout_seconds);
        let valid_before = now.checked_add(seconds).filter(|end| *end > now);
        Ok(TransferWithAuthorization {
            from: payer,
            to: self.pay_to,
            value: self.amount,
            valid_after: match self.version {
                ProtocolVersion::V1 => now.saturating_sub(CLOCK_TOLERANCE_V1),
                ProtocolVersion::V2 => 0,
            },
            valid_before: valid_before.ok_or(SchemeError::Timeout)?,
            nonce,
        })
    }

    /// What the payer signs.
    pub fn digest(&self, authorization: &TransferWithAuthorization) -> [u8; 32] {
        let domain = Domain {
            name: self.domain_name.chars(),
            version: self.domain_version.chars(),
            chain_id: self.chain_id,
            verifying_contract: self.asset,
        };
        authorization.digest(&domain.separator())
    }
}

fn address(text: JsonStr<'_>) -> Option<Address> {
    Address::from_hex(&text.unescape::<ADDRESS>()?).ok()
}
