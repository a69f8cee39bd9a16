//! What nobody has ever said or done: other networks, addresses and transactions, of the right form.

use alloy_primitives::hex;
use fastrand::Rng;

use crate::x402::{EvmNetwork, SolanaNetwork};

/// Another network of the same kind, in the same spelling.
pub(super) fn network(network: &str) -> String {
    if let Ok(solana) = network.parse() {
        let other = match solana {
            SolanaNetwork::Devnet => SolanaNetwork::Testnet,
            SolanaNetwork::Mainnet | SolanaNetwork::Testnet => SolanaNetwork::Devnet,
        };
        return if is_caip2(network) { other.caip2() } else { other.v1_name() }.to_owned();
    }
    let base = EvmNetwork { chain_id: 8453 };
    let other = if network.parse() == Ok(base) { EvmNetwork::BASE_SEPOLIA } else { base };
    let v1_name = other.v1_name().filter(|_| !is_caip2(network));
    v1_name.map_or_else(|| other.caip2(), str::to_owned)
}

/// Somebody's address on the same kind of network.
pub(super) fn address(network: &str) -> &'static str {
    if is_solana(network) { SOLANA_ADDRESS } else { EVM_ADDRESS }
}

/// The id of a transaction that never was, on the same kind of network.
pub(super) fn transaction(network: &str, random: &mut Rng) -> String {
    if is_solana(network) {
        bs58::encode(bytes::<64>(random)).into_string()
    } else {
        hex::encode_prefixed(bytes::<32>(random))
    }
}

fn bytes<const LEN: usize>(random: &mut Rng) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    random.fill(&mut bytes);
    bytes
}

fn is_solana(network: &str) -> bool {
    network.starts_with("solana")
}

fn is_caip2(network: &str) -> bool {
    network.contains(':')
}

const SOLANA_ADDRESS: &str = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt";

const EVM_ADDRESS: &str = "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_network_is_of_the_same_kind_and_spelling() {
        for (from, to) in [
            ("solana-devnet", "solana-testnet"),
            ("solana", "solana-devnet"),
            (SolanaNetwork::Mainnet.caip2(), SolanaNetwork::Devnet.caip2()),
            ("base-sepolia", "base"),
            ("base", "base-sepolia"),
            ("eip155:84532", "eip155:8453"),
            ("eip155:8453", "eip155:84532"),
        ] {
            assert_eq!(network(from), to);
        }
    }

    #[test]
    fn transactions_have_the_right_form_and_differ() {
        let mut random = Rng::with_seed(1);
        let solana = transaction("solana-devnet", &mut random);
        assert!(solana.parse::<solana_signature::Signature>().is_ok(), "{solana}");
        assert_ne!(solana, transaction("solana-devnet", &mut random));
        let evm = transaction("eip155:84532", &mut random);
        assert!(evm.parse::<alloy_primitives::B256>().is_ok(), "{evm}");
    }
}
