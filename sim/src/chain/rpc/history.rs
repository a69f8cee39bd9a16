//! Methods about transactions that landed.

use serde::Deserialize;
use serde_json::{Value, json};
use solana_commitment_config::CommitmentLevel;
use solana_signature::Signature;
use solana_transaction_status::{
    EncodeError, EncodedConfirmedTransactionWithStatusMeta, TransactionStatus,
    UiTransactionEncoding, VersionedTransactionWithStatusMeta, extract_and_fmt_memos,
};

use super::{
    error::RpcError,
    parameters::{Context, Parameters, at_most, parse},
};
use crate::chain::{Chain, Landed, ledger::Ledger};

/// Signatures that one `getSignatureStatuses` may ask for.
const MAX_STATUSES: usize = 256;

/// Entries of one `getSignaturesForAddress`.
const MAX_SIGNATURES: usize = 1000;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TransactionOptions {
    encoding: Option<UiTransactionEncoding>,
    max_supported_transaction_version: Option<u8>,
    commitment: Option<CommitmentLevel>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SignaturesOptions {
    before: Option<String>,
    until: Option<String>,
    limit: Option<usize>,
    #[serde(flatten)]
    context: Context,
}

/// `getSignatureStatuses`. The whole history is searched, with `searchTransactionHistory` or not.
pub(super) fn signature_statuses(
    chain: &Chain,
    parameters: &Parameters,
) -> Result<Value, RpcError> {
    let signatures: Vec<String> = parameters.required(0)?;
    at_most(MAX_STATUSES, &signatures)?;
    let statuses: Vec<Option<TransactionStatus>> = {
        let ledger = chain.lock();
        signatures
            .iter()
            .map(|signature| Ok(status(&ledger, &parse(signature)?)))
            .collect::<Result<_, RpcError>>()?
    };
    let newest = Context { commitment: Some(CommitmentLevel::Processed), min_context_slot: None };
    newest.wrap(chain, serde_json::to_value(statuses)?)
}

/// `getTransaction`.
pub(super) fn transaction(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let signature: Signature = parse(&parameters.required::<String>(0)?)?;
    let options = TransactionOptions::parse(parameters)?;
    let commitment = options.commitment.unwrap_or_default();
    at_least_confirmed(commitment)?;
    let visible = chain.slot(commitment);
    match chain.transaction(&signature) {
        Some(landed) if landed.slot <= visible => options.encode(landed),
        _ => Ok(Value::Null),
    }
}

/// `getSignaturesForAddress`: newest first.
pub(super) fn signatures_for_address(
    chain: &Chain,
    parameters: &Parameters,
) -> Result<Value, RpcError> {
    let address = parameters.address(0)?;
    let options: SignaturesOptions = parameters.or_default(1)?;
    at_least_confirmed(options.context.commitment())?;
    let visible = options.context.slot(chain)?;
    let before = options.before.as_deref().map(parse::<Signature>).transpose()?;
    let until = options.until.as_deref().map(parse::<Signature>).transpose()?;
    let ledger = chain.lock();
    let mut entries = ledger.history.of_address(&address);
    if let Some(before) = before {
        entries.by_ref().find(|(signature, _)| **signature == before);
    }
    let found: Vec<Value> = entries
        .take_while(|(signature, _)| Some(**signature) != until)
        .filter(|(_, landed)| landed.slot <= visible)
        .take(options.limit()?)
        .map(|(signature, landed)| summary(&ledger, signature, landed))
        .collect();
    Ok(json!(found))
}

/// `getFirstAvailableBlock`: where history begins.
pub(super) fn first_available_block(chain: &Chain) -> Result<Value, RpcError> {
    Ok(json!(chain.lock().history.first_slot()))
}

impl TransactionOptions {
    /// The second parameter is an object, or just an encoding as it once was.
    fn parse(parameters: &Parameters) -> Result<Self, RpcError> {
        match parameters.optional(1)? {
            Some(encoding @ Value::String(_)) => Ok(Self {
                encoding: Some(
                    UiTransactionEncoding::deserialize(encoding)
                        .map_err(|error| RpcError::invalid(format!("Invalid params: {error}.")))?,
                ),
                ..Self::default()
            }),
            _ => parameters.or_default(1),
        }
    }

    fn encode(&self, landed: Landed) -> Result<Value, RpcError> {
        let encoding = self.encoding.unwrap_or(UiTransactionEncoding::Json);
        let version = self.max_supported_transaction_version;
        let transaction = VersionedTransactionWithStatusMeta::clone(&landed.transaction)
            .encode(encoding, version, true)
            .map_err(|EncodeError::UnsupportedTransactionVersion(version)| {
                RpcError::UnsupportedTransactionVersion(version)
            })?;
        Ok(serde_json::to_value(EncodedConfirmedTransactionWithStatusMeta {
            slot: landed.slot,
            transaction,
            block_time: Some(landed.block_time),
            transaction_index: None,
        })?)
    }
}

impl SignaturesOptions {
    fn limit(&self) -> Result<usize, RpcError> {
        match self.limit.unwrap_or(MAX_SIGNATURES) {
            limit @ 1..=MAX_SIGNATURES => Ok(limit),
            _ => Err(RpcError::invalid("Invalid limit; max 1000")),
        }
    }
}

fn at_least_confirmed(commitment: CommitmentLevel) -> Result<(), RpcError> {
    match commitment {
        CommitmentLevel::Processed => {
            Err(RpcError::invalid("Method does not support commitment below `confirmed`"))
        }
        CommitmentLevel::Confirmed | CommitmentLevel::Finalized => Ok(()),
    }
}

fn status(ledger: &Ledger, signature: &Signature) -> Option<TransactionStatus> {
    let landed = ledger.history.get(signature)?;
    let standing = ledger.standing(landed.slot);
    let outcome = landed.transaction.meta.status.clone();
    Some(TransactionStatus {
        slot: landed.slot,
        confirmations: standing.confirmations,
        err: outcome.clone().err(),
        status: outcome,
        confirmation_status: Some(standing.level),
    })
}

fn summary(ledger: &Ledger, signature: &Signature, landed: &Landed) -> Value {
    json!({
        "signature": signature.to_string(),
        "slot": landed.slot,
        "err": landed.transaction.meta.status.as_ref().err(),
        "memo": extract_and_fmt_memos(landed.transaction.as_ref()),
        "blockTime": landed.block_time,
        "confirmationStatus": ledger.standing(landed.slot).level,
    })
}
