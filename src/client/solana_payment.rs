//! A payment on Solana while it comes together, and what its receipt claims.

use super::{Doubt, Error};
use crate::policy::TokenStandard;
use crate::scheme::{ExactSolana, MintFacts, SchemeError, TokenAccounts, TransferFacts};
use crate::sizes;
use crate::solana::sizes::{MAX_TRANSACTION_LEN, MESSAGE_OFFSET};
use crate::solana::{Blockhash, Pubkey, Signature, Transaction};
use crate::wire::{PaymentRequirements, SettlementResponse};

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
    Signing,
    /// Paid: the receipt names the transaction's id.
    Verifying,
}

/// What is another one for each payment.
pub(super) struct Fresh {
    pub(super) payer: Pubkey,
    pub(super) recent_blockhash: Blockhash,
    pub(super) entropy: [u8; 16],
    pub(super) sequence: u16,
}

impl SolanaPayment {
    pub(super) fn new(standard: Option<TokenStandard>) -> Self {
        SolanaPayment { mint: standard.and_then(MintFacts::from_standard), length: 0 }
    }

    pub(super) fn first_stage(&self) -> Stage {
        if self.mint.is_none() { Stage::NeedsMintFacts } else { Stage::NeedsEntropy }
    }

    pub(super) fn length(&self) -> usize {
        self.length.into()
    }

    /// Builds the transaction for `entry` in `buffer`.
    pub(super) fn build(
        &mut self,
        entry: &[u8],
        buffer: &mut [u8],
        accounts: &mut TokenAccounts,
        fresh: &Fresh,
    ) -> Result<(), Error> {
        let scheme = read(entry)?;
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
            recent_blockhash: fresh.recent_blockhash,
            entropy: fresh.entropy,
            sequence: fresh.sequence,
        };
        let transaction = scheme.build(&facts, buffer).map_err(Error::Scheme)?;
        // A transaction has at most MAX_TRANSACTION_LEN bytes.
        self.length = transaction.as_bytes().len() as u16;
        Ok(())
    }

    /// Puts the payer's signature into the transaction.
    pub(super) fn sign(&self, buffer: &mut [u8], signature: &Signature) -> Result<(), Error> {
        let bytes = buffer.get_mut(..self.length()).ok_or(Error::OutOfOrder)?;
        let mut transaction = Transaction::new_checked(bytes).map_err(|_| Error::OutOfOrder)?;
        transaction.set_signature(signature.as_bytes());
        Ok(())
    }
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
