//! On EVM chains the token's contract knows which authorizations it has seen.

use embedded_hal_async::delay::DelayNs;

use super::Finding;
use crate::client::EvmTrace;
use crate::io::evm_rpc::{Block, EvmRpc};
use crate::io::json_rpc::JsonRpc;
use crate::io::{Error, Fate, Transport};

/// Seconds that the newest block must be past the end of an authorization: so much of the chain may
/// still be replaced.
const REPLACED: u64 = 30;

/// Seconds that the newest block may be behind the present: on the slowest chains they come every 12.
const BEHIND: u64 = 90;

/// Asks whether the authorization was used, as of the newest block. An unused one is void for good
/// if that block is past its end: no later block is before. `clock` is the device's, in Unix seconds.
pub(super) async fn finding<T: Transport, D: DelayNs>(
    trace: &EvmTrace,
    clock: Option<u64>,
    node: JsonRpc<'_, T, D>,
) -> Result<Finding, Error> {
    let mut node = EvmRpc(node);
    if node.chain_id().await? != trace.chain_id {
        warning!("x402: the EVM node is of another chain than the payment");
        return Ok(Finding::Over(Fate::Unknown));
    }
    let block = node.newest_block().await?;
    let is_used =
        node.is_authorization_used(&trace.asset, &trace.from, &trace.nonce, &block).await?;
    let left = trace.valid_before.saturating_add(REPLACED).saturating_sub(block.timestamp);
    Ok(match (is_used, left) {
        (true, _) => Finding::Over(Fate::Settled),
        (false, 0) => Finding::Over(Fate::NotSettled),
        (false, _) if is_present(&block, clock) => {
            Finding::Pending { seconds: left.try_into().unwrap_or(u32::MAX) }
        }
        (false, _) => Finding::Over(Fate::Unknown),
    })
}

/// Whether the newest block is of the present, by the later of two clocks.
fn is_present(block: &Block, clock: Option<u64>) -> bool {
    let now = clock.into_iter().chain(block.date).max();
    now.is_some_and(|now| now <= block.timestamp.saturating_add(BEHIND))
}
