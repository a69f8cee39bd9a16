//! The stablecoins that are known by name.
//!
//! The table is for limits and display. Addresses, decimals and token programs of Circle's USDC,
//! Paxos's USDG, PayPal's PYUSD and Tether's USDT are those of the reference clients' tables.

use super::{Asset, TokenStandard};
use crate::wire::Network;

const SPL: TokenStandard = TokenStandard::SplToken { decimals: 6 };
const SPL_2022: TokenStandard = TokenStandard::SplToken2022 { decimals: 6 };

/// Circle's USD Coin on Solana.
pub const USDC_SOLANA: Asset<'static> =
    Asset::known(Network::Solana, "USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", SPL);

/// Circle's USD Coin on Solana's devnet: no real money, to be had from Circle's faucet.
pub const USDC_SOLANA_DEVNET: Asset<'static> =
    Asset::known(Network::SolanaDevnet, "USDC", DEVNET_USDC, SPL);

/// Circle's USD Coin on Solana's testnet.
pub const USDC_SOLANA_TESTNET: Asset<'static> =
    Asset::known(Network::SolanaTestnet, "USDC", DEVNET_USDC, SPL);

const DEVNET_USDC: &str = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";
const DEVNET_USDG: &str = "4F6PM96JJxngmHnZLBh9n58RH4aTVNWvDs2nuwrT5BP7";
const DEVNET_PYUSD: &str = "CXk2AMBfi3TwaEL2468s6zP8xq9NxTXjp9gjMgzeUynM";

/// Dollar stablecoins known by name, all with six decimals.
pub const KNOWN: &[Asset<'static>] = &[
    USDC_SOLANA,
    Asset::known(Network::Solana, "USDT", "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", SPL),
    Asset::known(Network::Solana, "USDG", "2u1tszSeqZ3qBWF3uNGPFc8TzMk2tdiwknnRMWGWjGWH", SPL_2022),
    Asset::known(
        Network::Solana,
        "PYUSD",
        "2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo",
        SPL_2022,
    ),
    Asset::known(Network::Solana, "CASH", "CASHx9KJUStyftLFWGvEVf59SGeG9sh5FfcnZMVPCASH", SPL_2022),
    USDC_SOLANA_DEVNET,
    Asset::known(Network::SolanaDevnet, "USDG", DEVNET_USDG, SPL_2022),
    Asset::known(Network::SolanaDevnet, "PYUSD", DEVNET_PYUSD, SPL_2022),
    USDC_SOLANA_TESTNET,
    Asset::known(Network::SolanaTestnet, "USDG", DEVNET_USDG, SPL_2022),
    Asset::known(Network::SolanaTestnet, "PYUSD", DEVNET_PYUSD, SPL_2022),
];

/// The known asset at this address.
pub fn find(network: Network, address: &str) -> Option<&'static Asset<'static>> {
    KNOWN.iter().find(|asset| asset.network == network && asset.address == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_asset_stands_twice() {
        for (index, asset) in KNOWN.iter().enumerate() {
            let first = KNOWN.iter().position(|other| {
                other.network == asset.network
                    && (other.address == asset.address || other.symbol == asset.symbol)
            });
            assert_eq!(first, Some(index));
            assert_eq!(find(asset.network, asset.address), Some(asset));
            assert!(asset.network.is_solana());
        }
    }
}
