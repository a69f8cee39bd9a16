//! The wallet of the measured programs: TEST keys.

use embedded_x402_rehearsal::test_keys;

/// What signs.
#[cfg(feature = "solana-ed25519-compact")]
pub type Wallet = embedded_x402::signer::CompactSigner;
/// What signs.
#[cfg(feature = "solana-ed25519-dalek")]
pub type Wallet = embedded_x402::signer::DalekSigner;
/// What signs.
#[cfg(feature = "solana-ed25519-dalek-comb")]
pub type Wallet = embedded_x402::signer::CombSigner<'static>;
/// What signs.
#[cfg(feature = "evm-k256")]
pub type Wallet = embedded_x402::io::Evm<embedded_x402::signer::K256Signer>;

/// Makes the comb and the key pair.
#[cfg(feature = "solana-ed25519-dalek-comb")]
pub fn open() -> Option<Wallet> {
    use embedded_x402::signer::CombMemory;
    use static_cell::ConstStaticCell;
    static MEMORY: ConstStaticCell<CombMemory> = ConstStaticCell::new(CombMemory::new());
    let comb = MEMORY.try_take()?.fill();
    Wallet::from_seed(&test_keys::SOLANA_SEED, comb).ok()
}

/// Makes the key pair.
#[cfg(all(feature = "solana", not(feature = "solana-ed25519-dalek-comb")))]
pub fn open() -> Option<Wallet> {
    Wallet::from_seed(&test_keys::SOLANA_SEED).ok()
}

/// Makes the key pair.
#[cfg(feature = "evm")]
pub fn open() -> Option<Wallet> {
    embedded_x402::signer::K256Signer::from_bytes(&test_keys::EVM_KEY)
        .ok()
        .map(embedded_x402::io::Evm)
}
