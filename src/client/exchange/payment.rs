//! The payment, on whatever network the chosen entry names.

use super::{Exchange, State};
use crate::client::outcome::{Doubt, Error};
use crate::client::selection::Best;
use crate::policy::Refusal;
use crate::wire::{
    Accepted, Network, PaymentIdentifier, PaymentPayload, ProtocolVersion, SchemePayload,
    SettlementResponse,
};

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    pub(super) fn begin_payment(&mut self, best: Best) -> Result<(), Error> {
        match best.network {
            #[cfg(feature = "evm")]
            Network::Eip155(_) => self.begin_evm(),
            #[cfg(feature = "solana")]
            network if network.is_solana() => self.begin_solana(best),
            network => Err(Error::Policy(Refusal::NetworkNotBuilt { network })),
        }
    }

    pub(super) fn payment(&self) -> Option<PaymentPayload<'_>> {
        let best = self.best()?;
        let accepted = match best.version {
            ProtocolVersion::V1 => Accepted::Network(best.network.v1_name()?),
            ProtocolVersion::V2 => Accepted::Verbatim(self.entry()),
        };
        let payload = self.scheme_payload(best.network)?;
        Some(PaymentPayload { accepted, payload, identifier: self.payment_identifier() })
    }

    fn scheme_payload(&self, network: Network) -> Option<SchemePayload<'_>> {
        match network {
            #[cfg(feature = "evm")]
            Network::Eip155(_) => self.authorization().map(SchemePayload::Authorization),
            #[cfg(feature = "solana")]
            _ if network.is_solana() => Some(SchemePayload::SolanaTransaction(self.transaction())),
            _ => None,
        }
    }

    /// Made of the payer's signature, it is another one for each payment, and the same when one is
    /// sent again.
    #[cfg_attr(
        not(any(feature = "solana", feature = "evm")),
        expect(unreachable_code, unused_variables)
    )]
    fn payment_identifier(&self) -> Option<PaymentIdentifier<'_>> {
        let is_required = self.identifier?;
        let signature = match self.network()? {
            #[cfg(feature = "evm")]
            Network::Eip155(_) => self.authorization()?.signature,
            #[cfg(feature = "solana")]
            network if network.is_solana() => self.solana_signature()?,
            _ => return None,
        };
        let bytes: &[u8] = signature;
        Some(PaymentIdentifier { is_required, bytes: bytes.first_chunk()? })
    }

    /// Whether a receipt of success may be about this payment; then what is to be done next.
    #[cfg_attr(not(any(feature = "solana", feature = "evm")), expect(unused_variables))]
    pub(super) fn check_payment(&self, receipt: &SettlementResponse) -> Result<State, Doubt> {
        match self.network() {
            #[cfg(feature = "evm")]
            Some(Network::Eip155(_)) => self.check_evm_receipt(receipt),
            #[cfg(feature = "solana")]
            Some(network) if network.is_solana() => self.check_solana_receipt(receipt),
            _ => Err(Doubt::OtherTransaction),
        }
    }

    /// Whether the receipt has been verified, as far as that is possible offline.
    pub(super) fn is_verified(&self) -> bool {
        match self.network() {
            #[cfg(feature = "evm")]
            Some(Network::Eip155(_)) => true,
            #[cfg(feature = "solana")]
            Some(network) if network.is_solana() => self.is_verified,
            _ => false,
        }
    }
}
