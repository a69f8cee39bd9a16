//! What is there from the first block on: Base Sepolia's chain id, its USDC, and Multicall3.

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

/// Address of Multicall3, the same on every chain that has it. The reference facilitators ask it why
/// a payment would fail.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// Wei per gas that a block burns, about what Base Sepolia takes in quiet hours.
pub const BASE_FEE: u64 = 1_000_000;

/// Wei per gas that a sender is advised to add for the sequencer.
pub const PRIORITY_FEE: u64 = 1_000_000;

/// Gas that fits in a block, and so in a transaction.
pub const BLOCK_GAS_LIMIT: u64 = 30_000_000;

/// Who receives the priority fees: the sequencer's vault on every OP chain.
pub(super) const FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");

const TOKEN_HEX: &[u8] =
    include_bytes!("../../contracts/PaymentToken.runtime.hex").trim_ascii_end();
const MULTICALL3_HEX: &[u8] =
    include_bytes!("../../contracts/Multicall3.runtime.hex").trim_ascii_end();

static TOKEN_CODE: [u8; TOKEN_HEX.len() / 2] = decoded(TOKEN_HEX);
static MULTICALL3_CODE: [u8; MULTICALL3_HEX.len() / 2] = decoded(MULTICALL3_HEX);

/// The contracts: where they are, and their runtime code.
pub(super) fn contracts() -> [(Address, Bytes); 2] {
    [(USDC, token_code()), (MULTICALL3, Bytes::from_static(&MULTICALL3_CODE))]
}

/// The runtime code of the token.
pub(super) fn token_code() -> Bytes {
    Bytes::from_static(&TOKEN_CODE)
}

/// Called by the compiler: a file that is no hex does not build.
const fn decoded<const N: usize>(hex: &[u8]) -> [u8; N] {
    match hex::const_decode_to_array(hex) {
        Ok(code) => code,
        Err(_) => panic!("a contract's runtime code is not hex"),
    }
}
