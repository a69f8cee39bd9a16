//! The payment on Solana, from the approval to the signature, and the word on its receipt.

use super::{Exchange, Settlement, State, Step};
use crate::client::outcome::{Doubt, Error};
use crate::client::selection::Best;
use crate::client::solana_payment::{self, SolanaPayment, Stage};
use crate::scheme::MintFacts;
use crate::solana::{Blockhash, Signature};
use crate::wire::{Accepted, PaymentPayload, ProtocolVersion, SchemePayload, SettlementResponse};

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    /// Takes the answer to [`Step::MintFacts`].
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if they were not asked for.
    pub fn mint_facts(&mut self, facts: MintFacts) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Solana(Stage::NeedsMintFacts)))?;
        self.solana.as_mut().ok_or(Error::OutOfOrder)?.set_mint_facts(facts);
        self.state = State::Solana(Stage::NeedsEntropy);
        Ok(())
    }

    /// Takes the answer to [`Step::Entropy`].
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements make no safe transaction.
    pub fn entropy(&mut self, entropy: [u8; 16]) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Solana(Stage::NeedsEntropy)))?;
        self.solana.as_mut().ok_or(Error::OutOfOrder)?.set_entropy(entropy);
        self.state = State::Solana(Stage::NeedsBlockhash);
        match solana_payment::read(self.entry())?.recent_blockhash() {
            Some(blockhash) => self.recent_blockhash(blockhash),
            None => Ok(()),
        }
    }

    /// Takes the answer to [`Step::RecentBlockhash`].
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements make no safe transaction.
    pub fn recent_blockhash(&mut self, blockhash: Blockhash) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Solana(Stage::NeedsBlockhash)))?;
        let payment = self.solana.as_mut().ok_or(Error::OutOfOrder)?;
        let sequence = self.memory.sequence;
        let (entry, buffer, accounts) = self.selection.split(self.memory);
        let built = payment.build(entry, buffer, blockhash, accounts, sequence);
        self.fail_unless_ok(built)?;
        self.memory.sequence = sequence.wrapping_add(1);
        self.state = State::Solana(Stage::Signing);
        Ok(())
    }

    /// Takes the answer to [`Step::Sign`]. From here on the payment can be given out.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn signature(&mut self, signature: &Signature) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Solana(Stage::Signing)))?;
        let payment = self.solana.as_ref().ok_or(Error::OutOfOrder)?;
        payment.sign(self.selection.incoming(self.memory), signature)?;
        self.sent = 0;
        self.state = State::SendingPayment;
        Ok(())
    }

    /// Takes the answer to [`Step::VerifyReceipt`]: whether the signature is the fee payer's.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn verified(&mut self, verified: bool) -> Result<(), Error> {
        self.expect(matches!(self.state, State::Solana(Stage::Verifying(_))))?;
        self.outcome = match verified {
            true => Settlement::Settled,
            false => Settlement::Unknown(Doubt::OtherTransaction),
        };
        self.state = State::Done;
        Ok(())
    }

    pub(super) fn solana_step(&self, stage: &Stage) -> Result<Step<'_>, Error> {
        let scheme = || solana_payment::read(self.entry());
        let message = || solana_payment::message(self.transaction());
        Ok(match stage {
            Stage::NeedsMintFacts => Step::MintFacts { mint: *scheme()?.mint() },
            Stage::NeedsEntropy => Step::Entropy,
            Stage::NeedsBlockhash => Step::RecentBlockhash,
            Stage::Signing => Step::Sign { message: message()? },
            Stage::Verifying(signature) => Step::VerifyReceipt {
                fee_payer: *scheme()?.fee_payer(),
                message: message()?,
                signature: *signature,
            },
        })
    }

    pub(super) fn begin_payment(&mut self, best: Best) -> Result<(), Error> {
        let rule = self.policy.rules.get(best.rank.rule).ok_or(Error::OutOfOrder)?;
        let payer = self.payer.solana.ok_or(Error::OutOfOrder)?;
        let payment = SolanaPayment::new(payer, rule.asset.standard);
        self.state = State::Solana(payment.first_stage());
        self.solana = Some(payment);
        Ok(())
    }

    pub(super) fn payment(&self) -> Option<PaymentPayload<'_>> {
        let best = self.best?;
        let accepted = match best.version {
            ProtocolVersion::V1 => Accepted::Network(best.network.v1_name()?),
            ProtocolVersion::V2 => Accepted::Verbatim(self.entry()),
        };
        let payload = SchemePayload::SolanaTransaction(self.transaction());
        Some(PaymentPayload { accepted, payload })
    }

    /// The signature that a receipt of success claims, which is still to be verified.
    pub(super) fn claimed_signature(&self, receipt: &SettlementResponse) -> Result<State, Doubt> {
        let payment = self.solana.as_ref().ok_or(Doubt::OtherTransaction)?;
        let signature = payment.claimed_signature(receipt)?;
        Ok(State::Solana(Stage::Verifying(signature)))
    }

    fn transaction(&self) -> &[u8] {
        let length = self.solana.map_or(0, |payment| payment.length());
        self.selection.built(self.memory, length)
    }
}
