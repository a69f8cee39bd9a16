//! The seller, the node, and the client that the tests put on the network.

use std::convert::Infallible;

use embedded_x402::io::{Client, ClientMemory, NoJournal};
use embedded_x402::policy::Always;
use embedded_x402::signer::DalekSigner;
use embedded_x402::sizes;
use embedded_x402_tests::challenge::{challenge, entry};
use embedded_x402_tests::device::USDC_POLICY;
use embedded_x402_tests::keys::device_signer;
use embedded_x402_tests::network::{Clock, Network, Reply};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::SentRequest;
use rand_core::{TryCryptoRng, TryRng};

/// The client of most tests.
pub(crate) type TestClient<'c, 'n> = Client<
    'c,
    Network<'n>,
    DalekSigner,
    Counter,
    Clock<'c, 'n>,
    Always,
    NoJournal,
    { sizes::ENTRY },
    1024,
>;

/// A client that pays for USDC.
pub(crate) fn client<'c, 'n>(
    network: &'c Network<'n>,
    memory: &'c mut ClientMemory,
) -> TestClient<'c, 'n> {
    Client::new(network, &USDC_POLICY, device_signer(), Counter(0), network.clock(), memory)
}

/// Sells `/weather` for a payment and gives everything else away.
pub(crate) fn honest(_: &str, request: &SentRequest) -> Reply {
    answer(request).into()
}

/// The honest seller's answer.
pub(crate) fn answer(request: &SentRequest) -> Vec<u8> {
    match request.payment() {
        Some(payment) => settled(&receipt(&payment)),
        None if request.line().contains("/free") => response(200, &[], "free"),
        None => payment_required(&challenge(&[entry()])),
    }
}

/// Counts where others draw: tests need the same bytes each time.
pub(crate) struct Counter(pub(crate) u8);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}
