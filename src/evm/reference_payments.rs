//! Two payments that the reference client made with pinned clock and randomness:
//! @x402/evm 2.27.0. The key is a test key.

use hex_literal::hex;

use super::{Address, Domain, DomainSeparator, TransferWithAuthorization};

pub(crate) const PAYER_KEY: [u8; 32] =
    hex!("484dd43a4fc1962138290671d9b17445d6d2e466a538896a77343a4c1a60b9f1");

pub(crate) struct ReferencePayment {
    pub(crate) authorization: TransferWithAuthorization,
    pub(crate) signature: [u8; 65],
}

/// Valid from the beginning of time, as in version 2 of the protocol.
pub(crate) const V2_PAYMENT: ReferencePayment = ReferencePayment {
    authorization: AUTHORIZATION,
    signature: hex!(
        "b601b8656219148d1bbec5a877a2d98e23ff75e7c6d34186cfaa041ada213e7e"
        "61cc950aec9486110e7c72f8109a0889f2e1b78bf84c45c7eaaa6826f2fabd54"
        "1c"
    ),
};

/// Valid since ten minutes ago, as in version 1.
pub(crate) const V1_PAYMENT: ReferencePayment = ReferencePayment {
    authorization: TransferWithAuthorization { valid_after: 1_767_225_000, ..AUTHORIZATION },
    signature: hex!(
        "6b9a47674f61ae2f5a473117acf5a00c3e91bbb16a6dd61888b14de72ef017a0"
        "6848813950ef91a8333693632f628ab2fa7818b7875de713fe1b090dfdeac7b9"
        "1c"
    ),
};

const AUTHORIZATION: TransferWithAuthorization = TransferWithAuthorization {
    from: Address::new(hex!("1Aeb2952241D53A2c54bbfcB6fE2F83356aACAEa")),
    to: Address::new(hex!("11AE621BC0DcCc23FDBa7AF9b9412061578055B6")),
    value: 1000,
    valid_after: 0,
    valid_before: 1_767_225_660,
    nonce: hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"),
};

/// USDC on Base Sepolia.
pub(crate) fn domain_separator() -> DomainSeparator {
    let verifying_contract = Address::new(hex!("036CbD53842c5426634e7929541eC2318f3dCF7e"));
    let (name, version) = ("USDC".chars(), "2".chars());
    Domain { name, version, chain_id: 84532, verifying_contract }.separator()
}
