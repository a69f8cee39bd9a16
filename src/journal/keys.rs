//! What requests and assets are recognised by after a reset.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::policy::Asset;
use crate::wire::Network;

/// Recognises a request: the first half of SHA-256 over its method, URL and body. Requests that
/// differ in header fields only are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RequestKey([u8; RequestKey::LEN]);

/// Recognises an asset on its network: the first quarter of SHA-256 over both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AssetKey([u8; AssetKey::LEN]);

impl RequestKey {
    /// Its length in bytes.
    pub const LEN: usize = 16;

    /// The key of a request.
    pub fn new(method: &str, url: &str, body: Option<&[u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), url.as_bytes(), body.unwrap_or_default()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update([body.is_some().into()]);
        RequestKey(front(&hash.finalize().into()))
    }

    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        RequestKey(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl AssetKey {
    /// Its length in bytes.
    pub const LEN: usize = 8;

    /// The key of an asset. Case counts as the network has it: not in EVM addresses.
    pub fn new(asset: &Asset<'_>) -> Self {
        let is_evm = matches!(asset.network, Network::Eip155(_));
        let mut hash = Sha256::new();
        hash.update(network_code(asset.network));
        for byte in asset.address.bytes() {
            hash.update([if is_evm { byte.to_ascii_lowercase() } else { byte }]);
        }
        AssetKey(front(&hash.finalize().into()))
    }

    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        AssetKey(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// Nine bytes for a network: its kind, and the chain id of EVM chains.
pub(super) fn network_code(network: Network) -> [u8; 9] {
    let (kind, id) = match network {
        Network::Solana => (1, 0),
        Network::SolanaDevnet => (2, 0),
        Network::SolanaTestnet => (3, 0),
        Network::Eip155(id) => (4, id),
    };
    let mut code = [kind; 9];
    if let Some((_, number)) = code.split_first_mut() {
        number.copy_from_slice(&u64::to_le_bytes(id));
    }
    code
}

/// The network with this code.
pub(super) fn network_of(code: &[u8; 9]) -> Option<Network> {
    let (kind, id) = code.split_first()?;
    let id = u64::from_le_bytes(id.try_into().ok()?);
    match (kind, id) {
        (1, 0) => Some(Network::Solana),
        (2, 0) => Some(Network::SolanaDevnet),
        (3, 0) => Some(Network::SolanaTestnet),
        (4, id) => Some(Network::Eip155(id)),
        _ => None,
    }
}

fn front<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    core::array::from_fn(|index| hash.get(index).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::assets;

    #[test]
    fn every_part_of_a_request_counts() {
        let key = |method, url, body| RequestKey::new(method, url, body);
        let all = [
            key("GET", "http://a/b", None),
            key("POST", "http://a/b", None),
            key("POST", "http://a/b", Some(&b""[..])),
            key("POST", "http://a/b", Some(b"c")),
            key("POST", "http://a/bc", Some(b"")),
            key("POST", "http://a/b?", Some(b"")),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| one != other), "{index}");
        }
        assert_eq!(all[0], key("GET", "http://a/b", None));
    }

    #[test]
    fn assets_are_recognised_as_networks_write_them() {
        let base = Asset::new(Network::Eip155(8453), "0xAbCd");
        assert_eq!(AssetKey::new(&base), AssetKey::new(&Asset { address: "0xabcD", ..base }));
        let other_chain = Asset { network: Network::Eip155(1), ..base };
        assert_ne!(AssetKey::new(&base), AssetKey::new(&other_chain));
        let usdc = assets::USDC_SOLANA;
        let lower = Asset { address: "epjfwdd5aufqssqem2qn1xzybapc8g4weggkzwytdt1v", ..usdc };
        assert_ne!(AssetKey::new(&usdc), AssetKey::new(&lower));
    }

    #[test]
    fn networks_have_codes() {
        for network in [
            Network::Solana,
            Network::SolanaDevnet,
            Network::SolanaTestnet,
            Network::Eip155(0),
            Network::Eip155(u64::MAX),
        ] {
            assert_eq!(network_of(&network_code(network)), Some(network));
        }
        assert_eq!(network_of(&[1; 9]), None);
        assert_eq!(network_of(&[0; 9]), None);
    }
}
