//! Test keys: the device's is the one that the reference payments were made with.

use ed25519_dalek::{Signer, SigningKey};
use embedded_x402::client::Payer;
use embedded_x402::signer::{DalekSigner, K256Signer};
use embedded_x402::solana::Pubkey;

/// The device's wallet, as `solana-keygen` stores it: secret seed and public key.
pub const DEVICE_KEY_PAIR: [u8; 64] = [
    0xfa, 0x21, 0x97, 0x8c, 0x42, 0x9c, 0xbb, 0x2a, 0x7d, 0x41, 0x26, 0x6d, 0x4d, 0x29, 0x4e, 0xc0,
    0x61, 0x5d, 0xec, 0x13, 0x65, 0xd0, 0x8a, 0xde, 0x18, 0x84, 0xd9, 0xec, 0xa0, 0x67, 0x25, 0xbb,
    0x5d, 0x5c, 0x14, 0x90, 0xa2, 0x2a, 0x12, 0xd6, 0x37, 0x6c, 0xe0, 0x29, 0xd1, 0xc2, 0x70, 0x56,
    0xf4, 0x4e, 0xea, 0xf2, 0xa2, 0x73, 0xb9, 0xf3, 0x28, 0x50, 0x37, 0x4b, 0xcc, 0x10, 0x90, 0x9c,
];

/// The device's address.
pub const DEVICE: &str = "7HSMRpFpC39Bymkw3B1y86ys41xWC93N9ygSeYKxeuMD";

/// The device's token account for USDC on devnet.
pub const DEVICE_USDC_ACCOUNT: &str = "73e4rXAkYDxXh1avAg4i4xejUis7ewupprPjt8ToE5TE";

/// The device's key on EVM chains: that of the reference payments too.
const EVM_DEVICE_KEY: [u8; 32] = [
    0x48, 0x4d, 0xd4, 0x3a, 0x4f, 0xc1, 0x96, 0x21, 0x38, 0x29, 0x06, 0x71, 0xd9, 0xb1, 0x74, 0x45,
    0xd6, 0xd2, 0xe4, 0x66, 0xa5, 0x38, 0x89, 0x6a, 0x77, 0x34, 0x3a, 0x4c, 0x1a, 0x60, 0xb9, 0xf1,
];

/// The device's address on EVM chains.
pub const EVM_DEVICE: &str = "0x1aeb2952241d53a2c54bbfcb6fe2f83356aacaea";

/// The facilitator's secret seed: it pays the fee, and signs to settle.
const FACILITATOR_SEED: [u8; 32] = [7; 32];

/// The crate's signer with the device's key.
pub fn device_signer() -> DalekSigner {
    DalekSigner::from_key_pair(&DEVICE_KEY_PAIR).expect("halves of one key pair")
}

/// The crate's signer with the device's key on EVM chains.
pub fn evm_device_signer() -> K256Signer {
    K256Signer::from_bytes(&EVM_DEVICE_KEY).expect("a key")
}

/// The device as a payer.
pub fn device_payer() -> Payer {
    let address = Pubkey::from_base58(DEVICE).expect("an address");
    Payer::solana(address)
}

/// The facilitator's key.
pub fn facilitator() -> SigningKey {
    SigningKey::from_bytes(&FACILITATOR_SEED)
}

/// The facilitator's address.
pub fn fee_payer() -> String {
    base58(facilitator().verifying_key().as_bytes())
}

/// What the facilitator puts at the front of the transaction: its id.
pub fn settle(message: &[u8]) -> String {
    base58(&facilitator().sign(message).to_bytes())
}

/// Bytes as Solana writes them.
pub fn base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}
