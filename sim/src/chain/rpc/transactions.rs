//! Methods that take transactions: simulate, send, price, and the faucet.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_account_decoder::UiAccountEncoding;
use solana_commitment_config::CommitmentLevel;
use solana_message::AccountKeys;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status::{map_inner_instructions, parse_ui_inner_instructions};

use super::{
    accounts,
    error::RpcError,
    parameters::{Context, Parameters, parse},
    wire::{WireEncoding, decode_message, decode_transaction},
};
use crate::chain::{Chain, Simulation, SimulationRequest};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SimulateOptions {
    sig_verify: bool,
    replace_recent_blockhash: bool,
    encoding: Option<WireEncoding>,
    accounts: Option<WantedAccounts>,
    inner_instructions: bool,
    #[serde(flatten)]
    context: Context,
}

#[derive(Deserialize)]
struct WantedAccounts {
    #[serde(default)]
    encoding: Option<UiAccountEncoding>,
    addresses: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SendOptions {
    skip_preflight: bool,
    preflight_commitment: Option<CommitmentLevel>,
    encoding: Option<WireEncoding>,
    min_context_slot: Option<u64>,
}

/// `simulateTransaction`.
pub(super) fn simulate(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let text: String = parameters.required(0)?;
    let options: SimulateOptions = parameters.or_default(1)?;
    let transaction = decode_transaction(&text, options.encoding.unwrap_or_default())?;
    options.check(&transaction)?;
    let simulation = chain.simulate(options.request(transaction.clone()));
    if options.sig_verify && simulation.error == Some(TransactionError::SignatureFailure) {
        return Err(RpcError::SignatureVerification);
    }
    let mut value = describe(&simulation);
    if let Some(wanted) = &options.accounts {
        value["accounts"] = wanted.encode(chain, &simulation)?;
    }
    if options.inner_instructions {
        value["innerInstructions"] = inner_instructions(&transaction, &simulation)?;
    }
    options.context.wrap(chain, value)
}

/// `sendTransaction`. As on a cluster, the signature is no promise: with `skipPreflight` it is
/// returned for a transaction that can never land, too.
pub(super) fn send(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let text: String = parameters.required(0)?;
    let options: SendOptions = parameters.or_default(1)?;
    let transaction = decode_transaction(&text, options.encoding.unwrap_or_default())?;
    options.context().slot(chain)?;
    if !options.skip_preflight {
        preflight(chain, &transaction, options.context().commitment())?;
    }
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    if let Err(error) = chain.send(transaction) {
        tracing::debug!(%signature, %error, "transaction dropped");
    }
    Ok(json!(signature.to_string()))
}

/// `getFeeForMessage`.
pub(super) fn fee_for_message(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let message = decode_message(&parameters.required::<String>(0)?)?;
    let context: Context = parameters.or_default(1)?;
    let fee = chain.fee(message, context.commitment());
    context.wrap(chain, json!(fee))
}

/// `requestAirdrop`.
pub(super) fn airdrop(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let address = parameters.address(0)?;
    let lamports: u64 = parameters.required(1)?;
    match chain.airdrop(&address, lamports) {
        Ok(signature) => Ok(json!(signature.to_string())),
        Err(error) => {
            tracing::warn!(%address, %error, "airdrop failed");
            Err(RpcError::Internal)
        }
    }
}

impl SimulateOptions {
    fn check(&self, transaction: &VersionedTransaction) -> Result<(), RpcError> {
        if self.sig_verify && self.replace_recent_blockhash {
            return Err(RpcError::invalid("sigVerify may not be used with replaceRecentBlockhash"));
        }
        match &self.accounts {
            Some(wanted) => wanted.check(transaction),
            None => Ok(()),
        }
    }

    fn request(&self, transaction: VersionedTransaction) -> SimulationRequest {
        SimulationRequest {
            transaction,
            verify_signatures: self.sig_verify,
            replace_blockhash: self.replace_recent_blockhash,
            commitment: self.context.commitment(),
        }
    }
}

impl SendOptions {
    fn context(&self) -> Context {
        Context { commitment: self.preflight_commitment, min_context_slot: self.min_context_slot }
    }
}

impl WantedAccounts {
    fn check(&self, transaction: &VersionedTransaction) -> Result<(), RpcError> {
        let base58 = [UiAccountEncoding::Binary, UiAccountEncoding::Base58];
        if self.encoding.is_some_and(|encoding| base58.contains(&encoding)) {
            return Err(RpcError::invalid("base58 encoding not supported"));
        }
        let limit = transaction.message.static_account_keys().len();
        if self.addresses.len() > limit {
            let message = format!("Too many accounts provided; max {limit}");
            return Err(RpcError::invalid(message));
        }
        Ok(())
    }

    fn encode(&self, chain: &Chain, simulation: &Simulation) -> Result<Value, RpcError> {
        let encoding = self.encoding.unwrap_or(UiAccountEncoding::Base64);
        if simulation.error.is_some() {
            return Ok(json!(vec![Value::Null; self.addresses.len()]));
        }
        let ledger = chain.lock();
        let accounts: Vec<Value> = self
            .addresses
            .iter()
            .map(|address| {
                let address = parse(address)?;
                let changed = simulation.post_accounts.iter().find(|(key, _)| *key == address);
                match changed {
                    Some((_, account)) => {
                        accounts::encode(&ledger, &address, account, encoding, None)
                    }
                    None => accounts::encode_stored(&ledger, &address, encoding, None),
                }
            })
            .collect::<Result<_, RpcError>>()?;
        Ok(json!(accounts))
    }
}

/// Refuses a transaction that would fail.
fn preflight(
    chain: &Chain,
    transaction: &VersionedTransaction,
    commitment: CommitmentLevel,
) -> Result<(), RpcError> {
    let simulation = chain.simulate(SimulationRequest {
        transaction: transaction.clone(),
        verify_signatures: true,
        replace_blockhash: false,
        commitment,
    });
    match &simulation.error {
        None => Ok(()),
        Some(TransactionError::SignatureFailure) => Err(RpcError::SignatureVerification),
        Some(error) => Err(RpcError::PreflightFailure {
            message: format!("Transaction simulation failed: {error}"),
            simulation: describe(&simulation),
        }),
    }
}

fn describe(simulation: &Simulation) -> Value {
    json!({
        "err": simulation.error,
        "logs": simulation.logs,
        "accounts": null,
        "unitsConsumed": simulation.units_consumed,
        "loadedAccountsDataSize": null,
        "returnData": return_data(simulation),
        "innerInstructions": null,
        "replacementBlockhash": simulation.replacement_blockhash.map(|blockhash| json!({
            "blockhash": blockhash.hash.to_string(),
            "lastValidBlockHeight": blockhash.last_valid_block_height,
        })),
        "fee": simulation.fee,
    })
}

fn return_data(simulation: &Simulation) -> Value {
    let returned = &simulation.return_data;
    if returned.data.is_empty() {
        return Value::Null;
    }
    json!({
        "programId": returned.program_id.to_string(),
        "data": [BASE64_STANDARD.encode(&returned.data), "base64"],
    })
}

fn inner_instructions(
    transaction: &VersionedTransaction,
    simulation: &Simulation,
) -> Result<Value, RpcError> {
    if transaction.message.address_table_lookups().is_some_and(|lookups| !lookups.is_empty()) {
        // Their account indexes reach into the tables, which this answer does not resolve.
        return Ok(Value::Null);
    }
    let keys = AccountKeys::new(transaction.message.static_account_keys(), None);
    let parsed: Vec<_> = map_inner_instructions(simulation.inner_instructions.clone())
        .map(|instructions| parse_ui_inner_instructions(instructions, &keys))
        .collect();
    Ok(serde_json::to_value(parsed)?)
}
