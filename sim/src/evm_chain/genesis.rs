//! What is there from the first block on: Base Sepolia's chain id and its USDC.

use alloy_primitives::{Address, B256, Bytes, address, b256, hex};

/// Chain id of Base Sepolia.
pub const CHAIN_ID: u64 = 84_532;

/// Address of USDC on Base Sepolia. Here it holds the code of `contracts/PaymentToken.sol`.
pub const USDC: Address = address!("036CbD53842c5426634e7929541eC2318f3dCF7e");

/// Decimals of USDC.
pub const USDC_DECIMALS: u8 = 6;

/// Name in the token's EIP-712 domain.
pub const USDC_DOMAIN_NAME: &str = "USDC";

/// Version in the token's EIP-712 domain.
pub const USDC_DOMAIN_VERSION: &str = "2";

/// Hash of the token's EIP-712 domain, which its real counterpart has too.
pub const USDC_DOMAIN_SEPARATOR: B256 =
    b256!("71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818");

/// Wei per gas that a block burns, about what Base Sepolia takes in quiet hours.
pub const BASE_FEE: u64 = 1_000_000;

/// Wei per gas that a sender is advised to add for the sequencer.
pub const PRIORITY_FEE: u64 = 1_000_000;

/// Gas that fits in a block, and so in a transaction.
pub const BLOCK_GAS_LIMIT: u64 = 30_000_000;

/// Who receives the priority fees: the sequencer's vault on every OP chain.
pub(super) const FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");

const CODE_HEX: &[u8] = include_bytes!("../../contracts/PaymentToken.runtime.hex").trim_ascii_end();

/// Decoded by the compiler: a file that is no hex does not build.
static CODE: [u8; CODE_HEX.len() / 2] = match hex::const_decode_to_array(CODE_HEX) {
    Ok(code) => code,
    Err(_) => panic!("contracts/PaymentToken.runtime.hex is not hex"),
};

/// The runtime code of the token.
pub(super) fn token_code() -> Bytes {
    Bytes::from_static(&CODE)
}
