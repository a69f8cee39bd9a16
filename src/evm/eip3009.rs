//! Token transfers that the payer signs and anybody may send to the chain.
//!
//! Source: EIP-3009, <https://eips.ethereum.org/EIPS/eip-3009>, as USDC has it.

use super::{Address, DomainSeparator, eip712::StructHasher};

/// The permission to move tokens once. The token's contract asks for nothing
/// else: whoever holds it signed can have the transfer made, but change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TransferWithAuthorization {
    /// Who pays, and signs.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much, in the token's smallest unit. The standard has 256 bits here; 64
    /// hold 18 million million tokens of six decimals, 18 tokens of eighteen.
    pub value: u64,
    /// The transfer counts in blocks *after* this Unix time, in seconds. Zero: at once.
    pub valid_after: u64,
    /// The transfer counts in blocks *before* this Unix time, in seconds.
    pub valid_before: u64,
    /// Drawn at random for each authorization: the contract takes a payer's nonce once.
    pub nonce: [u8; 32],
}

impl TransferWithAuthorization {
    /// The digest that `from` signs, for the token with this domain.
    pub fn digest(&self, separator: &DomainSeparator) -> [u8; 32] {
        separator.digest(&self.struct_hash())
    }

    /// The hash of the fields, without the domain.
    pub fn struct_hash(&self) -> [u8; 32] {
        StructHasher::new(&TYPE_HASH)
            .address(&self.from)
            .address(&self.to)
            .number(self.value)
            .number(self.valid_after)
            .number(self.valid_before)
            .word(&self.nonce)
            .finish()
    }
}

/// Of the definition of `TransferWithAuthorization`: `address from,address to,uint256 value,`
/// `uint256 validAfter,uint256 validBefore,bytes32 nonce`.
const TYPE_HASH: [u8; 32] = [
    0x7c, 0x7c, 0x6c, 0xdb, 0x67, 0xa1, 0x87, 0x43, 0xf4, 0x9e, 0xc6, 0xfa, 0x9b, 0x35, 0xf5, 0x0d,
    0x52, 0xed, 0x05, 0xcb, 0xed, 0x4c, 0xc5, 0x92, 0xe1, 0x3b, 0x44, 0x50, 0x1c, 0x1a, 0x22, 0x67,
];

#[cfg(test)]
mod tests {
    use sha3::{Digest as _, Keccak256};

    use super::*;
    use crate::evm::{
        ethers_authorizations::ethers_authorizations,
        reference_payments::{V1_PAYMENT, V2_PAYMENT},
    };

    #[test]
    fn the_type_hash_is_the_definition_s() {
        let definition = "TransferWithAuthorization(address from,address to,uint256 value,\
            uint256 validAfter,uint256 validBefore,bytes32 nonce)";
        assert_eq!(TYPE_HASH, *Keccak256::digest(definition));
    }

    #[test]
    fn digests_of_ethers() {
        for expected in ethers_authorizations() {
            let authorization = expected.authorization;
            assert_eq!(authorization.struct_hash(), expected.struct_hash);
            assert_eq!(authorization.digest(&expected.domain_separator), expected.digest);
        }
    }

    #[test]
    fn every_field_counts() {
        let one = V2_PAYMENT.authorization;
        let others = [
            TransferWithAuthorization { from: one.to, ..one },
            TransferWithAuthorization { to: one.from, ..one },
            TransferWithAuthorization { from: one.to, to: one.from, ..one },
            TransferWithAuthorization { value: 1001, ..one },
            TransferWithAuthorization { valid_after: 1, ..one },
            TransferWithAuthorization { valid_before: one.valid_before + 1, ..one },
            TransferWithAuthorization { nonce: [0; 32], ..one },
            V1_PAYMENT.authorization,
        ];
        for other in others {
            assert_ne!(other.struct_hash(), one.struct_hash());
        }
    }
}
