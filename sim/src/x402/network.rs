//! Names of networks: CAIP-2 identifiers (v2) and the short names of v1.

use std::str::FromStr;

/// A Solana cluster that x402 has names for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SolanaNetwork {
    /// The cluster where tokens have a price.
    Mainnet,
    /// The cluster that most x402 tests run on.
    Devnet,
    /// The cluster of validator operators.
    Testnet,
}

/// A name that belongs to no Solana cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a Solana network: devnet, testnet and mainnet are, and the names that x402 gives \
     them (solana-devnet, CAIP-2 identifiers)"
)]
pub struct UnknownNetwork(pub String);

impl SolanaNetwork {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mainnet, Self::Devnet, Self::Testnet];

    /// The CAIP-2 identifier: `solana:` and the start of the genesis hash.
    pub fn caip2(self) -> &'static str {
        match self {
            Self::Mainnet => "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            Self::Devnet => "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
            Self::Testnet => "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z",
        }
    }

    /// The name in messages of v1.
    pub fn v1_name(self) -> &'static str {
        match self {
            Self::Mainnet => "solana",
            Self::Devnet => "solana-devnet",
            Self::Testnet => "solana-testnet",
        }
    }

    /// The name of the cluster itself, which people give to flags; messages have none of it.
    pub fn cluster(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
        }
    }

    /// The network that a message names, in either version.
    fn of_message(name: &str) -> Option<Self> {
        let is_named = |network: &Self| network.caip2() == name || network.v1_name() == name;
        Self::ALL.into_iter().find(is_named)
    }

    /// The mint of Circle's USDC on this cluster.
    pub fn usdc(self) -> &'static str {
        match self {
            Self::Mainnet => "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            Self::Devnet | Self::Testnet => "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
        }
    }
}

/// Any of its names, as flags take them.
impl FromStr for SolanaNetwork {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, UnknownNetwork> {
        let of_cluster = || Self::ALL.into_iter().find(|network| network.cluster() == name);
        let network = Self::of_message(name).or_else(of_cluster);
        network.ok_or_else(|| UnknownNetwork(name.to_owned()))
    }
}

/// An EVM chain, known by its chain id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvmNetwork {
    /// The chain id, part of every signature.
    pub chain_id: u64,
}

/// A token that moves by EIP-3009, with what its EIP-712 domain needs to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvmToken {
    /// The contract, with its checksum (EIP-55).
    pub address: &'static str,
    /// The name in the domain, which is not always the one that people use.
    pub name: &'static str,
    /// The version in the domain.
    pub version: &'static str,
}

/// A name that belongs to no EVM chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an EVM network: eip155:84532 is one, and base-sepolia")]
pub struct UnknownEvmNetwork(pub String);

impl EvmNetwork {
    /// The testnet that most x402 tests run on.
    pub const BASE_SEPOLIA: Self = Self { chain_id: 84_532 };

    /// The CAIP-2 identifier: `eip155:` and the chain id.
    pub fn caip2(self) -> String {
        format!("eip155:{}", self.chain_id)
    }

    /// Circle's USDC on this chain, if it is known here.
    pub fn usdc(self) -> Option<EvmToken> {
        let mut known = EVM_USDC.iter();
        let (_, address, name) = known.find(|(chain_id, _, _)| *chain_id == self.chain_id)?;
        Some(EvmToken { address, name, version: "2" })
    }

    /// The name in messages of v1, if v1 knows the chain.
    pub fn v1_name(self) -> Option<&'static str> {
        EVM_NETWORKS.iter().find(|(_, id)| *id == self.chain_id).map(|(name, _)| *name)
    }
}

impl FromStr for EvmNetwork {
    type Err = UnknownEvmNetwork;

    fn from_str(name: &str) -> Result<Self, UnknownEvmNetwork> {
        let by_name = EVM_NETWORKS.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
        let by_id = || name.strip_prefix("eip155:")?.parse().ok();
        let chain_id = by_name.or_else(by_id).ok_or_else(|| UnknownEvmNetwork(name.to_owned()))?;
        Ok(Self { chain_id })
    }
}

/// The v1 name of a network given by either name, if v1 knows the network.
pub fn v1_name(network: &str) -> Option<&'static str> {
    let solana = SolanaNetwork::of_message(network).map(SolanaNetwork::v1_name);
    solana.or_else(|| network.parse().ok().and_then(EvmNetwork::v1_name))
}

/// The CAIP-2 identifier of a network given by either name.
pub fn caip2(network: &str) -> Option<String> {
    let solana = SolanaNetwork::of_message(network).map(|solana| solana.caip2().to_owned());
    solana.or_else(|| network.parse().ok().map(EvmNetwork::caip2))
}

/// Chain id, contract and name of Circle's USDC.
const EVM_USDC: [(u64, &str, &str); 9] = [
    (1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin"),
    (137, "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin"),
    (8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin"),
    (42_161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USD Coin"),
    (43_113, "0x5425890298aed601595a70AB815c96711a31Bc65", "USD Coin"),
    (43_114, "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin"),
    (80_002, "0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582", "USDC"),
    (84_532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC"),
    (421_614, "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d", "USDC"),
];

/// Short names of v1 and the chain identifiers that they stand for.
const EVM_NETWORKS: [(&str, u64); 23] = [
    ("ethereum", 1),
    ("sepolia", 11_155_111),
    ("abstract", 2741),
    ("abstract-testnet", 11_124),
    ("base-sepolia", 84_532),
    ("base", 8453),
    ("avalanche-fuji", 43_113),
    ("avalanche", 43_114),
    ("iotex", 4689),
    ("sei", 1329),
    ("sei-testnet", 1328),
    ("polygon", 137),
    ("polygon-amoy", 80_002),
    ("peaq", 3338),
    ("story", 1514),
    ("educhain", 41_923),
    ("skale-base-sepolia", 324_705_682),
    ("megaeth", 4326),
    ("monad", 143),
    ("stable", 988),
    ("stable-testnet", 2201),
    ("celo", 42_220),
    ("flare", 14),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_the_same_cluster() {
        for network in SolanaNetwork::ALL {
            for name in [network.caip2(), network.v1_name(), network.cluster()] {
                assert_eq!(name.parse(), Ok(network));
            }
        }
    }

    #[test]
    fn names_of_flags_are_none_in_messages() {
        for network in SolanaNetwork::ALL {
            assert_eq!(caip2(network.cluster()), None);
            assert_eq!(v1_name(network.cluster()), None);
        }
    }

    #[test]
    fn usdc_has_correct_checksums() {
        for (chain_id, address, _) in EVM_USDC {
            assert!(alloy_primitives::Address::parse_checksummed(address, None).is_ok());
            assert_eq!(EvmNetwork { chain_id }.usdc().map(|token| token.address), Some(address));
        }
        assert_eq!(EvmNetwork { chain_id: 1328 }.usdc(), None);
    }

    #[test]
    fn evm_names_translate_both_ways() {
        assert_eq!(v1_name("eip155:84532"), Some("base-sepolia"));
        assert_eq!(caip2("base-sepolia").as_deref(), Some("eip155:84532"));
        assert_eq!(v1_name("eip155:42161"), None);
        assert_eq!(caip2("arbitrum"), None);
    }
}
