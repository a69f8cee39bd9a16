//! Execution of transactions: what may run, running it with and without effect, and the record of
//! what it did.

use litesvm::types::{
    FailedTransactionMetadata, SimulatedTransactionInfo, TransactionMetadata, TransactionResult,
};
use solana_account::AccountSharedData;
use solana_address::Address;
use solana_commitment_config::CommitmentLevel;
use solana_hash::Hash;
use solana_message::{
    AccountKeys, AddressLoader, VersionedMessage, inner_instruction::InnerInstructionsList,
    v0::LoadedAddresses,
};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_context::transaction::TransactionReturnData;
use solana_transaction_error::TransactionError;
use solana_transaction_status::{
    TransactionStatusMeta, TransactionTokenBalance, VersionedTransactionWithStatusMeta,
    map_inner_instructions,
};

use super::{
    blockhashes::{Blockhash, MAX_BLOCKHASH_AGE},
    history::Landed,
    ledger::Ledger,
};

/// Blocks of a blockhash's life that a node sets aside for forwarding: a simulation refuses hashes
/// in their last six blocks, which a leader would still take.
const FORWARDING_DELAY: u64 = 6;

/// Accounts that one transaction may lock.
const MAX_ACCOUNT_LOCKS: usize = 64;

/// A transaction to execute without effect, and how strictly to look at it.
#[derive(Debug, Clone)]
pub struct SimulationRequest {
    /// The transaction; signatures may be missing (zero bytes) if they are not verified.
    pub transaction: VersionedTransaction,
    /// Refuse the transaction unless every signature is right.
    pub verify_signatures: bool,
    /// Run it with the newest blockhash in the place of its own.
    pub replace_blockhash: bool,
    /// The block whose view of recent blockhashes counts.
    pub commitment: CommitmentLevel,
}

/// What a transaction would do.
#[derive(Debug, Clone, Default)]
pub struct Simulation {
    /// Why it fails, if it does.
    pub error: Option<TransactionError>,
    /// What the programs logged.
    pub logs: Vec<String>,
    /// Compute units used.
    pub units_consumed: u64,
    /// Data that the last program returned.
    pub return_data: TransactionReturnData,
    /// Instructions that programs called.
    pub inner_instructions: InnerInstructionsList,
    /// The fee in lamports; `None` if it did not come so far.
    pub fee: Option<u64>,
    /// Its writable accounts afterwards; empty if it failed.
    pub post_accounts: Vec<(Address, AccountSharedData)>,
    /// The blockhash that was put in its place.
    pub replacement_blockhash: Option<Blockhash>,
}

impl Ledger {
    /// Executes a transaction in the current slot and records it.
    pub(super) fn send(
        &mut self,
        transaction: VersionedTransaction,
    ) -> Result<Signature, TransactionError> {
        verify_signatures(&transaction)?;
        self.check(&transaction, self.slot(), MAX_BLOCKHASH_AGE)?;
        self.land(transaction)
    }

    /// Executes a transaction without effect.
    pub(super) fn simulate(&self, request: SimulationRequest) -> Simulation {
        let mut transaction = request.transaction;
        let replacement_blockhash =
            request.replace_blockhash.then(|| self.latest_blockhash(request.commitment));
        if let Some(blockhash) = replacement_blockhash {
            transaction.message.set_recent_blockhash(blockhash.hash);
        }
        let permitted =
            if request.verify_signatures { verify_signatures(&transaction) } else { Ok(()) };
        let age = MAX_BLOCKHASH_AGE - FORWARDING_DELAY;
        let slot = self.slot_at(request.commitment);
        let simulation = match permitted.and_then(|()| self.check(&transaction, slot, age)) {
            Ok(()) => self.svm.simulate_transaction(transaction).into(),
            Err(error) => error.into(),
        };
        Simulation { replacement_blockhash, ..simulation }
    }

    /// The fee of a message in lamports; `None` if its blockhash is unknown or too old.
    pub(super) fn fee(
        &self,
        message: VersionedMessage,
        commitment: CommitmentLevel,
    ) -> Option<u64> {
        if !self.is_blockhash_valid(message.recent_blockhash(), commitment) {
            return None;
        }
        let transaction = unsigned(message);
        transaction.sanitize().ok()?;
        Simulation::from(self.svm.simulate_transaction(transaction)).fee
    }

    /// The checks that a node makes before it runs a transaction.
    fn check(
        &self,
        transaction: &VersionedTransaction,
        slot: u64,
        max_age: u64,
    ) -> Result<(), TransactionError> {
        transaction.sanitize()?;
        check_account_locks(transaction.message.static_account_keys())?;
        let blockhash = transaction.message.recent_blockhash();
        if !self.blockhashes.is_valid(blockhash, slot, max_age) {
            return Err(TransactionError::BlockhashNotFound);
        }
        if self.history.contains_message(&transaction.message.hash()) {
            return Err(TransactionError::AlreadyProcessed);
        }
        Ok(())
    }

    fn land(&mut self, transaction: VersionedTransaction) -> Result<Signature, TransactionError> {
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let message_hash = transaction.message.hash();
        let loaded = self.loaded_addresses(&transaction.message);
        let before = self.balances(&transaction.message, &loaded);
        let (outcome, metadata) = split(self.svm.send_transaction(transaction.clone()));
        // LiteSVM names the signature only of a transaction that came as far as a block.
        if metadata.signature != signature {
            return Err(outcome.err().unwrap_or(TransactionError::SanitizeFailure));
        }
        let after = self.balances(&transaction.message, &loaded);
        tracing::debug!(%signature, ?outcome, slot = self.slot(), "transaction landed");
        let meta = status_meta(outcome, metadata, loaded, before, after);
        self.record(signature, message_hash, transaction, meta);
        Ok(signature)
    }

    fn record(
        &mut self,
        signature: Signature,
        message_hash: Hash,
        transaction: VersionedTransaction,
        meta: TransactionStatusMeta,
    ) {
        let landed = Landed {
            slot: self.slot(),
            block_time: self.block_time(),
            transaction: VersionedTransactionWithStatusMeta { transaction, meta }.into(),
        };
        self.history.record(signature, message_hash, landed);
    }

    /// Addresses that the message takes from lookup tables; none if a table is missing, which
    /// execution then reports.
    fn loaded_addresses(&self, message: &VersionedMessage) -> LoadedAddresses {
        message
            .address_table_lookups()
            .and_then(|lookups| self.svm.accounts_db().load_addresses(lookups).ok())
            .unwrap_or_default()
    }

    fn balances(&self, message: &VersionedMessage, loaded: &LoadedAddresses) -> Balances {
        let keys = AccountKeys::new(message.static_account_keys(), Some(loaded));
        Balances {
            lamports: keys.iter().map(|key| self.balance(key)).collect(),
            tokens: (0u8..=u8::MAX)
                .zip(keys.iter())
                .filter_map(|(index, key)| self.token_balance_record(index, key))
                .collect(),
        }
    }
}

/// A transaction with zero bytes in the place of its signatures.
pub(super) fn unsigned(message: VersionedMessage) -> VersionedTransaction {
    let signers = usize::from(message.header().num_required_signatures);
    VersionedTransaction { signatures: vec![Signature::default(); signers], message }
}

/// Lamports and tokens of a transaction's accounts, in their order.
struct Balances {
    lamports: Vec<u64>,
    tokens: Vec<TransactionTokenBalance>,
}

fn verify_signatures(transaction: &VersionedTransaction) -> Result<(), TransactionError> {
    transaction.sanitize()?;
    transaction.verify_and_hash_message().map(|_| ())
}

fn check_account_locks(keys: &[Address]) -> Result<(), TransactionError> {
    if keys.len() > MAX_ACCOUNT_LOCKS {
        return Err(TransactionError::TooManyAccountLocks);
    }
    let repeated = (1..keys.len()).any(|index| keys[index..].contains(&keys[index - 1]));
    if repeated {
        return Err(TransactionError::AccountLoadedTwice);
    }
    Ok(())
}

fn split(result: TransactionResult) -> (Result<(), TransactionError>, TransactionMetadata) {
    match result {
        Ok(metadata) => (Ok(()), metadata),
        Err(failed) => (Err(failed.err), failed.meta),
    }
}

fn status_meta(
    outcome: Result<(), TransactionError>,
    metadata: TransactionMetadata,
    loaded_addresses: LoadedAddresses,
    before: Balances,
    after: Balances,
) -> TransactionStatusMeta {
    TransactionStatusMeta {
        status: outcome,
        fee: metadata.fee,
        pre_balances: before.lamports,
        post_balances: after.lamports,
        inner_instructions: Some(map_inner_instructions(metadata.inner_instructions).collect()),
        log_messages: Some(metadata.logs),
        pre_token_balances: Some(before.tokens),
        post_token_balances: Some(after.tokens),
        rewards: Some(Vec::new()),
        loaded_addresses,
        return_data: Some(metadata.return_data).filter(|returned| !returned.data.is_empty()),
        compute_units_consumed: Some(metadata.compute_units_consumed),
        cost_units: None,
    }
}

impl From<TransactionMetadata> for Simulation {
    fn from(metadata: TransactionMetadata) -> Self {
        Self {
            logs: metadata.logs,
            units_consumed: metadata.compute_units_consumed,
            return_data: metadata.return_data,
            inner_instructions: metadata.inner_instructions,
            // A transaction that was refused before its fee was known shows as free.
            fee: Some(metadata.fee).filter(|fee| *fee > 0),
            ..Self::default()
        }
    }
}

impl From<Result<SimulatedTransactionInfo, FailedTransactionMetadata>> for Simulation {
    fn from(result: Result<SimulatedTransactionInfo, FailedTransactionMetadata>) -> Self {
        match result {
            Ok(info) => Self { post_accounts: info.post_accounts, ..info.meta.into() },
            Err(failed) => Self { error: Some(failed.err), ..failed.meta.into() },
        }
    }
}

impl From<TransactionError> for Simulation {
    fn from(error: TransactionError) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}
