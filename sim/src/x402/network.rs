//! Names of networks: CAIP-2 identifiers (v2) and the short names of v1.

use std::str::FromStr;

use clap::ValueEnum;

/// A Solana cluster that x402 has names for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
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
#[error("{0:?} is not a Solana network")]
pub struct UnknownNetwork(pub String);

impl SolanaNetwork {
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

    /// The mint of Circle's USDC on this cluster.
    pub fn usdc(self) -> &'static str {
        match self {
            Self::Mainnet => "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            Self::Devnet | Self::Testnet => "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
        }
    }
}

impl FromStr for SolanaNetwork {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, UnknownNetwork> {
        Self::value_variants()
            .iter()
            .find(|network| network.caip2() == name || network.v1_name() == name)
            .copied()
            .ok_or_else(|| UnknownNetwork(name.to_owned()))
    }
}

/// An EVM chain, known by its chain id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvmNetwork {
    /// The chain id, part of every signature.
    pub chain_id: u64,
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
    let solana = network.parse().ok().map(SolanaNetwork::v1_name);
    solana.or_else(|| network.parse().ok().and_then(EvmNetwork::v1_name))
}

/// The CAIP-2 identifier of a network given by either name.
pub fn caip2(network: &str) -> Option<String> {
    let solana = network.parse().ok().map(|solana: SolanaNetwork| solana.caip2().to_owned());
    solana.or_else(|| network.parse().ok().map(EvmNetwork::caip2))
}

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
    fn both_names_lead_to_the_same_cluster() {
        for network in SolanaNetwork::value_variants() {
            assert_eq!(network.caip2().parse(), Ok(*network));
            assert_eq!(network.v1_name().parse(), Ok(*network));
        }
    }

    #[test]
    fn evm_names_translate_both_ways() {
        assert_eq!(v1_name("eip155:84532"), Some("base-sepolia"));
        assert_eq!(caip2("base-sepolia").as_deref(), Some("eip155:84532"));
        assert_eq!(v1_name("eip155:42161"), None);
        assert_eq!(caip2("arbitrum"), None);
    }
}
