//! Running transactions and calls on revm.

use std::convert::Infallible;

use alloy_consensus::{Transaction, TxEnvelope, transaction::Recovered};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use revm::{
    Context, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext,
    context::{
        BlockEnv, TxEnv,
        either::Either,
        result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction},
    },
    database::{CacheDB, EmptyDB, WrapDatabaseRef},
    handler::{MainnetContext, MainnetEvm},
    primitives::hardfork::SpecId,
};

use super::{
    genesis::{BLOCK_GAS_LIMIT, FEE_VAULT},
    history::Executed,
    ledger::Ledger,
    revert,
    transaction::{TransactionError, decode},
};

/// A call of a contract, or a transfer, that is not signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Who calls; nobody needs to have signed. The zero address unless told otherwise.
    pub from: Address,
    /// What is called. `None` creates a contract.
    pub to: Option<Address>,
    /// Wei that go with the call. The caller must have them.
    pub value: U256,
    /// The data.
    pub data: Bytes,
    /// Gas limit; `None` for all that fits in a block.
    pub gas: Option<u64>,
    /// Wei per gas that the caller would pay at most. Calls are free; an estimate does not exceed
    /// what the caller can pay for.
    pub max_fee: u128,
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The contract refused; the bytes say why.
    #[error("{}", revert::message(.0))]
    Reverted(Bytes),
    /// The machine stopped: out of gas, an invalid opcode.
    #[error("{0}")]
    Halted(String),
    /// The call could not begin.
    #[error("{0}")]
    Invalid(TransactionError),
    /// The caller cannot pay for the gas that the call needs.
    #[error("gas required exceeds allowance ({0})")]
    Allowance(u64),
}

/// The machine over a read-only view of the state: what it changes is in its result.
type Evm<'a> = MainnetEvm<MainnetContext<WrapDatabaseRef<&'a CacheDB<EmptyDB>>>>;

impl Ledger {
    /// The machine as it would run in the next block.
    pub(super) fn evm(&self, base_fee: u64) -> Evm<'_> {
        Context::mainnet()
            .with_db(WrapDatabaseRef(&self.state))
            .with_block(self.next_block(base_fee))
            .modify_cfg_chained(|config| {
                config.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
                config.chain_id = self.chain_id();
            })
            .build_mainnet()
    }

    pub(super) fn send_raw_transaction(&mut self, bytes: &[u8]) -> Result<B256, TransactionError> {
        let transaction = decode(bytes, self.chain_id())?;
        let hash = *transaction.tx_hash();
        if self.history.block_of_transaction(hash).is_some() {
            return Err(TransactionError::AlreadyKnown);
        }
        let executed = self.evm(self.base_fee()).transact(environment(&transaction));
        let executed = executed.map_err(refusal)?;
        self.state.commit(executed.state);
        tracing::info!(%hash, success = executed.result.is_success(), "transaction mined");
        self.mine(Some(record(transaction, executed.result)));
        Ok(hash)
    }

    pub(super) fn call(&self, call: &Call) -> Result<Bytes, CallError> {
        self.execute(call, gas_limit(call))?.output()
    }

    /// Runs a call with this gas limit, free of fees, whatever the caller's nonce and code.
    pub(super) fn execute(&self, call: &Call, gas_limit: u64) -> Result<Outcome, CallError> {
        let mut evm = self.evm(0);
        evm.ctx.cfg.disable_nonce_check = true;
        evm.ctx.cfg.disable_eip3607 = true;
        let transaction = TxEnv {
            caller: call.from,
            kind: call.to.map_or(TxKind::Create, TxKind::Call),
            value: call.value,
            data: call.data.clone(),
            gas_limit,
            chain_id: Some(self.chain_id()),
            ..TxEnv::default()
        };
        let executed = evm.transact(transaction);
        executed.map(|executed| Outcome(executed.result)).map_err(|error| match refusal(error) {
            TransactionError::IntrinsicGas { .. } => CallError::Halted("out of gas".to_owned()),
            error => CallError::Invalid(error),
        })
    }

    fn next_block(&self, base_fee: u64) -> BlockEnv {
        BlockEnv {
            number: U256::from(self.history.newest().header.number.saturating_add(1)),
            beneficiary: FEE_VAULT,
            timestamp: U256::from(self.next_timestamp()),
            gas_limit: BLOCK_GAS_LIMIT,
            basefee: base_fee,
            ..BlockEnv::default()
        }
    }
}

/// What became of a call.
pub(super) struct Outcome(ExecutionResult);

impl Outcome {
    pub(super) fn gas_used(&self) -> u64 {
        self.0.tx_gas_used()
    }

    /// What the call answered, or why it failed.
    pub(super) fn output(self) -> Result<Bytes, CallError> {
        match self.0 {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            ExecutionResult::Revert { output, .. } => Err(CallError::Reverted(output)),
            ExecutionResult::Halt { reason, .. } => Err(CallError::Halted(halt(&reason))),
        }
    }
}

/// The gas that a call may use.
pub(super) fn gas_limit(call: &Call) -> u64 {
    call.gas.map_or(BLOCK_GAS_LIMIT, |gas| gas.min(BLOCK_GAS_LIMIT))
}

fn environment(transaction: &Recovered<TxEnvelope>) -> TxEnv {
    let authorizations = transaction.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: transaction.tx_type().into(),
        caller: transaction.signer(),
        gas_limit: transaction.gas_limit(),
        gas_price: transaction.max_fee_per_gas(),
        kind: transaction.kind(),
        value: transaction.value(),
        data: transaction.input().clone(),
        nonce: transaction.nonce(),
        chain_id: transaction.chain_id(),
        access_list: transaction.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: transaction.max_priority_fee_per_gas(),
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}

fn record(transaction: Recovered<TxEnvelope>, result: ExecutionResult) -> Executed {
    let (transaction, from) = transaction.into_parts();
    Executed {
        transaction,
        from,
        success: result.is_success(),
        gas_used: result.tx_gas_used(),
        logs: if result.is_success() { result.into_logs() } else { Vec::new() },
    }
}

/// Says with geth's words what the machine says with its own.
fn refusal(error: EVMError<Infallible>) -> TransactionError {
    use InvalidTransaction as Invalid;
    let EVMError::Transaction(invalid) = error else {
        return TransactionError::Refused(error.to_string());
    };
    match invalid {
        Invalid::NonceTooLow { tx, state } => TransactionError::NonceTooLow { next: state, tx },
        Invalid::NonceTooHigh { tx, state } => TransactionError::NonceTooHigh { next: state, tx },
        Invalid::LackOfFundForMaxFee { fee, balance } => {
            TransactionError::InsufficientFunds { balance: *balance, cost: *fee }
        }
        Invalid::CallGasCostMoreThanGasLimit { initial_gas: needed, gas_limit }
        | Invalid::GasFloorMoreThanGasLimit { gas_floor: needed, gas_limit } => {
            TransactionError::IntrinsicGas { gas_limit, needed }
        }
        Invalid::CallerGasLimitMoreThanBlock => TransactionError::BlockGasLimit,
        Invalid::GasPriceLessThanBasefee => TransactionError::Underpriced,
        Invalid::PriorityFeeGreaterThanMaxFee => TransactionError::TipAboveFeeCap,
        other => TransactionError::Refused(other.to_string()),
    }
}

fn halt(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".to_owned(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => "invalid opcode".to_owned(),
        other => format!("{other:?}"),
    }
}
