//! Calls of the token by the chain itself: minting and reading.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use revm::{DatabaseCommit, SystemCallEvm, context::result::ExecutionResult};

use super::{execution::Call, genesis, ledger::Ledger, revert};

/// Why tokens could not be minted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FundingError {
    /// The contract refused.
    #[error("minting: {0}")]
    Refused(String),
}

impl Ledger {
    /// Mints through the contract, which lets nobody do so but the caller of system calls.
    pub(super) fn fund_token(&mut self, to: Address, amount: U256) -> Result<(), FundingError> {
        let data = encode("mint(address,uint256)", [to.into_word(), amount.into()]);
        let minted = self
            .evm(self.base_fee())
            .system_call(genesis::USDC, data)
            .map_err(|error| FundingError::Refused(error.to_string()))?;
        match minted.result {
            ExecutionResult::Success { .. } => {
                self.state.commit(minted.state);
                Ok(())
            }
            ExecutionResult::Revert { output, .. } => {
                Err(FundingError::Refused(revert::message(&output)))
            }
            ExecutionResult::Halt { reason, .. } => {
                Err(FundingError::Refused(format!("{reason:?}")))
            }
        }
    }

    pub(super) fn token_balance(&self, address: Address) -> U256 {
        self.read("balanceOf(address)", [address.into_word()])
    }

    pub(super) fn authorization_used(&self, from: Address, nonce: B256) -> bool {
        !self.read("authorizationState(address,bytes32)", [from.into_word(), nonce]).is_zero()
    }

    /// A word that the token answers; zero if it answers none.
    fn read<const N: usize>(&self, signature: &str, arguments: [B256; N]) -> U256 {
        let call =
            Call { to: Some(genesis::USDC), data: encode(signature, arguments), ..Call::default() };
        let answer = self.call(&call).unwrap_or_default();
        U256::try_from_be_slice(&answer).unwrap_or_default()
    }
}

/// The data of a call whose arguments are one word each.
pub(super) fn encode<const N: usize>(signature: &str, arguments: [B256; N]) -> Bytes {
    let selector = keccak256(signature).0.into_iter().take(4);
    selector.chain(arguments.into_iter().flat_map(|word| word.0)).collect()
}
