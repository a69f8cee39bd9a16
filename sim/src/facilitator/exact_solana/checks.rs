//! The checks of the `exact` scheme on Solana that need no chain, one function a reason.
//!
//! Their order is the reference's: a payment with two faults is refused for the earlier one.

use solana_address::Address;
use solana_sdk_ids::compute_budget;

use super::super::SCHEME;
use super::super::reason::Condition;
use super::super::request::{Payment, Requirements};
use super::Verified;
use super::reason::Reason;
use super::transaction::{Instruction, PaymentTransaction};
use crate::chain::{MEMO_PROGRAM, TokenProgram};
use crate::x402::Version;

/// What a facilitator has decided about the payments it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) fee_payer: Address,
    pub(super) legacy: bool,
    pub(super) maximum_signers: Option<usize>,
}

/// The token transfer in a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) program: Address,
    pub(super) source: Address,
    pub(super) mint: Address,
    pub(super) destination: Address,
    pub(super) authority: Address,
    pub(super) amount: u64,
}

/// Holds a payment against the requirements that came with it.
pub(super) fn check(payment: &Payment, rules: &Rules) -> Result<Verified, Reason> {
    unsupported_scheme(payment)?;
    network_mismatch(payment)?;
    let fee_payer = missing_fee_payer(payment)?;
    fee_payer_not_managed(fee_payer, rules)?;
    let transaction = not_decoded(payment)?;
    excessive_signers(&transaction, rules)?;
    fee_payer_mismatch(&transaction, rules)?;
    signature_invalid(&transaction)?;
    lookup_tables(&transaction)?;
    instructions_length(&transaction, payment.version, rules)?;
    compute_limit_instruction(&transaction)?;
    let price = compute_price_instruction(&transaction)?;
    compute_price_too_high(price)?;
    fee_payer_in_instruction_accounts(&transaction, rules)?;
    let transfer = no_transfer_instruction(&transaction)?;
    fee_payer_transferring_funds(&transfer, rules)?;
    mint_mismatch(&transfer, payment)?;
    recipient_mismatch(&transfer, payment)?;
    amount_mismatch(&transfer, payment)?;
    unknown_instruction(&transaction)?;
    memo(&transaction, payment)?;
    Ok(Verified { transaction, transfer })
}

/// Whose tokens a payment would move, for answers about payments that were refused.
pub(super) fn payer(payment: &Payment) -> Option<String> {
    let transaction = not_decoded(payment).ok()?;
    Some(no_transfer_instruction(&transaction).ok()?.authority.to_string())
}

/// The account that holds an owner's tokens of one mint.
pub(in super::super) fn associated_token_account(
    owner: &Address,
    mint: &Address,
    token_program: &Address,
) -> Option<Address> {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    let (address, _) = Address::try_find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM)?;
    Some(address)
}

fn unsupported_scheme(payment: &Payment) -> Result<(), Reason> {
    let supported = payment.scheme == SCHEME && payment.requirements.scheme == SCHEME;
    supported.or(Reason::UnsupportedScheme)
}

fn network_mismatch(payment: &Payment) -> Result<(), Reason> {
    (payment.network == payment.requirements.network).or(Reason::NetworkMismatch)
}

fn missing_fee_payer(payment: &Payment) -> Result<&str, Reason> {
    let fee_payer = payment.requirements.extra_text("feePayer");
    fee_payer.ok_or(Reason::MissingFeePayer)
}

fn fee_payer_not_managed(fee_payer: &str, rules: &Rules) -> Result<(), Reason> {
    (address(fee_payer) == Some(rules.fee_payer)).or(Reason::FeePayerNotManaged)
}

pub(super) fn not_decoded(payment: &Payment) -> Result<PaymentTransaction, Reason> {
    let transaction = payment.payload["transaction"].as_str();
    transaction.and_then(PaymentTransaction::from_base64).ok_or(Reason::NotDecoded)
}

fn excessive_signers(transaction: &PaymentTransaction, rules: &Rules) -> Result<(), Reason> {
    let signers = transaction.signers().count();
    let limit = rules.maximum_signers.unwrap_or(usize::MAX);
    (signers <= limit).or(Reason::ExcessiveSigners)
}

fn fee_payer_mismatch(transaction: &PaymentTransaction, rules: &Rules) -> Result<(), Reason> {
    (transaction.keys().first() == Some(&rules.fee_payer)).or(Reason::FeePayerMismatch)
}

/// The fee payer has not signed yet, so what is in its slot does not matter.
fn signature_invalid(transaction: &PaymentTransaction) -> Result<(), Reason> {
    let message = transaction.message();
    let mut signers = transaction.signers().skip(1);
    signers
        .all(|(signer, signature)| signature.verify(signer.as_ref(), message))
        .or(Reason::SignatureInvalid)
}

fn lookup_tables(transaction: &PaymentTransaction) -> Result<(), Reason> {
    (!transaction.uses_lookup_tables()).or(Reason::LookupTables)
}

fn instructions_length(
    transaction: &PaymentTransaction,
    version: Version,
    rules: &Rules,
) -> Result<(), Reason> {
    let allowed = match version {
        _ if rules.legacy => 3..=3,
        Version::V1 => 3..=6,
        Version::V2 => 3..=7,
    };
    allowed.contains(&transaction.instructions().len()).or(Reason::InstructionsLength)
}

fn compute_limit_instruction(transaction: &PaymentTransaction) -> Result<(), Reason> {
    let data = compute_budget_data(transaction.instruction(0));
    matches!(data, Some([SET_COMPUTE_UNIT_LIMIT, _, _, _, _, ..]))
        .or(Reason::ComputeLimitInstruction)
}

fn compute_price_instruction(transaction: &PaymentTransaction) -> Result<u64, Reason> {
    let data = compute_budget_data(transaction.instruction(1));
    let price = match data {
        Some([SET_COMPUTE_UNIT_PRICE, price @ ..]) => price.first_chunk(),
        _ => None,
    };
    let price = price.ok_or(Reason::ComputePriceInstruction)?;
    Ok(u64::from_le_bytes(*price))
}

fn compute_price_too_high(micro_lamports: u64) -> Result<(), Reason> {
    (micro_lamports <= MAXIMUM_COMPUTE_UNIT_PRICE).or(Reason::ComputePriceTooHigh)
}

fn fee_payer_in_instruction_accounts(
    transaction: &PaymentTransaction,
    rules: &Rules,
) -> Result<(), Reason> {
    let mentioned =
        transaction.instructions().any(|instruction| instruction.mentions(&rules.fee_payer));
    (!(rules.legacy && mentioned)).or(Reason::FeePayerInInstructionAccounts)
}

fn no_transfer_instruction(transaction: &PaymentTransaction) -> Result<Transfer, Reason> {
    transaction
        .instruction(2)
        .and_then(|instruction| transfer_checked(&instruction))
        .ok_or(Reason::NoTransferInstruction)
}

fn fee_payer_transferring_funds(transfer: &Transfer, rules: &Rules) -> Result<(), Reason> {
    (transfer.authority != rules.fee_payer).or(Reason::FeePayerTransferringFunds)
}

fn mint_mismatch(transfer: &Transfer, payment: &Payment) -> Result<(), Reason> {
    (address(&payment.requirements.asset) == Some(transfer.mint)).or(Reason::MintMismatch)
}

/// The token program is the transfer's own: classic and Token-2022 accounts have other addresses.
fn recipient_mismatch(transfer: &Transfer, payment: &Payment) -> Result<(), Reason> {
    let expected = address(&payment.requirements.pay_to)
        .and_then(|owner| associated_token_account(&owner, &transfer.mint, &transfer.program));
    (expected == Some(transfer.destination)).or(Reason::RecipientMismatch)
}

fn amount_mismatch(transfer: &Transfer, payment: &Payment) -> Result<(), Reason> {
    let required: Option<u64> = payment.requirements.amount.parse().ok();
    (required == Some(transfer.amount)).or(Reason::AmountMismatch)
}

fn unknown_instruction(transaction: &PaymentTransaction) -> Result<(), Reason> {
    let unknown = transaction
        .instructions()
        .enumerate()
        .skip(3)
        .find(|(_, instruction)| !is_memo(instruction) && !is_lighthouse(instruction));
    match unknown {
        Some((position, _)) => Err(Reason::UnknownInstruction { position }),
        None => Ok(()),
    }
}

/// Without a memo in the requirements, the client may write one or not.
fn memo(transaction: &PaymentTransaction, payment: &Payment) -> Result<(), Reason> {
    let Some(required) = required_memo(&payment.requirements) else {
        return Ok(());
    };
    let mut memos = transaction.instructions().skip(3).filter(is_memo);
    match (memos.next(), memos.next()) {
        (Some(memo), None) => (memo.data() == required.as_bytes()).or(Reason::MemoMismatch),
        _ => Err(Reason::MemoCount),
    }
}

fn required_memo(requirements: &Requirements) -> Option<&str> {
    requirements.extra_text("memo").filter(|memo| !memo.is_empty())
}

fn compute_budget_data(instruction: Option<Instruction<'_>>) -> Option<&[u8]> {
    let instruction = instruction?;
    (instruction.program() == Some(&compute_budget::ID)).then(|| instruction.data())
}

fn transfer_checked(instruction: &Instruction<'_>) -> Option<Transfer> {
    let program = *instruction.program()?;
    let [TRANSFER_CHECKED, rest @ ..] = instruction.data() else {
        return None;
    };
    // Behind the amount, one byte for the decimals: the chain checks those.
    let (amount, [_, ..]) = rest.split_first_chunk()? else {
        return None;
    };
    TOKEN_PROGRAMS.contains(&program).then_some(())?;
    Some(Transfer {
        program,
        source: *instruction.account(0)?,
        mint: *instruction.account(1)?,
        destination: *instruction.account(2)?,
        authority: *instruction.account(3)?,
        amount: u64::from_le_bytes(*amount),
    })
}

fn is_memo(instruction: &Instruction<'_>) -> bool {
    instruction.program() == Some(&MEMO_PROGRAM)
}

/// Wallets add Lighthouse instructions that fail the transaction if it does more than they showed.
fn is_lighthouse(instruction: &Instruction<'_>) -> bool {
    instruction.program() == Some(&LIGHTHOUSE_PROGRAM)
}

fn address(text: &str) -> Option<Address> {
    text.parse().ok()
}

const SET_COMPUTE_UNIT_LIMIT: u8 = 2;
const SET_COMPUTE_UNIT_PRICE: u8 = 3;
const TRANSFER_CHECKED: u8 = 12;
/// In millionths of a lamport a compute unit.
const MAXIMUM_COMPUTE_UNIT_PRICE: u64 = 5_000_000;

/// SPL Token and Token-2022.
const TOKEN_PROGRAMS: [Address; 2] = [TokenProgram::Classic.id(), TokenProgram::Token2022.id()];
const ASSOCIATED_TOKEN_PROGRAM: Address =
    Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
const LIGHTHOUSE_PROGRAM: Address =
    Address::from_str_const("L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95");

#[cfg(test)]
mod tests;
