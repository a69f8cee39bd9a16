//! What Ethereum's methods take: blocks by their names; and numbers as Ethereum writes them.

use alloy_primitives::{B256, U64, U256};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::error::RpcError;
use crate::{evm_chain::EvmChain, json_rpc};

/// Positional parameters.
pub(super) type Parameters = json_rpc::Parameters<RpcError>;

/// Which block is meant.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockTag {
    /// The newest. No block is ever taken back, so "safe" and "finalized" are the same.
    #[default]
    Latest,
    Number(u64),
    Hash(B256),
}

impl Parameters {
    /// Number of the block at this position, the newest if there is none; an error if the chain has
    /// no such block.
    pub(super) fn block(&self, index: usize, chain: &EvmChain) -> Result<u64, RpcError> {
        let tag: BlockTag = self.optional(index)?.unwrap_or_default();
        tag.number(chain).ok_or_else(|| RpcError::Refused("header not found".to_owned()))
    }
}

impl BlockTag {
    /// The number, if the chain has the block.
    pub(super) fn number(self, chain: &EvmChain) -> Option<u64> {
        let newest = chain.block_number();
        match self {
            Self::Latest => Some(newest),
            Self::Number(number) => (number <= newest).then_some(number),
            Self::Hash(hash) => chain.block_by_hash(hash).map(|block| block.header.number),
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "latest" | "pending" | "safe" | "finalized" => Ok(Self::Latest),
            "earliest" => Ok(Self::Number(0)),
            number => parse_quantity(number).map(Self::Number),
        }
    }
}

impl<'de> Deserialize<'de> for BlockTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            #[serde(rename_all = "camelCase")]
            Hash {
                block_hash: B256,
            },
            #[serde(rename_all = "camelCase")]
            Number {
                block_number: U64,
            },
        }
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Self::parse(&text).map_err(serde::de::Error::custom),
            Written::Hash { block_hash } => Ok(Self::Hash(block_hash)),
            Written::Number { block_number } => Ok(Self::Number(block_number.to())),
        }
    }
}

/// A number as Ethereum writes it: hexadecimal without leading zeros.
pub(super) fn quantity(number: impl Into<u128>) -> Value {
    json!(format!("{:#x}", number.into()))
}

/// The same for a number of up to 256 bits.
pub(super) fn wide_quantity(number: U256) -> Value {
    json!(format!("{number:#x}"))
}

fn parse_quantity(text: &str) -> Result<u64, &'static str> {
    let digits = text.strip_prefix("0x").ok_or("hex string without 0x prefix")?;
    if digits.starts_with('+') {
        return Err("invalid hex string");
    }
    u64::from_str_radix(digits, 16).map_err(|_| "invalid hex string")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(value: Value) -> Option<BlockTag> {
        serde_json::from_value(value).ok()
    }

    #[test]
    fn blocks_are_named_by_tag_number_or_hash() {
        assert_eq!(tag(json!("finalized")), Some(BlockTag::Latest));
        assert_eq!(tag(json!("earliest")), Some(BlockTag::Number(0)));
        assert_eq!(tag(json!("0x1f")), Some(BlockTag::Number(31)));
        assert_eq!(tag(json!({"blockNumber": "0x2"})), Some(BlockTag::Number(2)));
        assert_eq!(tag(json!({"blockHash": B256::ZERO})), Some(BlockTag::Hash(B256::ZERO)));
        for wrong in [json!("31"), json!("0x"), json!("0x+1"), json!("soon"), json!(31), json!({})]
        {
            assert_eq!(tag(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_have_no_leading_zeros() {
        assert_eq!(quantity(0u64), "0x0");
        assert_eq!(quantity(84_532u64), "0x14a34");
        assert_eq!(wide_quantity(U256::from(255)), "0xff");
    }
}
