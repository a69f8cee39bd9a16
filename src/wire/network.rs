//! Networks: CAIP-2 identifiers (version 2) and short names (version 1) of the same chains.

use core::fmt;

use crate::codec::json::JsonStr;

/// A chain that payments can be made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Network {
    /// Solana's main network.
    Solana,
    /// Solana's network for developers: its tokens have no value.
    SolanaDevnet,
    /// Solana's network for validators.
    SolanaTestnet,
    /// The EVM chain with this chain id (EIP-155).
    Eip155(u64),
}

/// The networks of Solana: CAIP-2 identifier (the first 32 characters of the genesis hash) and
/// short name.
const SOLANA: [(Network, &str, &str); 3] = [
    (Network::Solana, "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "solana"),
    (Network::SolanaDevnet, "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "solana-devnet"),
    (Network::SolanaTestnet, "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z", "solana-testnet"),
];

/// The short names of EVM chains in the reference clients of version 1.
const EIP155: [(u64, &str); 23] = [
    (1, "ethereum"),
    (11_155_111, "sepolia"),
    (2741, "abstract"),
    (11_124, "abstract-testnet"),
    (84_532, "base-sepolia"),
    (8453, "base"),
    (43_113, "avalanche-fuji"),
    (43_114, "avalanche"),
    (4689, "iotex"),
    (1329, "sei"),
    (1328, "sei-testnet"),
    (137, "polygon"),
    (80_002, "polygon-amoy"),
    (3338, "peaq"),
    (1514, "story"),
    (41_923, "educhain"),
    (324_705_682, "skale-base-sepolia"),
    (4326, "megaeth"),
    (143, "monad"),
    (988, "stable"),
    (2201, "stable-testnet"),
    (42_220, "celo"),
    (14, "flare"),
];

impl Network {
    /// The network with this CAIP-2 identifier; `None` if it is not one of ours.
    pub fn from_caip2(identifier: &str) -> Option<Self> {
        if let Some(chain_id) = identifier.strip_prefix("eip155:") {
            return Some(Network::Eip155(parse_chain_id(chain_id)?));
        }
        SOLANA.iter().find(|(_, caip2, _)| *caip2 == identifier).map(|(network, ..)| *network)
    }

    /// The network with this short name of version 1; `None` if it is not one of ours.
    pub fn from_v1_name(name: &str) -> Option<Self> {
        let solana = SOLANA.iter().find(|(.., v1)| *v1 == name).map(|(network, ..)| *network);
        let eip155 = || EIP155.iter().find(|(_, v1)| *v1 == name);
        solana.or_else(|| eip155().map(|(chain_id, _)| Network::Eip155(*chain_id)))
    }

    /// The short name of version 1, where the network has one.
    pub fn v1_name(self) -> Option<&'static str> {
        match self {
            Network::Eip155(id) => EIP155.iter().find(|entry| entry.0 == id).map(|entry| entry.1),
            _ => SOLANA.iter().find(|entry| entry.0 == self).map(|entry| entry.2),
        }
    }

    /// Whether it is one of Solana's.
    pub fn is_solana(self) -> bool {
        matches!(self, Network::Solana | Network::SolanaDevnet | Network::SolanaTestnet)
    }

    /// Whether it is the network of Solana that began with this block, whose hash is given in
    /// base58.
    #[cfg(all(feature = "io", feature = "solana"))]
    pub(crate) fn has_genesis(self, hash: &str) -> bool {
        let reference = SOLANA.iter().find(|entry| entry.0 == self).map(|entry| entry.1);
        reference
            .and_then(|caip2| caip2.strip_prefix("solana:"))
            .is_some_and(|front| hash.starts_with(front))
    }

    /// Whether two texts name the same account or asset here: base58 is compared as it is, EVM
    /// addresses without regard to case (EIP-55 puts a checksum there).
    pub fn same_address(self, one: JsonStr<'_>, other: &str) -> bool {
        match self {
            Network::Eip155(_) => {
                let lower = |character: char| character.to_ascii_lowercase();
                one.chars().map(lower).eq(other.chars().map(lower))
            }
            _ => one.means(other),
        }
    }
}

fn parse_chain_id(digits: &str) -> Option<u64> {
    let canonical = !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|_| canonical)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.v1_name()) {
            (_, Some(name)) => f.write_str(name),
            (Network::Eip155(chain_id), None) => write!(f, "eip155:{chain_id}"),
            (_, None) => f.write_str("solana"),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn both_spellings_name_one_network() {
        for (network, caip2, name) in SOLANA {
            assert_eq!(Network::from_caip2(caip2), Some(network));
            assert_eq!(Network::from_v1_name(name), Some(network));
            assert_eq!(network.v1_name(), Some(name));
            assert_eq!(network.to_string(), name);
        }
        for (chain_id, name) in EIP155 {
            let caip2 = std::format!("eip155:{chain_id}");
            assert_eq!(Network::from_caip2(&caip2), Network::from_v1_name(name));
            assert_eq!(Network::Eip155(chain_id).v1_name(), Some(name));
        }
        assert_eq!(Network::Eip155(5).to_string(), "eip155:5");
    }

    #[test]
    fn other_texts_name_none() {
        for text in [
            "",
            "solana:",
            "eip155:",
            "eip155:0",
            "eip155:01",
            "eip155:+1",
            "eip155:-1",
            "eip155:1 ",
            "eip155:18446744073709551616",
            "SOLANA",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp1",
            "aptos:1",
            "base:1",
        ] {
            assert_eq!(Network::from_caip2(text).or(Network::from_v1_name(text)), None, "{text}");
        }
    }

    #[test]
    fn evm_addresses_have_no_case() {
        let address = JsonStr::from_raw("0x036CbD53842c5426634e7929541eC2318f3dCF7e");
        let lower = "0x036cbd53842c5426634e7929541ec2318f3dcf7e";
        assert!(Network::Eip155(84532).same_address(address, lower));
        assert!(!Network::Solana.same_address(JsonStr::from_raw("aB"), "ab"));
    }
}
