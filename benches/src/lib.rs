//! A payment as a device makes it, without a network: from the bytes of a 402 to the bytes of the
//! paid request. What the benches measure; the challenges are those that the boards rehearse.

pub mod stopwatch;

use embedded_x402::client::{Exchange, Memory, Payer};
use embedded_x402::io::Wallet;
pub use embedded_x402_rehearsal::{EVM_ENTRY, POLICY, SOLANA_ENTRY};
use embedded_x402_rehearsal::{
    EVM_V2, EVM_V2_LARGE, RehearsalError, SEGMENT, SOLANA_V2, SOLANA_V2_LARGE, begin, prepare,
    transmit,
};

/// The payer's secret on either network: a test key.
pub const SEED: [u8; 32] = [7; 32];

/// A network, what a seller there asks for, and the responses with status 402 that ask it.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// What people call it.
    pub name: &'static str,
    /// The one entry of `accepts`.
    pub entry: &'static str,
    /// By their size, in words: with that entry only, and with a large extension.
    pub challenges: [(&'static str, &'static [u8]); 2],
}

/// Solana's devnet, the blockhash supplied.
pub const SOLANA: Network = Network {
    name: "Solana",
    entry: SOLANA_ENTRY,
    challenges: [("600 B", SOLANA_V2.challenge), ("7 KB", SOLANA_V2_LARGE.challenge)],
};

/// Base Sepolia.
pub const EVM: Network = Network {
    name: "EVM",
    entry: EVM_ENTRY,
    challenges: [("600 B", EVM_V2.challenge), ("7 KB", EVM_V2_LARGE.challenge)],
};

/// Both.
pub const NETWORKS: [Network; 2] = [SOLANA, EVM];

/// Reads the 402, up to the decision.
///
/// # Errors
/// [`RehearsalError`].
pub fn decide<'m>(
    memory: &'m mut Memory,
    payer: Payer,
    challenge: &[u8],
) -> Result<Exchange<'m>, RehearsalError> {
    let mut exchange = begin(payer, memory)?;
    for segment in challenge.chunks(SEGMENT) {
        exchange.receive(segment)?;
    }
    exchange.step()?;
    Ok(exchange)
}

/// Reads the 402, pays it, and writes the paid request.
///
/// # Errors
/// [`RehearsalError`].
pub fn pay(
    memory: &mut Memory,
    wallet: &mut impl Wallet,
    challenge: &[u8],
) -> Result<Vec<u8>, RehearsalError> {
    let mut exchange = decide(memory, wallet.payer(), challenge)?;
    while prepare(&mut exchange, wallet)? {}
    let mut request = Vec::with_capacity(2048);
    transmit(&mut exchange, |bytes| request.extend_from_slice(bytes))?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use embedded_x402::client::Step;
    use embedded_x402::io::Evm;
    use embedded_x402::signer::{CompactSigner, DalekSigner, K256Signer};

    use super::*;

    /// What each of a network's challenges is paid with, decided on first.
    fn paid(network: &Network, wallet: &mut impl Wallet) -> [Vec<u8>; 2] {
        let mut memory = Memory::new();
        network.challenges.map(|(_, challenge)| {
            let exchange = decide(&mut memory, wallet.payer(), challenge).unwrap();
            assert!(matches!(exchange.step(), Ok(Step::Approve(_))));
            pay(&mut memory, wallet, challenge).unwrap()
        })
    }

    #[test]
    fn what_is_measured_is_a_payment_on_solana() {
        let by_compact = paid(&SOLANA, &mut CompactSigner::from_seed(&SEED).unwrap());
        let by_dalek = paid(&SOLANA, &mut DalekSigner::from_seed(&SEED).unwrap());
        assert!(by_compact.iter().all(|request| request.len() > 1000));
        assert_eq!(by_compact, by_dalek);
    }

    #[test]
    fn what_is_measured_is_a_payment_on_an_evm_chain() {
        let requests = paid(&EVM, &mut Evm(K256Signer::from_bytes(&SEED).unwrap()));
        assert!(requests.iter().all(|request| request.len() > 900));
    }

    #[test]
    fn challenges_are_as_large_as_their_names_say() {
        for Network { challenges: [(_, small), (_, large)], .. } in NETWORKS {
            assert!(small.len().abs_diff(600) < 200 && large.len().abs_diff(7000) < 200);
        }
    }
}
