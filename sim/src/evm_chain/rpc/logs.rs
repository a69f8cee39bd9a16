//! `eth_getLogs`, and how a log is shown.

use alloy_primitives::{Address, B256, Log};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::RpcError,
    parameters::{BlockTag, Parameters, quantity},
};
use crate::evm_chain::{Block, EvmChain, LogFilter};

/// Topics that a log has at most.
const MAX_TOPICS: usize = 4;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FilterArguments {
    from_block: Option<BlockTag>,
    to_block: Option<BlockTag>,
    block_hash: Option<B256>,
    address: Option<OneOrMany<Address>>,
    topics: Option<Vec<Option<OneOrMany<Option<B256>>>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

/// `eth_getLogs`.
pub(super) fn logs(chain: &EvmChain, parameters: &Parameters) -> Result<Value, RpcError> {
    let arguments: FilterArguments = parameters.required(0)?;
    let Some(filter) = arguments.filter(chain)? else {
        return Ok(json!([]));
    };
    let entries = chain.logs(&filter).into_iter();
    Ok(entries.map(|entry| describe(&entry.block, entry.index, &entry.log)).collect())
}

/// A log of a block with one transaction.
pub(super) fn describe(block: &Block, index: usize, log: &Log) -> Value {
    json!({
        "address": log.address,
        "topics": log.topics(),
        "data": log.data.data,
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "blockTimestamp": quantity(block.header.timestamp),
        "transactionHash": block.mined.as_ref().map(|mined| mined.transaction.tx_hash()),
        "transactionIndex": quantity(0u64),
        "logIndex": quantity(index as u64),
        "removed": false,
    })
}

impl FilterArguments {
    /// The filter; `None` if it begins after the newest block.
    fn filter(self, chain: &EvmChain) -> Result<Option<LogFilter>, RpcError> {
        let Some((first, last)) = self.range(chain)? else {
            return Ok(None);
        };
        let topics = self.topics.unwrap_or_default();
        if topics.len() > MAX_TOPICS {
            return Err(RpcError::invalid("exceed max topics"));
        }
        Ok(Some(LogFilter {
            blocks: first..=last,
            addresses: self.address.map(OneOrMany::into_vec).unwrap_or_default(),
            topics: topics.into_iter().map(alternatives).collect(),
        }))
    }

    fn range(&self, chain: &EvmChain) -> Result<Option<(u64, u64)>, RpcError> {
        if let Some(hash) = self.block_hash {
            if self.from_block.is_some() || self.to_block.is_some() {
                return Err(RpcError::invalid(
                    "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other",
                ));
            }
            let number = BlockTag::Hash(hash).number(chain);
            let number = number.ok_or_else(|| RpcError::Refused("unknown block".to_owned()))?;
            return Ok(Some((number, number)));
        }
        let newest = chain.block_number();
        let Some(first) = self.from_block.unwrap_or_default().number(chain) else {
            return Ok(None);
        };
        let last = self.to_block.unwrap_or_default().number(chain).unwrap_or(newest);
        if first > last {
            return Err(RpcError::invalid("invalid block range params"));
        }
        Ok(Some((first, last)))
    }
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::Many(many) => many,
            Self::One(one) => vec![one],
        }
    }
}

/// The values that may stand at a position; none for any. A `null` among them is for any, too.
fn alternatives(position: Option<OneOrMany<Option<B256>>>) -> Vec<B256> {
    let values = position.map(OneOrMany::into_vec).unwrap_or_default();
    values.into_iter().collect::<Option<Vec<B256>>>().unwrap_or_default()
}
