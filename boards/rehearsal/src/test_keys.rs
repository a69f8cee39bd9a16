//! **TEST KEYS, known to the whole world.** For emulated boards and rehearsals only: whatever is sent
//! to their addresses is lost.

/// The seed of the test wallet on Solana. Its token account for the mint of the rehearsals takes two
/// attempts to derive, as many as one expects, and so does the payee's.
pub const SOLANA_SEED: [u8; 32] = [20; 32];

/// The seed of the fee payer in the rehearsals: it signs the receipts.
pub const FEE_PAYER_SEED: [u8; 32] = [13; 32];

/// The secret key of the test wallet on EVM chains: the first account of the development chains
/// Hardhat and Anvil.
pub const EVM_KEY: [u8; 32] = [
    0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3, 0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
    0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc, 0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80,
];
