//! The best acceptable entry of a challenge: two buffers, one for the best so far, one for the
//! entry that arrives.

use core::fmt;

use super::{Error, Payer};
use crate::journal::RecordedPayment;
use crate::policy::{PaymentPolicy, Rank, Refusal, Spending};
#[cfg(feature = "evm")]
use crate::scheme::ExactEvm;
use crate::scheme::SchemeError;
#[cfg(feature = "solana")]
use crate::scheme::{ExactSolana, TokenAccounts};
use crate::sizes;
use crate::wire::Amount;
use crate::wire::{
    ChallengeError, Entry, Network, PaymentRequiredReader, PaymentRequirements, ProtocolVersion,
    RequirementsError, Source,
};

/// What the client keeps from one payment to the next, and the memory that it works in.
///
/// `ENTRY` is the size of one entry of `accepts` in bytes; see [`sizes::ENTRY`].
#[derive(Clone)]
pub struct Memory<const ENTRY: usize = { sizes::ENTRY }> {
    pub(super) entries: [[u8; ENTRY]; 2],
    #[cfg(feature = "solana")]
    pub(super) token_accounts: TokenAccounts,
    /// Counts payments, so that equal ones on one blockhash differ. It begins at 0 after a reset: an
    /// equal payment on the same blockhash is then the same transaction, which settles once.
    #[cfg(feature = "solana")]
    pub(super) sequence: u16,
}

impl<const ENTRY: usize> Memory<ENTRY> {
    /// Empty memory.
    pub const fn new() -> Self {
        Memory {
            entries: [[0; ENTRY]; 2],
            #[cfg(feature = "solana")]
            token_accounts: TokenAccounts::new(),
            #[cfg(feature = "solana")]
            sequence: 0,
        }
    }
}

impl<const ENTRY: usize> Memory<ENTRY> {
    /// Room for something else between two exchanges.
    #[cfg(feature = "io")]
    pub(crate) fn scratch(&mut self) -> &mut [u8] {
        let [first, _] = &mut self.entries;
        first
    }

    /// Counts on from a number that the journal keeps, so that equal payments differ after a reset
    /// too.
    #[cfg(feature = "io")]
    #[cfg_attr(not(feature = "solana"), expect(unused_variables, reason = "nonces differ anyway"))]
    pub(crate) fn count_from(&mut self, number: u32) {
        #[cfg(feature = "solana")]
        {
            self.sequence = number as u16;
        }
    }
}

impl<const ENTRY: usize> fmt::Debug for Memory<ENTRY> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl<const ENTRY: usize> Default for Memory<ENTRY> {
    fn default() -> Self {
        Self::new()
    }
}

/// The state of the choice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection {
    best: Option<Best>,
    /// Why the entry that came nearest was not acceptable.
    nearest: Obstacle,
    /// Which of the two buffers the next entry goes to; the other one holds the best.
    incoming: bool,
}

/// An entry that may be paid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub(super) version: ProtocolVersion,
    pub(super) network: Network,
    pub(super) rank: Rank,
    length: u16,
}

impl Selection {
    pub(super) const fn new() -> Self {
        Selection {
            best: None,
            nearest: Obstacle::Policy(Refusal::NothingAccepted),
            incoming: false,
        }
    }

    /// The buffer for the entry that arrives; after the choice, for the transaction.
    pub(super) fn incoming<'m, const ENTRY: usize>(
        &self,
        memory: &'m mut Memory<ENTRY>,
    ) -> &'m mut [u8; ENTRY] {
        let (_, incoming) = self.pair(&mut memory.entries);
        incoming
    }

    /// Where the texts of the answer to a payment go: once an answer comes, this exchange does not
    /// send the payment again, and has no use for the entry any more.
    pub(super) fn answer_mut<'m, const ENTRY: usize>(
        &self,
        memory: &'m mut Memory<ENTRY>,
    ) -> &'m mut [u8] {
        let (chosen, _) = self.pair(&mut memory.entries);
        chosen
    }

    /// The buffer of the best entry, and the other one.
    fn pair<'m, const ENTRY: usize>(
        &self,
        [first, second]: &'m mut [[u8; ENTRY]; 2],
    ) -> (&'m mut [u8; ENTRY], &'m mut [u8; ENTRY]) {
        if self.incoming { (first, second) } else { (second, first) }
    }

    fn chosen_length(&self) -> usize {
        self.best.map_or(0, |best| best.length.into())
    }

    /// The texts of the answer to a payment.
    pub(super) fn answer<'m, const ENTRY: usize>(&self, memory: &'m Memory<ENTRY>) -> &'m [u8] {
        let [first, second] = &memory.entries;
        if self.incoming { first } else { second }
    }

    /// The other buffer's text: the entry that was chosen.
    pub(super) fn chosen<'m, const ENTRY: usize>(&self, memory: &'m Memory<ENTRY>) -> &'m [u8] {
        self.answer(memory).get(..self.chosen_length()).unwrap_or_default()
    }

    /// The text that was last built in the incoming buffer.
    #[cfg(any(feature = "solana", feature = "evm"))]
    pub(super) fn built<'m, const ENTRY: usize>(
        &self,
        memory: &'m Memory<ENTRY>,
        length: usize,
    ) -> &'m [u8] {
        let [first, second] = &memory.entries;
        let buffer = if self.incoming { second } else { first };
        buffer.get(..length).unwrap_or_default()
    }

    /// The chosen entry, and the buffer for what is signed.
    #[cfg(feature = "evm")]
    pub(super) fn split_entries<'m, const ENTRY: usize>(
        &self,
        memory: &'m mut Memory<ENTRY>,
    ) -> (&'m [u8], &'m mut [u8]) {
        let (chosen, buffer) = self.pair(&mut memory.entries);
        (chosen.get(..self.chosen_length()).unwrap_or_default(), buffer)
    }

    /// The chosen entry, the buffer for the transaction, and the accounts that it moves between.
    #[cfg(feature = "solana")]
    pub(super) fn split<'m, const ENTRY: usize>(
        &self,
        memory: &'m mut Memory<ENTRY>,
    ) -> (&'m [u8], &'m mut [u8], &'m mut TokenAccounts) {
        let (chosen, buffer) = self.pair(&mut memory.entries);
        let entry = chosen.get(..self.chosen_length()).unwrap_or_default();
        (entry, buffer, &mut memory.token_accounts)
    }

    /// Reads on in a challenge, and judges each entry once it has arrived.
    pub(super) fn read<const ENTRY: usize>(
        &mut self,
        mut text: &[u8],
        reader: &mut PaymentRequiredReader,
        chooser: &Chooser<'_>,
        memory: &mut Memory<ENTRY>,
    ) -> Result<(), ChallengeError> {
        while !text.is_empty() {
            let (taken, entry) = reader.push_some(text, self.incoming(memory))?;
            if let Some(entry) = entry {
                self.consider(entry, chooser, memory);
            }
            text = text.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Judges the entry that has just arrived, and keeps it if it is better than the best.
    fn consider<const ENTRY: usize>(
        &mut self,
        entry: Entry,
        chooser: &Chooser<'_>,
        memory: &mut Memory<ENTRY>,
    ) {
        let judged = match entry {
            Entry::TooDeep { needed } => Err(Refusal::EntryTooDeep { needed }.into()),
            Entry::TooLarge { needed } => Err(Refusal::EntryTooLarge { needed }.into()),
            Entry::Complete { length, verbatim } => {
                let entry = self.incoming(memory).get(..length).unwrap_or_default();
                chooser.judge(entry, verbatim)
            }
        };
        match judged {
            Ok(best) if self.best.is_none_or(|known| best.rank < known.rank) => {
                self.best = Some(best);
                self.incoming = !self.incoming;
            }
            Ok(_) => {}
            Err(obstacle) => self.nearest = self.nearest.nearest(obstacle),
        }
    }

    /// Chooses, among entries of the version that the challenge declares.
    pub(super) fn finish(&self, declared: ProtocolVersion) -> Result<(), Error> {
        match (self.best, self.nearest) {
            (Some(best), _) if best.version == declared => Ok(()),
            (Some(_), _) => Err(Error::Policy(Refusal::Malformed(RequirementsError::BothVersions))),
            (None, Obstacle::Policy(refusal)) => Err(Error::Policy(refusal)),
            (None, Obstacle::Scheme(error)) => Err(Error::Scheme(error)),
        }
    }

    /// Chooses the entry of a payment that was recorded. No rule ranks it: it has been decided.
    pub(super) fn restore<const ENTRY: usize>(
        &mut self,
        recorded: &RecordedPayment<'_>,
        memory: &mut Memory<ENTRY>,
    ) -> Result<(), Error> {
        let RecordedPayment { version, network, amount, entry, .. } = *recorded;
        let place = self.incoming(memory).get_mut(..entry.len()).ok_or(Error::OutOfOrder)?;
        place.copy_from_slice(entry);
        self.incoming = !self.incoming;
        let rank = Rank { rule: u16::MAX, amount: Amount(amount) };
        let length = entry.len().try_into().map_err(|_| Error::OutOfOrder)?;
        self.best = Some(Best { version, network, rank, length });
        Ok(())
    }

    /// The best entry; after [`finish`](Self::finish), the chosen one.
    pub(super) fn best(&self) -> Option<Best> {
        self.best
    }
}

/// Why an entry is not paid.
#[derive(Debug, Clone, Copy)]
enum Obstacle {
    Policy(Refusal),
    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(dead_code))]
    Scheme(SchemeError),
}

impl Obstacle {
    /// What the scheme misses is nearer to a payment than what the policy refuses.
    fn nearest(self, other: Obstacle) -> Obstacle {
        match (self, other) {
            (Obstacle::Policy(one), Obstacle::Policy(other)) => one.nearest(other).into(),
            (Obstacle::Policy(_), other) => other,
            (one, _) => one,
        }
    }
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        Obstacle::Policy(refusal)
    }
}

/// What an entry is judged by.
pub(super) struct Chooser<'c> {
    pub(super) source: Source,
    pub(super) policy: &'c PaymentPolicy<'c>,
    pub(super) payer: &'c Payer,
    pub(super) origin: &'c str,
    pub(super) spent: &'c dyn Spending,
}

impl Chooser<'_> {
    fn judge(&self, entry: &[u8], verbatim: bool) -> Result<Best, Obstacle> {
        let malformed = |error| Obstacle::from(Refusal::Malformed(error));
        let length = u16::try_from(entry.len());
        let entry = PaymentRequirements::parse(entry).map_err(malformed)?;
        let may_be_paid = match entry.version {
            ProtocolVersion::V1 => self.source == Source::Body,
            // It must be echoed byte for byte.
            ProtocolVersion::V2 => verbatim,
        };
        if !may_be_paid {
            return Err(malformed(RequirementsError::BothVersions));
        }
        let rank = self.policy.judge(&entry, self.origin, self.spent)?;
        let network = entry.network.ok_or(Refusal::UnknownNetwork)?;
        self.check_scheme(network, &entry)?;
        Ok(Best {
            version: entry.version,
            network,
            rank,
            length: length.map_err(|_| malformed(RequirementsError::Malformed))?,
        })
    }

    fn check_scheme(
        &self,
        network: Network,
        entry: &PaymentRequirements<'_>,
    ) -> Result<(), Obstacle> {
        match network {
            #[cfg(feature = "evm")]
            Network::Eip155(_) => self.check_evm(network, entry),
            #[cfg(feature = "solana")]
            _ if network.is_solana() => self.check_solana(network, entry),
            _ => {
                let _ = (self.payer, entry);
                Err(Refusal::NetworkNotBuilt { network }.into())
            }
        }
    }

    #[cfg(feature = "solana")]
    fn check_solana(
        &self,
        network: Network,
        entry: &PaymentRequirements<'_>,
    ) -> Result<(), Obstacle> {
        let payer = self.payer.solana.ok_or(Refusal::NoKey { network })?;
        let scheme = ExactSolana::new(entry).map_err(Obstacle::Scheme)?;
        scheme.check_payer(&payer).map_err(Obstacle::Scheme)
    }

    #[cfg(feature = "evm")]
    fn check_evm(&self, network: Network, entry: &PaymentRequirements<'_>) -> Result<(), Obstacle> {
        let payer = self.payer.evm.ok_or(Refusal::NoKey { network })?;
        let scheme = ExactEvm::new(entry).map_err(Obstacle::Scheme)?;
        scheme.check_payer(&payer).map_err(Obstacle::Scheme)
    }
}
