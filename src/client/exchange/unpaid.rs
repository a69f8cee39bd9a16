//! Built for no network: no entry is ever chosen, and nothing is ever paid.

use super::{Exchange, State};
use crate::client::outcome::{Doubt, Error};
use crate::client::selection::Best;
use crate::policy::Refusal;
use crate::wire::{PaymentPayload, SettlementResponse};

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    pub(super) fn begin_payment(&mut self, best: Best) -> Result<(), Error> {
        Err(Error::Policy(Refusal::NetworkNotBuilt { network: best.network }))
    }

    pub(super) fn payment(&self) -> Option<PaymentPayload<'_>> {
        None
    }

    pub(super) fn check_payment(&self, _: &SettlementResponse) -> Result<State, Doubt> {
        Err(Doubt::OtherTransaction)
    }

    pub(super) fn is_verified(&self) -> bool {
        false
    }
}
