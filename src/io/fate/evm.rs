//! On EVM chains the token's contract knows which authorizations it has seen.

use embedded_hal_async::delay::DelayNs;

use crate::client::EvmTrace;
use crate::io::evm_rpc::EvmRpc;
use crate::io::json_rpc::JsonRpc;
use crate::io::{Error, Fate, Transport};

/// Seconds that the newest block must be past the end of an authorization: so much of the chain may
/// still be replaced.
const REPLACED: u64 = 30;

/// Asks whether the authorization was used, as of the newest block. An unused one is void for good
/// if that block is past its end: no later block is before.
pub(super) async fn fate<T: Transport, D: DelayNs>(
    trace: &EvmTrace,
    node: JsonRpc<'_, T, D>,
) -> Result<Fate, Error> {
    let mut node = EvmRpc(node);
    if node.chain_id().await? != trace.chain_id {
        warning!("x402: the EVM node is of another chain than the payment");
        return Ok(Fate::Unknown);
    }
    let block = node.newest_block().await?;
    let is_used =
        node.is_authorization_used(&trace.asset, &trace.from, &trace.nonce, &block).await?;
    let is_void = block.timestamp >= trace.valid_before.saturating_add(REPLACED);
    Ok(match (is_used, is_void) {
        (true, _) => Fate::Settled,
        (false, true) => Fate::NotSettled,
        (false, false) => Fate::Unknown,
    })
}
