//! A payment on Solana while it comes together, and what its receipt claims.

#[cfg(feature = "io")]
use super::SolanaTrace;
use super::{Doubt, Error};
use crate::codec::hex;
use crate::policy::TokenStandard;
use crate::scheme::{ExactSolana, MintFacts, SchemeError, TokenAccounts, TransferFacts};
use crate::sizes;
use crate::solana::TokenProgram;
use crate::solana::sizes::{MAX_TRANSACTION_LEN, MESSAGE_OFFSET, SIGNATURE_LEN};
use crate::solana::{Blockhash, Pubkey, Signature, Transaction};
#[cfg(feature = "io")]
use crate::wire::Network;
use crate::wire::{PaymentRequirements, SettlementResponse};
use serde::{Deserialize, Serialize};

/// What is known of the payment so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct SolanaPayment {
    pub(super) mint: Option<MintFacts>,
    /// Bytes of the transaction, once it is built.
    length: u16,
}

/// What is still missing.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    NeedsMintFacts,
    NeedsEntropy,
    NeedsBlockhash {
        entropy: [u8; 16],
    },
    Reserving,
    Signing,
    /// Paid: the receipt names the transaction's id.
    Verifying,
}

/// What is another one for each payment.
pub(super) struct Fresh {
    pub(super) payer: Pubkey,
    /// Without one, the seller's is taken, if there is one.
    pub(super) recent_blockhash: Option<Blockhash>,
    pub(super) entropy: [u8; 16],
    pub(super) sequence: u16,
}

impl SolanaPayment {
    pub(super) fn new(standard: Option<TokenStandard>) -> Self {
        let mint = standard.and_then(MintFacts::from_standard);
        SolanaPayment { mint, length: 0 }
    }

    pub(super) fn first_stage(&self) -> Stage {
        if self.mint.is_none() { Stage::NeedsMintFacts } else { Stage::NeedsEntropy }
    }

    pub(super) fn length(&self) -> usize {
        self.length.into()
    }

    /// Builds the transaction for `entry` in `buffer`; answers whether there was a blockhash for it.
    pub(super) fn build(
        &mut self,
        entry: &[u8],
        buffer: &mut [u8],
        accounts: &mut TokenAccounts,
        fresh: &Fresh,
    ) -> Result<bool, Error> {
        let scheme = read(entry)?;
        let blockhash = fresh.recent_blockhash.or(scheme.recent_blockhash());
        let Some(recent_blockhash) = blockhash else { return Ok(false) };
        let mint = self.mint.ok_or(Error::OutOfOrder)?;
        let (program, payer) = (mint.token_program, fresh.payer);
        let source = accounts.own(&payer, program, scheme.mint());
        let destination = accounts.payee(scheme.pay_to(), program, scheme.mint());
        let account_error = |error| Error::Scheme(SchemeError::TokenAccount(error));
        let facts = TransferFacts {
            payer,
            source: source.map_err(account_error)?,
            destination: destination.map_err(account_error)?,
            mint,
            recent_blockhash,
            entropy: fresh.entropy,
            sequence: fresh.sequence,
        };
        let transaction = scheme.build(&facts, buffer).map_err(Error::Scheme)?;
        // A transaction has at most MAX_TRANSACTION_LEN bytes.
        self.length = transaction.as_bytes().len() as u16;
        Ok(true)
    }

    /// Puts the payer's signature into the transaction.
    pub(super) fn sign(&self, buffer: &mut [u8], signature: &Signature) -> Result<(), Error> {
        let bytes = buffer.get_mut(..self.length()).ok_or(Error::OutOfOrder)?;
        let mut transaction = Transaction::new_checked(bytes).map_err(|_| Error::OutOfOrder)?;
        transaction.set_signature(signature.as_bytes());
        Ok(())
    }
}

/// What a payment is recorded as: what was fresh in it, the account that it takes from, and the
/// payer's signature.
#[derive(Serialize, Deserialize)]
struct Recorded<'a> {
    is_token_2022: bool,
    decimals: u8,
    recent_blockhash: [u8; 32],
    entropy: [u8; 16],
    sequence: u16,
    source: [u8; 32],
    signature: &'a [u8],
}

/// Its bytes at most: the number takes up to three, the signature's length one.
const RECORDED: usize = 1 + 1 + 32 + 16 + 3 + 32 + (1 + SIGNATURE_LEN);

const _: () = assert!(RECORDED <= sizes::SIGNED);

/// What a recorded payment is recognised by on the chain.
#[cfg(feature = "io")]
pub(super) fn trace(recorded: &[u8], network: Network) -> Option<SolanaTrace> {
    let recorded: Recorded<'_> = postcard::from_bytes(recorded).ok()?;
    Some(SolanaTrace {
        network,
        source: Pubkey::new(recorded.source),
        recent_blockhash: Blockhash::new(recorded.recent_blockhash),
        signature: Signature::new(recorded.signature.try_into().ok()?),
    })
}

/// Writes what a signed payment can be made from again; answers its length.
pub(super) fn write(
    payment: &SolanaPayment,
    transaction: &[u8],
    source: &Pubkey,
    sequence: u16,
    out: &mut [u8],
) -> Result<usize, Error> {
    let mint = payment.mint.ok_or(Error::OutOfOrder)?;
    let transaction = Transaction::new_checked(transaction).map_err(|_| Error::OutOfOrder)?;
    let recorded = Recorded {
        is_token_2022: mint.token_program == TokenProgram::Token2022,
        decimals: mint.decimals,
        recent_blockhash: *transaction.recent_blockhash().ok_or(Error::OutOfOrder)?.as_bytes(),
        entropy: memo_entropy(transaction.message()),
        sequence,
        source: *source.as_bytes(),
        signature: signature(transaction.as_bytes()).ok_or(Error::OutOfOrder)?,
    };
    postcard::to_slice(&recorded, out).map(|written| written.len()).map_err(|_| Error::OutOfOrder)
}

/// The random bytes of a memo that is made of them: it is the last thing in a message but for the
/// count of lookup tables. Where the memo is another one, they are not needed.
fn memo_entropy(message: &[u8]) -> [u8; 16] {
    let memo = message.split_last().and_then(|(_, message)| message.last_chunk::<32>());
    memo.and_then(hex::decode).unwrap_or_default()
}

/// Makes a signed payment again in `buffer`, from what [`write`] wrote.
pub(super) fn rebuild(
    recorded: &[u8],
    payer: Pubkey,
    entry: &[u8],
    buffer: &mut [u8],
    accounts: &mut TokenAccounts,
) -> Result<SolanaPayment, Error> {
    let recorded: Recorded<'_> = postcard::from_bytes(recorded).map_err(|_| Error::OutOfOrder)?;
    let signature = recorded.signature.try_into().map_err(|_| Error::OutOfOrder)?;
    let token_program =
        if recorded.is_token_2022 { TokenProgram::Token2022 } else { TokenProgram::Token };
    let mint = MintFacts { token_program, decimals: recorded.decimals };
    let mut payment = SolanaPayment { mint: Some(mint), length: 0 };
    let recent_blockhash = Some(Blockhash::new(recorded.recent_blockhash));
    let Recorded { entropy, sequence, .. } = recorded;
    let fresh = Fresh { payer, recent_blockhash, entropy, sequence };
    payment.build(entry, buffer, accounts, &fresh)?;
    if accounts.last_own() != Some(Pubkey::new(recorded.source)) {
        return Err(Error::OutOfOrder);
    }
    payment.sign(buffer, &Signature::new(signature))?;
    Ok(payment)
}

/// Reads the entry again: it was found payable before.
pub(super) fn read(entry: &[u8]) -> Result<ExactSolana<'_>, Error> {
    let requirements = PaymentRequirements::parse(entry).map_err(|_| Error::OutOfOrder)?;
    ExactSolana::new(&requirements).map_err(Error::Scheme)
}

/// The message that both signers sign, in a transaction that was built.
pub(super) fn message(transaction: &[u8]) -> Result<&[u8], Error> {
    transaction.get(MESSAGE_OFFSET..).ok_or(Error::OutOfOrder)
}

/// The payer's signature.
pub(super) fn signature(transaction: &[u8]) -> Option<&[u8]> {
    let signature = transaction.get(MESSAGE_OFFSET - SIGNATURE_LEN..MESSAGE_OFFSET)?;
    Some(signature)
}

/// The first account of that message.
pub(super) fn fee_payer(transaction: &[u8]) -> Result<Pubkey, Error> {
    let transaction = Transaction::new_checked(transaction).map_err(|_| Error::OutOfOrder)?;
    transaction.fee_payer().ok_or(Error::OutOfOrder)
}

/// The signature of the fee payer that a receipt of success names as the transaction's id.
pub(super) fn claimed_signature(receipt: &SettlementResponse) -> Result<Signature, Doubt> {
    Signature::from_base58(&receipt.transaction).map_err(|_| Doubt::OtherTransaction)
}

const _: () = assert!(sizes::ENTRY >= MAX_TRANSACTION_LEN && sizes::ENTRY >= sizes::RECEIPT);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_as_long_as_counted() {
        let recorded = Recorded {
            is_token_2022: true,
            decimals: u8::MAX,
            recent_blockhash: [0xff; 32],
            entropy: [0xff; 16],
            sequence: u16::MAX,
            source: [0xff; 32],
            signature: &[0xff; SIGNATURE_LEN],
        };
        let mut buffer = [0; sizes::SIGNED];
        assert_eq!(postcard::to_slice(&recorded, &mut buffer).unwrap().len(), RECORDED);
    }
}
