//! The stablecoins that are known by name.
//!
//! The table is for limits and display: what is signed is what the seller says, within them.
//! Addresses, decimals and token programs of Circle's USDC (and its bridged form, USDC.e), Paxos's
//! USDG, PayPal's PYUSD and Tether's USDT, USDT0 and USAT are those of the reference clients' tables.

use super::{Asset, TokenStandard};
use crate::codec::json::JsonStr;
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

/// Circle's USD Coin on Base.
pub const USDC_BASE: Asset<'static> =
    eip3009(8453, "USDC", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");

/// Circle's USD Coin on Base Sepolia: no real money, to be had from Circle's faucet.
pub const USDC_BASE_SEPOLIA: Asset<'static> =
    eip3009(84_532, "USDC", "0x036CbD53842c5426634e7929541eC2318f3dCF7e");

const fn eip3009(chain_id: u64, symbol: &'static str, address: &'static str) -> Asset<'static> {
    let standard = TokenStandard::Eip3009 { decimals: 6 };
    Asset::known(Network::Eip155(chain_id), symbol, address, standard)
}

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
    USDC_BASE,
    USDC_BASE_SEPOLIA,
    eip3009(1, "USDC", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
    eip3009(14, "USDT0", "0xe7cd86e13AC4309349F30B3435a9d337750fC82D"),
    eip3009(50, "USDC", "0xfA2958CB79b0491CC627c1557F441eF849Ca8eb1"),
    eip3009(51, "USDC", "0xb5AB69F7bBada22B28e79C8FFAECe55eF1c771D4"),
    eip3009(137, "USDC", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359"),
    eip3009(143, "USDC", "0x754704Bc059F8C67012fEd69BC8A327a5aafb603"),
    eip3009(988, "USDT0", "0x779Ded0c9e1022225f8E0630b35a9b54bE713736"),
    eip3009(1328, "USDC", "0x4fCF1784B31630811181f670Aea7A7bEF803eaED"),
    eip3009(1329, "USDC", "0xe15fC38F6D8c56aF07bbCBe3BAf5708A2Bf42392"),
    eip3009(2201, "USDT0", "0x78Cf24370174180738C5B8E352B6D14c83a6c9A9"),
    eip3009(2741, "USDC.e", "0x84a71ccd554cc1b02749b35d22f684cc8ec987e1"),
    eip3009(3338, "USDC", "0xbbA60da06c2c5424f03f7434542280FCAd453d10"),
    eip3009(4689, "USDC.e", "0xcdf79194c6c285077a58da47641d4dbe51f63542"),
    eip3009(42_161, "USDC", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"),
    eip3009(42_220, "USDC", "0xcebA9300f2b948710d2653dD7B07f33A8B32118C"),
    eip3009(42_220, "USDT", "0x48065fbBE25f71C9282ddf5e1cD6D6A887483D5e"),
    eip3009(42_220, "USAT", "0xD2ab3C9A02DBBAB236BfEC45D1d755DF4267F771"),
    eip3009(43_113, "USDC", "0x5425890298aed601595a70AB815c96711a31Bc65"),
    eip3009(43_114, "USDC", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E"),
    eip3009(80_002, "USDC", "0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582"),
    eip3009(421_614, "USDC", "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d"),
    eip3009(11_142_220, "USDC", "0x01C5C0122039549AD1493B8220cABEdD739BC44E"),
];

/// The known asset at this address.
pub fn find(network: Network, address: &str) -> Option<&'static Asset<'static>> {
    KNOWN.iter().find(|asset| {
        asset.network == network && network.same_address(JsonStr::from_raw(asset.address), address)
    })
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
        }
    }
}
