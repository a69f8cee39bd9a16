//! What is on the chain before the first transaction: devnet's name and its payment mints.

use solana_address::{Address, address};
use solana_hash::Hash;

use super::{Chain, ChainError, TokenProgram};

/// Genesis hash of devnet: the simulator goes by the name of the network it stands in for.
pub const DEVNET_GENESIS_HASH: Hash =
    Hash::new_from_array(address!("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG").to_bytes());

/// USDC on devnet, a mint of the classic token program.
pub const USDC: Address = address!("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU");

/// USDG on devnet, a mint of Token-2022.
pub const USDG: Address = address!("4F6PM96JJxngmHnZLBh9n58RH4aTVNWvDs2nuwrT5BP7");

/// PYUSD on devnet, a mint of Token-2022.
pub const PYUSD: Address = address!("CXk2AMBfi3TwaEL2468s6zP8xq9NxTXjp9gjMgzeUynM");

/// Decimals of all mints here.
pub const DECIMALS: u8 = 6;

/// The standard mints, each with its token program. They carry no Token-2022 extensions, while the
/// real USDG and PYUSD do.
pub const MINTS: [(Address, TokenProgram); 3] = [
    (USDC, TokenProgram::Classic),
    (USDG, TokenProgram::Token2022),
    (PYUSD, TokenProgram::Token2022),
];

pub(super) fn create_mints(chain: &Chain) -> Result<(), ChainError> {
    MINTS.iter().try_for_each(|(mint, program)| chain.create_mint(mint, DECIMALS, *program))
}
