//! A payment on Solana while it comes together, and the check of its receipt.

use super::{Doubt, Error};
use crate::policy::TokenStandard;
use crate::scheme::{ExactSolana, MintFacts, SchemeError, TokenAccounts, TransferFacts};
use crate::sizes;
use crate::solana::{Blockhash, Pubkey, Signature, Transaction};
use crate::wire::{PaymentRequirements, SettlementResponse};

/// What is known of the payment so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct SolanaPayment {
    payer: Pubkey,
    mint: Option<MintFacts>,
    entropy: [u8; 16],
    /// Bytes of the transaction, once it is built.
    length: usize,
}

/// What is still missing.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    NeedsMintFacts,
    NeedsEntropy,
    NeedsBlockhash,
    Signing,
    /// Paid: this signature is the transaction's id in the receipt.
    Verifying(Signature),
}

impl SolanaPayment {
    pub(super) fn new(payer: Pubkey, standard: Option<TokenStandard>) -> Self {
        let mint = standard.map(MintFacts::from);
        SolanaPayment { payer, mint, entropy: [0; 16], length: 0 }
    }

    pub(super) fn first_stage(&self) -> Stage {
        if self.mint.is_none() { Stage::NeedsMintFacts } else { Stage::NeedsEntropy }
    }

    pub(super) fn set_mint_facts(&mut self, facts: MintFacts) {
        self.mint = Some(facts);
    }

    pub(super) fn set_entropy(&mut self, entropy: [u8; 16]) {
        self.entropy = entropy;
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Builds the transaction for `entry` in `buffer`.
    pub(super) fn build(
        &mut self,
        entry: &[u8],
        buffer: &mut [u8],
        recent_blockhash: Blockhash,
        accounts: &mut TokenAccounts,
        sequence: u16,
    ) -> Result<(), Error> {
        let scheme = read(entry)?;
        let mint = self.mint.ok_or(Error::OutOfOrder)?;
        let account_error = |error| Error::Scheme(SchemeError::TokenAccount(error));
        let program = mint.token_program;
        let facts = TransferFacts {
            payer: self.payer,
            source: accounts.own(&self.payer, program, scheme.mint()).map_err(account_error)?,
            destination: accounts
                .payee(scheme.pay_to(), program, scheme.mint())
                .map_err(account_error)?,
            mint,
            recent_blockhash,
            entropy: self.entropy,
            sequence,
        };
        let transaction = scheme.build(&facts, buffer).map_err(Error::Scheme)?;
        self.length = transaction.as_bytes().len();
        Ok(())
    }

    /// Puts the payer's signature into the transaction.
    pub(super) fn sign(&self, buffer: &mut [u8], signature: &Signature) -> Result<(), Error> {
        let bytes = buffer.get_mut(..self.length).ok_or(Error::OutOfOrder)?;
        let mut transaction = Transaction::new_checked(bytes).map_err(|_| Error::OutOfOrder)?;
        transaction.set_signature(signature.as_bytes());
        Ok(())
    }

    /// The signature of the fee payer that a receipt of success names as the transaction's id.
    pub(super) fn claimed_signature(
        &self,
        receipt: &SettlementResponse,
    ) -> Result<Signature, Doubt> {
        let payer = self.payer.to_base58();
        if receipt.payer.as_ref().is_some_and(|other| other.as_str() != payer.as_str()) {
            return Err(Doubt::OtherPayer);
        }
        Signature::from_base58(&receipt.transaction).map_err(|_| Doubt::OtherTransaction)
    }
}

/// Reads the entry again: it was found payable before.
pub(super) fn read(entry: &[u8]) -> Result<ExactSolana<'_>, Error> {
    let requirements = PaymentRequirements::parse(entry).map_err(|_| Error::OutOfOrder)?;
    ExactSolana::new(&requirements).map_err(Error::Scheme)
}

/// The message that both signers sign, in a transaction that was built.
pub(super) fn message(transaction: &[u8]) -> Result<&[u8], Error> {
    transaction.get(crate::solana::sizes::MESSAGE_OFFSET..).ok_or(Error::OutOfOrder)
}

const _: () = assert!(sizes::ENTRY >= crate::solana::sizes::MAX_TRANSACTION_LEN);
