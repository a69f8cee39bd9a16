//! The payment on Solana, from the approval to the signature, and the word on its receipt.

use super::{Exchange, State, Step};
use crate::client::answer::Reading;
use crate::client::outcome::{Doubt, Error};
use crate::client::selection::Best;
use crate::client::solana_payment::{self, Fresh, SolanaPayment, Stage};
use crate::scheme::MintFacts;
use crate::solana::{Blockhash, Pubkey, Signature};
use crate::wire::SettlementResponse;

/// Seconds after which a transaction can't land any more: a blockhash is good for 150 slots, which
/// take 60 to 90 seconds, and on a slow day twice as long.
const LIFETIME: u32 = 180;

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    /// Takes the answer to [`Step::MintFacts`].
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if they were not asked for.
    pub fn mint_facts(&mut self, facts: MintFacts) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Solana(Stage::NeedsMintFacts)))?;
        self.solana.as_mut().ok_or(Error::OutOfOrder)?.mint = Some(facts);
        self.state = State::Solana(Stage::NeedsEntropy);
        Ok(())
    }

    /// Takes the answer to [`Step::Entropy`].
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements make no safe transaction.
    pub fn entropy(&mut self, entropy: [u8; 16]) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Solana(Stage::NeedsEntropy)))?;
        self.state = State::Solana(Stage::NeedsBlockhash { entropy });
        self.build_solana(entropy, None)
    }

    /// Takes the answer to [`Step::RecentBlockhash`].
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements make no safe transaction.
    pub fn recent_blockhash(&mut self, blockhash: Blockhash) -> Result<(), Error> {
        let State::Solana(Stage::NeedsBlockhash { entropy }) = self.state else {
            return Err(Error::OutOfOrder);
        };
        self.build_solana(entropy, Some(blockhash))
    }

    /// Builds the transaction, if there is a blockhash: a given one, or the seller's.
    fn build_solana(
        &mut self,
        entropy: [u8; 16],
        recent_blockhash: Option<Blockhash>,
    ) -> Result<(), Error> {
        let payer = self.payer.solana.ok_or(Error::OutOfOrder)?;
        let payment = self.solana.as_mut().ok_or(Error::OutOfOrder)?;
        let sequence = self.memory.sequence;
        let fresh = Fresh { payer, recent_blockhash, entropy, sequence };
        let (entry, buffer, accounts) = self.selection.split(self.memory);
        let built = payment.build(entry, buffer, accounts, &fresh);
        if self.fail_unless_ok(built)? {
            self.memory.sequence = sequence.wrapping_add(1);
            self.state = State::Solana(self.solana_stage_once_built());
        }
        Ok(())
    }

    /// Takes the answer to [`Step::Sign`]. From here on the payment can be given out.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn signature(&mut self, signature: &Signature) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Solana(Stage::Signing)))?;
        let payment = self.solana.as_ref().ok_or(Error::OutOfOrder)?;
        payment.sign(self.selection.incoming(self.memory), signature)?;
        self.signed();
        Ok(())
    }

    /// Takes the answer to [`Step::VerifyReceipt`]: whether the signature is the fee payer's.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn verified(&mut self, verified: bool) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Solana(Stage::Verifying)))?;
        self.is_verified = verified;
        self.state = State::Done;
        Ok(())
    }

    pub(super) fn solana_step(&self, stage: &Stage) -> Result<Step<'_>, Error> {
        let message = || solana_payment::message(self.transaction());
        Ok(match stage {
            Stage::NeedsMintFacts => Step::MintFacts { mint: self.mint()? },
            Stage::NeedsEntropy => Step::Entropy,
            Stage::NeedsBlockhash { .. } => Step::RecentBlockhash,
            Stage::Reserving => Step::Reserve(self.reservation(LIFETIME)?),
            Stage::Signing => Step::Sign { message: message()? },
            Stage::Verifying => Step::VerifyReceipt {
                fee_payer: solana_payment::fee_payer(self.transaction())?,
                message: message()?,
                signature: self.claimed_transaction()?,
            },
        })
    }

    #[inline(never)] // For the stack: see `step`.
    fn mint(&self) -> Result<Pubkey, Error> {
        solana_payment::read(self.entry()).map(|scheme| *scheme.mint())
    }

    fn solana_stage_once_built(&self) -> Stage {
        if self.is_journalled {
            return Stage::Reserving;
        }
        Stage::Signing
    }

    pub(super) fn begin_solana(&mut self, best: Best) -> Result<(), Error> {
        let rule = self.policy.rules.get(usize::from(best.rank.rule)).ok_or(Error::OutOfOrder)?;
        let payment = SolanaPayment::new(rule.asset.standard);
        self.state = State::Solana(payment.first_stage());
        self.solana = Some(payment);
        Ok(())
    }

    /// Whether a receipt may be about this payment; then its signature is still to be verified.
    pub(super) fn check_solana_receipt(
        &self,
        receipt: &SettlementResponse,
    ) -> Result<State, Doubt> {
        let payer = self.payer.solana.ok_or(Doubt::OtherPayer)?.to_base58();
        if receipt.payer.as_ref().is_some_and(|other| other.as_str() != payer.as_str()) {
            return Err(Doubt::OtherPayer);
        }
        solana_payment::claimed_signature(receipt)?;
        Ok(State::Solana(Stage::Verifying))
    }

    #[inline(never)] // For the stack: see `step`.
    fn claimed_transaction(&self) -> Result<Signature, Error> {
        let Reading::Receipt(reader) = &self.reading else { return Err(Error::OutOfOrder) };
        let receipt = reader.finish(self.texts()).map_err(|_| Error::OutOfOrder)?;
        solana_payment::claimed_signature(&receipt).map_err(Error::Unknown)
    }

    pub(super) fn solana_signature(&self) -> Option<&[u8]> {
        solana_payment::signature(self.transaction())
    }

    pub(super) fn transaction(&self) -> &[u8] {
        let length = self.solana.map_or(0, |payment| payment.length());
        self.selection.built(self.memory, length)
    }
}
