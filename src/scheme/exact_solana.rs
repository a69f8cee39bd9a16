//! The `exact` scheme on Solana: one transfer of the token, the fee paid by the facilitator.
//!
//! The transaction is the one that the reference client builds: compute unit limit 20,000, price
//! 1 micro-lamport, TransferChecked, and in version 2 always a memo: the seller's (`extra.memo`)
//! or 16 random bytes in hexadecimal. In version 1 a memo only if the seller asks for one, since
//! its first facilitators take exactly three instructions. A seller's memo of more than 40 bytes
//! would exhaust that limit, which is therefore raised for it, by 360 units a byte.
//!
//! **Two payments must be two transactions.** Ed25519 signs deterministically, so that two equal
//! payments on one blockhash would be one transaction, which settles once. A random memo makes
//! them differ; without one the compute unit limit does, by the payment's sequence number.

use super::SchemeError;
use crate::codec::hex;
use crate::codec::json::JsonStr;
use crate::policy::TokenStandard;
use crate::sizes;
use crate::solana::{Blockhash, MessageError, Pubkey, TokenProgram, Transaction, TransferMessage};
use crate::wire::{PaymentRequirements, ProtocolVersion};

/// What facilitators expect, and what their operators' limits are set by.
const COMPUTE_UNIT_LIMIT: u32 = 20_000;
const COMPUTE_UNIT_PRICE: u64 = 1;

/// What fits the limit beside the transfer: a memo costs about 350 units a byte, since the memo
/// program checks and logs it.
const MEMO_WITHIN_LIMIT: usize = 40;
const COMPUTE_UNITS_PER_MEMO_BYTE: u32 = 360;

/// The limit is raised by less than this for the payment's sequence number.
const SEQUENCE_RANGE: u32 = 1024;

/// Facilitators refuse this limit; 50,000 is accepted by all that were seen.
const REFUSED_LIMIT: u32 = 100_000;

const _: () = assert!(compute_unit_limit(sizes::MEMO) + SEQUENCE_RANGE <= REFUSED_LIMIT);

/// One entry of `accepts`, as this scheme reads it.
#[derive(Debug, Clone, Copy)]
pub struct ExactSolana<'a> {
    version: ProtocolVersion,
    amount: u64,
    mint: Pubkey,
    pay_to: Pubkey,
    fee_payer: Pubkey,
    recent_blockhash: Option<Blockhash>,
    memo: Option<JsonStr<'a>>,
}

/// What the chain says of a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MintFacts {
    /// The program that owns it.
    pub token_program: TokenProgram,
    /// The decimals of its amounts.
    pub decimals: u8,
}

/// What a transfer needs besides the seller's requirements.
#[derive(Debug, Clone, Copy)]
pub struct TransferFacts {
    /// Who pays.
    pub payer: Pubkey,
    /// The payer's token account.
    pub source: Pubkey,
    /// The payee's token account.
    pub destination: Pubkey,
    /// Facts of the mint.
    pub mint: MintFacts,
    /// A blockhash of the last 150 slots.
    pub recent_blockhash: Blockhash,
    /// Random bytes, fresh for each payment.
    pub entropy: [u8; 16],
    /// A number that is another one for each payment of the device since it started.
    pub sequence: u16,
}

impl<'a> ExactSolana<'a> {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`SchemeError`] if a member is missing or malformed.
    pub fn new(entry: &PaymentRequirements<'a>) -> Result<Self, SchemeError> {
        let fee_payer = entry.extra.fee_payer.ok_or(SchemeError::FeePayerMissing)?;
        let memo = entry.extra.memo.filter(|memo| !memo.raw().is_empty());
        if memo.is_some_and(|memo| memo.chars().map(char::len_utf8).sum::<usize>() > sizes::MEMO) {
            return Err(SchemeError::MemoTooLong);
        }
        Ok(ExactSolana {
            version: entry.version,
            amount: entry.amount.map_err(|_| SchemeError::Amount)?.0,
            mint: pubkey(entry.asset).ok_or(SchemeError::Asset)?,
            pay_to: pubkey(entry.pay_to).ok_or(SchemeError::PayTo)?,
            fee_payer: pubkey(fee_payer).ok_or(SchemeError::FeePayer)?,
            recent_blockhash: entry.extra.recent_blockhash.and_then(blockhash),
            memo,
        })
    }

    /// Whether this payer can pay it: not to itself, and not as the fee payer.
    ///
    /// # Errors
    /// [`MessageError::FeePayerReused`] or [`MessageError::SourceIsDestination`].
    pub fn check_payer(&self, payer: &Pubkey) -> Result<(), SchemeError> {
        if self.fee_payer == *payer {
            return Err(SchemeError::Message(MessageError::FeePayerReused));
        }
        if self.pay_to == *payer {
            return Err(SchemeError::Message(MessageError::SourceIsDestination));
        }
        Ok(())
    }

    /// Who pays the network's fee, and signs the transaction as its first signer.
    pub fn fee_payer(&self) -> &Pubkey {
        &self.fee_payer
    }

    /// The token's mint.
    pub fn mint(&self) -> &Pubkey {
        &self.mint
    }

    /// Who is paid.
    pub fn pay_to(&self) -> &Pubkey {
        &self.pay_to
    }

    /// The blockhash that the seller supplies, if it supplies a usable one.
    pub fn recent_blockhash(&self) -> Option<Blockhash> {
        self.recent_blockhash
    }

    /// Builds the unsigned transaction at the front of `buffer`.
    ///
    /// # Errors
    /// [`SchemeError::Message`]; then nothing usable is in the buffer.
    pub fn build<'b>(
        &self,
        facts: &TransferFacts,
        buffer: &'b mut [u8],
    ) -> Result<Transaction<&'b mut [u8]>, SchemeError> {
        let mut memo = [0; sizes::MEMO];
        let memo = self.memo(&facts.entropy, &mut memo)?;
        let is_unique = self.memo.is_none() && memo.is_some();
        let raise = if is_unique { 0 } else { u32::from(facts.sequence) % SEQUENCE_RANGE };
        let limit = compute_unit_limit(memo.map_or(0, <[u8]>::len)) + raise;
        let message = TransferMessage {
            fee_payer: self.fee_payer,
            authority: facts.payer,
            source: facts.source,
            destination: facts.destination,
            mint: self.mint,
            token_program: facts.mint.token_program,
            amount: self.amount,
            decimals: facts.mint.decimals,
            recent_blockhash: facts.recent_blockhash,
            compute_unit_limit: limit,
            compute_unit_price: COMPUTE_UNIT_PRICE,
            memo,
        };
        Transaction::build(&message, buffer).map_err(SchemeError::Message)
    }

    fn memo<'b>(
        &self,
        entropy: &[u8; 16],
        buffer: &'b mut [u8; sizes::MEMO],
    ) -> Result<Option<&'b [u8]>, SchemeError> {
        match (self.memo, self.version) {
            (Some(memo), _) => memo.unescape_into(buffer).map(Some).ok_or(SchemeError::MemoTooLong),
            (None, ProtocolVersion::V1) => Ok(None),
            (None, ProtocolVersion::V2) => {
                let (front, _) = buffer.split_at_mut(32);
                front.copy_from_slice(&hex::encode::<16, 32>(entropy));
                Ok(Some(front))
            }
        }
    }
}

/// A longer memo than the reference client's own would fail at its limit.
const fn compute_unit_limit(memo: usize) -> u32 {
    let excess = memo.saturating_sub(MEMO_WITHIN_LIMIT);
    // A memo has at most 256 bytes.
    COMPUTE_UNIT_LIMIT + excess as u32 * COMPUTE_UNITS_PER_MEMO_BYTE
}

impl MintFacts {
    /// The facts of a token whose standard is given; `None` if it is not one of Solana's.
    pub fn from_standard(standard: TokenStandard) -> Option<Self> {
        Some(match standard {
            TokenStandard::SplToken { decimals } => {
                MintFacts { token_program: TokenProgram::Token, decimals }
            }
            TokenStandard::SplToken2022 { decimals } => {
                MintFacts { token_program: TokenProgram::Token2022, decimals }
            }
            TokenStandard::Eip3009 { .. } => return None,
        })
    }
}

fn pubkey(text: JsonStr<'_>) -> Option<Pubkey> {
    Pubkey::from_base58(&text.unescape::<{ sizes::ADDRESS }>()?).ok()
}

fn blockhash(text: JsonStr<'_>) -> Option<Blockhash> {
    Blockhash::from_base58(&text.unescape::<{ sizes::ADDRESS }>()?).ok()
}
