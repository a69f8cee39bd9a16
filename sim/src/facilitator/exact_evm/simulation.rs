//! Would the transfer succeed, and if not, why?

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;

use super::super::rpc::RpcError;
use super::authorization::Authorization;
use super::contract::Eip3009;
use super::{ExactEvm, Reason, Refusal};

/// JSON-RPC's error code for calls that a contract refuses.
const REVERTED: i64 = 3;

impl ExactEvm {
    /// Runs the transfer on the chain's present state.
    pub(super) async fn simulates(&self, authorization: &Authorization) -> Result<(), Refusal> {
        let data = authorization.call_data();
        match self.rpc.call_raw(self.address(), authorization.token.address, &data).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let reason = self.diagnose(authorization, Reason::SimulationFailed).await;
                Err(Refusal::from(reason).because(error))
            }
        }
    }

    /// What is wrong with a transfer that the token refuses, in the order in which the reference
    /// asks; `unknown` if nothing of it is.
    pub(super) async fn diagnose(&self, authorization: &Authorization, unknown: Reason) -> Reason {
        match self.known_fault(authorization).await {
            Ok(fault) => fault.unwrap_or(unknown),
            Err(_) => unknown,
        }
    }

    /// The first of the faults that the token can tell; a question that it does not know is passed
    /// over.
    async fn known_fault(&self, authorization: &Authorization) -> Result<Option<Reason>, RpcError> {
        let (transfer, token) = (&authorization.transfer, &authorization.token);
        let state =
            Eip3009::authorizationStateCall { authorizer: transfer.from, nonce: transfer.nonce };
        match self.ask(token.address, &state).await? {
            None => return Ok(Some(Reason::Eip3009NotSupported)),
            Some(true) => return Ok(Some(Reason::NonceAlreadyUsed)),
            Some(false) => {}
        }
        let name = self.ask(token.address, &Eip3009::nameCall {}).await?;
        if name.is_some_and(|name| name != token.name) {
            return Ok(Some(Reason::TokenNameMismatch));
        }
        let version = self.ask(token.address, &Eip3009::versionCall {}).await?;
        if version.is_some_and(|version| version != token.version) {
            return Ok(Some(Reason::TokenVersionMismatch));
        }
        let balance = Eip3009::balanceOfCall { account: transfer.from };
        let balance: Option<U256> = self.ask(token.address, &balance).await?;
        let is_poor = balance.is_some_and(|balance| balance < transfer.value);
        Ok(is_poor.then_some(Reason::InsufficientBalance))
    }

    /// What a contract answers; `None` if it does not know the question. Any other failure is the
    /// node's, and says nothing about the contract.
    async fn ask<C: SolCall>(
        &self,
        contract: Address,
        question: &C,
    ) -> Result<Option<C::Return>, RpcError> {
        match self.rpc.call(self.address(), contract, question).await {
            Ok(answer) => Ok(Some(answer)),
            Err(RpcError::Malformed(_) | RpcError::Refused { code: REVERTED, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
