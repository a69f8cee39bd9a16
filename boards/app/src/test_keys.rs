//! **TEST KEYS, known to the whole world.** For emulated boards and rehearsals only: whatever is sent
//! to their addresses is lost.

use embedded_x402::signer::{DalekSigner, Ed25519Signer, K256Signer};

use crate::Keys;

/// The seed of the test wallet on Solana.
pub const SOLANA_SEED: [u8; 32] = [7; 32];

/// The same with its public key behind it, as `solana-keygen` keeps it.
pub fn solana_key_pair() -> [u8; 64] {
    let mut pair = [0; 64];
    let public_key = keys().solana.map_or([0; 32], |signer| signer.public_key());
    let bytes = SOLANA_SEED.iter().chain(&public_key);
    pair.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    pair
}

/// The secret key of the test wallet on EVM chains: the first account of the development chains
/// Hardhat and Anvil.
pub const EVM_KEY: [u8; 32] = [
    0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3, 0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
    0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc, 0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80,
];

/// The same as a text.
pub const EVM_KEY_TEXT: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// The test wallet.
pub fn keys() -> Keys {
    Keys {
        solana: DalekSigner::from_seed(&SOLANA_SEED).ok(),
        evm: K256Signer::from_bytes(&EVM_KEY).ok(),
    }
}
