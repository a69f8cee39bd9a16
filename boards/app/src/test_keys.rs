//! **TEST KEYS, known to the whole world.** For emulated boards and rehearsals only: whatever is sent
//! to their addresses is lost.

use embedded_x402::signer::{DalekSigner, Ed25519Signer, K256Signer};

use crate::Keys;

pub use embedded_x402_rehearsal::test_keys::{EVM_KEY, SOLANA_SEED};

/// The seed with its public key behind it, as `solana-keygen` keeps it.
pub fn solana_key_pair() -> [u8; 64] {
    let mut pair = [0; 64];
    let public_key = keys().solana.map_or([0; 32], |signer| signer.public_key());
    let bytes = SOLANA_SEED.iter().chain(&public_key);
    pair.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    pair
}

/// The secret key on EVM chains as a text.
pub const EVM_KEY_TEXT: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// The test wallet.
pub fn keys() -> Keys {
    Keys {
        solana: DalekSigner::from_seed(&SOLANA_SEED).ok(),
        evm: K256Signer::from_bytes(&EVM_KEY).ok(),
    }
}
