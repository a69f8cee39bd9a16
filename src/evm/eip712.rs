//! Typed data: how a contract and a wallet agree on the 32 bytes to sign.
//!
//! ```text
//! digest    = keccak256(0x19 0x01 ‖ separator of the domain ‖ hash of the struct)
//! struct    = keccak256(type hash ‖ one word for each field)
//! type hash = keccak256(the struct's definition as text)
//! ```
//!
//! A word is 32 bytes: numbers and addresses are padded with zeros at the front,
//! a text is hashed. The domain is such a struct itself.
//!
//! Source: EIP-712, <https://eips.ethereum.org/EIPS/eip-712>.

use sha3::{Digest as _, Keccak256};

use super::Address;

/// Where a signature counts: `EIP712Domain` with the four fields that tokens use.
///
/// Texts are given as characters, so that they can be decoded on the way:
///
/// ```
/// # use embedded_x402::{codec::json::JsonStr, evm::{Address, Domain}};
/// # let usdt0 = Address::new([0; 20]);
/// let name = JsonStr::from_raw(r"USD\u20AE0");
/// let domain = Domain {
///     name: name.chars(),
///     version: "1".chars(),
///     chain_id: 14,
///     verifying_contract: usdt0,
/// };
/// let separator = domain.separator();
/// # let name = "USD₮0".chars();
/// # assert_eq!(Domain { name, version: "1".chars(), chain_id: 14, verifying_contract: usdt0 }.separator(), separator);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Domain<Name, Version> {
    /// The contract's name for itself here. It is hashed as UTF-8.
    pub name: Name,
    /// The contract's version of its signed messages, a text as well.
    pub version: Version,
    /// The chain's number (EIP-155).
    pub chain_id: u64,
    /// The contract that checks the signature.
    pub verifying_contract: Address,
}

impl<Name, Version> Domain<Name, Version>
where
    Name: IntoIterator<Item = char>,
    Version: IntoIterator<Item = char>,
{
    /// The domain's hash.
    pub fn separator(self) -> DomainSeparator {
        let hash = StructHasher::new(&DOMAIN_TYPE_HASH)
            .text(self.name)
            .text(self.version)
            .number(self.chain_id)
            .address(&self.verifying_contract)
            .finish();
        DomainSeparator(hash)
    }
}

/// The hash of a [`Domain`]. It stays the same from payment to payment, and most
/// tokens tell theirs as `DOMAIN_SEPARATOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DomainSeparator([u8; 32]);

impl DomainSeparator {
    /// Wraps a separator that is known already.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What is signed to say in this domain what the struct with this hash says.
    pub fn digest(&self, struct_hash: &[u8; 32]) -> [u8; 32] {
        let hash = Keccak256::new().chain_update(b"\x19\x01").chain_update(self.0);
        hash.chain_update(struct_hash).finalize().into()
    }
}

/// Hashes a struct, one field after the other in the order of its definition.
pub(super) struct StructHasher(Keccak256);

impl StructHasher {
    pub(super) fn new(type_hash: &[u8; 32]) -> Self {
        Self(Keccak256::new_with_prefix(type_hash))
    }

    /// A field of type `bytes32`.
    pub(super) fn word(self, word: &[u8; 32]) -> Self {
        Self(self.0.chain_update(word))
    }

    /// A field of type `uint256`.
    pub(super) fn number(self, number: u64) -> Self {
        Self(self.0.chain_update([0; 24]).chain_update(number.to_be_bytes()))
    }

    /// A field of type `address`.
    pub(super) fn address(self, address: &Address) -> Self {
        Self(self.0.chain_update([0; 12]).chain_update(address.as_bytes()))
    }

    /// A field of type `string`.
    fn text(self, text: impl IntoIterator<Item = char>) -> Self {
        let mut hash = Keccak256::new();
        for character in text {
            hash.update(character.encode_utf8(&mut [0; 4]));
        }
        self.word(&hash.finalize().into())
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Of `EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)`.
const DOMAIN_TYPE_HASH: [u8; 32] = [
    0x8b, 0x73, 0xc3, 0xc6, 0x9b, 0xb8, 0xfe, 0x3d, 0x51, 0x2e, 0xcc, 0x4c, 0xf7, 0x59, 0xcc, 0x79,
    0x23, 0x9f, 0x7b, 0x17, 0x9b, 0x0f, 0xfa, 0xca, 0xa9, 0xa7, 0x5d, 0x52, 0x2b, 0x39, 0x40, 0x0f,
];

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;
    use crate::{codec::json::JsonStr, evm::ethers_authorizations::ethers_authorizations};

    #[test]
    fn the_type_hash_is_the_definition_s() {
        let definition =
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        assert_eq!(DOMAIN_TYPE_HASH, *Keccak256::digest(definition));
    }

    fn separator(name: &str, version: &str, chain_id: u64, contract: &str) -> [u8; 32] {
        let verifying_contract = Address::from_hex(contract).unwrap();
        let (name, version) = (name.chars(), version.chars());
        *Domain { name, version, chain_id, verifying_contract }.separator().as_bytes()
    }

    /// What `DOMAIN_SEPARATOR` of the contracts answers.
    #[test]
    fn separators_of_usdc() {
        let base_sepolia = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
        assert_eq!(
            separator("USDC", "2", 84532, base_sepolia),
            hex!("71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818")
        );
        let ethereum = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
        assert_eq!(
            separator("USD Coin", "2", 1, ethereum),
            hex!("06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335")
        );
        let base = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
        assert_eq!(
            separator("USD Coin", "2", 8453, base),
            hex!("02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f")
        );
    }

    /// The mail of the standard's example, hashed in its test file `Example.js`.
    #[test]
    fn example_of_the_standard() {
        let contract = "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC";
        let separator = separator("Ether Mail", "1", 1, contract);
        assert_eq!(
            separator,
            hex!("f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f")
        );
        let mail = hex!("c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e");
        assert_eq!(
            DomainSeparator::new(separator).digest(&mail),
            hex!("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
        );
    }

    #[test]
    fn separators_of_ethers() {
        for expected in ethers_authorizations() {
            assert_eq!(expected.domain().separator(), expected.domain_separator);
        }
    }

    /// As JSON has it, raw and escaped; it is the bytes of its UTF-8 that count.
    #[test]
    fn texts_are_hashed_as_utf_8() {
        let hash = |text: &str| {
            let chars = JsonStr::from_raw(text).chars();
            StructHasher(Keccak256::new()).text(chars).finish()
        };
        let word: [u8; 32] = Keccak256::digest(b"USD\xe2\x82\xae0").into();
        for text in ["USD₮0", r"USD\u20AE0", r"USD\u20ae0", r"\u0055SD₮\u0030"] {
            assert_eq!(hash(text), *Keccak256::digest(word), "{text}");
        }
        assert_eq!(hash("💵"), hash(r"\ud83d\udcb5"));
        assert_ne!(hash("USD₮0"), hash("USDT0"));
    }

    #[test]
    fn every_field_counts() {
        let contract = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
        let other = "0x036cbd53842c5426634e7929541ec2318f3dcf7f";
        let all = [
            separator("USDC", "2", 84532, contract),
            separator("USDC ", "2", 84532, contract),
            separator("2", "USDC", 84532, contract),
            separator("USDC2", "", 84532, contract),
            separator("", "USDC2", 84532, contract),
            separator("USDC", "1", 84532, contract),
            separator("USDC", "2", 84533, contract),
            separator("USDC", "2", 84532, other),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one));
        }
    }
}
