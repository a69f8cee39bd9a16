//! The best acceptable entry of a challenge: two buffers, one for the best so far, one for the
//! entry that arrives.

use super::{Error, Payer};
use crate::policy::{PaymentPolicy, Rank, Refusal};
#[cfg(feature = "solana")]
use crate::scheme::{ExactSolana, TokenAccounts};
use crate::sizes;
use crate::wire::{
    Entry, Network, PaymentRequirements, ProtocolVersion, RequirementsError, Source,
};

/// What the client keeps from one payment to the next, and the memory that it works in.
///
/// `ENTRY` is the size of one entry of `accepts` in bytes; see [`sizes::ENTRY`].
#[derive(Debug, Clone)]
pub struct Memory<const ENTRY: usize = { sizes::ENTRY }> {
    pub(super) entries: [[u8; ENTRY]; 2],
    #[cfg(feature = "solana")]
    pub(super) token_accounts: TokenAccounts,
    /// Counts payments, so that equal ones on one blockhash differ.
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
    nearest: Error,
    /// Which of the two buffers the next entry goes to; the other one holds the best.
    incoming: bool,
}

/// An entry that may be paid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub(super) version: ProtocolVersion,
    pub(super) network: Network,
    pub(super) rank: Rank,
    length: usize,
}

impl Selection {
    pub(super) const fn new() -> Self {
        Selection { best: None, nearest: Error::Policy(Refusal::NothingAccepted), incoming: false }
    }

    /// The buffer for the entry that arrives; after the choice, for the transaction.
    pub(super) fn incoming<'m, const ENTRY: usize>(
        &self,
        memory: &'m mut Memory<ENTRY>,
    ) -> &'m mut [u8; ENTRY] {
        let [first, second] = &mut memory.entries;
        if self.incoming { second } else { first }
    }

    /// The other buffer's text: the entry that was chosen.
    pub(super) fn chosen<'m, const ENTRY: usize>(&self, memory: &'m Memory<ENTRY>) -> &'m [u8] {
        let [first, second] = &memory.entries;
        let buffer = if self.incoming { first } else { second };
        let length = self.best.map_or(0, |best| best.length);
        buffer.get(..length).unwrap_or_default()
    }

    /// The text that was last built in the incoming buffer.
    #[cfg(feature = "solana")]
    pub(super) fn built<'m, const ENTRY: usize>(
        &self,
        memory: &'m Memory<ENTRY>,
        length: usize,
    ) -> &'m [u8] {
        let [first, second] = &memory.entries;
        let buffer = if self.incoming { second } else { first };
        buffer.get(..length).unwrap_or_default()
    }

    /// The chosen entry, the buffer for the transaction, and the accounts that it moves between.
    #[cfg(feature = "solana")]
    pub(super) fn split<'m, const ENTRY: usize>(
        &self,
        memory: &'m mut Memory<ENTRY>,
    ) -> (&'m [u8], &'m mut [u8], &'m mut TokenAccounts) {
        let [first, second] = &mut memory.entries;
        let (chosen, buffer) = if self.incoming { (first, second) } else { (second, first) };
        let length = self.best.map_or(0, |best| best.length);
        let entry = chosen.get(..length).unwrap_or_default();
        (entry, buffer, &mut memory.token_accounts)
    }

    /// Judges the entry that has just arrived, and keeps it if it is better than the best.
    pub(super) fn consider<const ENTRY: usize>(
        &mut self,
        entry: Entry,
        chooser: &Chooser<'_>,
        memory: &mut Memory<ENTRY>,
    ) {
        let judged = match entry {
            Entry::TooDeep => Err(Error::Policy(Refusal::EntryTooDeep)),
            Entry::TooLarge { needed } => Err(Error::Policy(Refusal::EntryTooLarge { needed })),
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
            Err(error) => self.nearest = nearest(self.nearest, error),
        }
    }

    /// The choice.
    pub(super) fn finish(&self, declared: ProtocolVersion) -> Result<Best, Error> {
        let best = self.best.ok_or(self.nearest)?;
        if best.version != declared {
            return Err(Error::Policy(Refusal::Malformed(RequirementsError::BothVersions)));
        }
        Ok(best)
    }
}

/// What an entry is judged by.
pub(super) struct Chooser<'c> {
    pub(super) source: Source,
    pub(super) policy: &'c PaymentPolicy<'c>,
    pub(super) payer: &'c Payer,
    pub(super) origin: &'c str,
}

impl Chooser<'_> {
    fn judge(&self, entry: &[u8], verbatim: bool) -> Result<Best, Error> {
        let malformed = |error| Error::Policy(Refusal::Malformed(error));
        let entry_length = entry.len();
        let entry = PaymentRequirements::parse(entry).map_err(malformed)?;
        let may_be_paid = match entry.version {
            ProtocolVersion::V1 => self.source == Source::Body,
            // It must be echoed byte for byte.
            ProtocolVersion::V2 => verbatim,
        };
        if !may_be_paid {
            return Err(malformed(RequirementsError::BothVersions));
        }
        let rank = self.policy.judge(&entry, self.origin).map_err(Error::Policy)?;
        let network = entry.network.ok_or(Error::Policy(Refusal::UnknownNetwork))?;
        self.check_scheme(network, &entry)?;
        Ok(Best { version: entry.version, network, rank, length: entry_length })
    }

    #[cfg(feature = "solana")]
    fn check_scheme(&self, network: Network, entry: &PaymentRequirements<'_>) -> Result<(), Error> {
        if !network.is_solana() {
            return Err(Error::Policy(Refusal::NetworkNotBuilt { network }));
        }
        let payer = self.payer.solana.ok_or(Error::Policy(Refusal::NoKey { network }))?;
        let scheme = ExactSolana::new(entry).map_err(Error::Scheme)?;
        scheme.check_payer(&payer).map_err(Error::Scheme)
    }

    #[cfg(not(feature = "solana"))]
    fn check_scheme(&self, network: Network, _: &PaymentRequirements<'_>) -> Result<(), Error> {
        let Payer {} = self.payer;
        Err(Error::Policy(Refusal::NetworkNotBuilt { network }))
    }
}

/// What the scheme misses is nearer to a payment than what the policy refuses.
fn nearest(one: Error, other: Error) -> Error {
    match (one, other) {
        (Error::Policy(one), Error::Policy(other)) => Error::Policy(one.nearest(other)),
        (Error::Policy(_), other) => other,
        (one, _) => one,
    }
}
