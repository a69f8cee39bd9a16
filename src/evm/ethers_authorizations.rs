//! Authorizations hashed and signed by ethers, an independent implementation;
//! the file says by which of its functions.

extern crate std;

use std::{str::Chars, string::String, vec::Vec};

use serde::Deserialize;

use super::{Address, Domain, DomainSeparator, TransferWithAuthorization};

pub(crate) struct EthersAuthorization {
    row: Row,
    pub(crate) authorization: TransferWithAuthorization,
    pub(crate) private_key: [u8; 32],
    pub(crate) domain_separator: DomainSeparator,
    pub(crate) struct_hash: [u8; 32],
    pub(crate) digest: [u8; 32],
    pub(crate) signature: [u8; 65],
}

impl EthersAuthorization {
    pub(crate) fn domain(&self) -> Domain<Chars<'_>, Chars<'_>> {
        Domain {
            name: self.row.name.chars(),
            version: self.row.version.chars(),
            chain_id: self.row.chain_id.parse().unwrap(),
            verifying_contract: self.row.verifying_contract.parse().unwrap(),
        }
    }
}

#[derive(Deserialize)]
struct File {
    authorizations: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    private_key: String,
    name: String,
    version: String,
    chain_id: String,
    verifying_contract: String,
    from: String,
    to: String,
    value: String,
    valid_after: String,
    valid_before: String,
    nonce: String,
    domain_separator: String,
    struct_hash: String,
    digest: String,
    signature: String,
}

pub(crate) fn ethers_authorizations() -> Vec<EthersAuthorization> {
    let file: File = serde_json::from_str(include_str!("ethers_authorizations.json")).unwrap();
    assert_eq!(file.authorizations.len(), 24);
    file.authorizations.into_iter().map(Row::read).collect()
}

impl Row {
    fn read(self) -> EthersAuthorization {
        let address = |text: &str| Address::from_hex(text).unwrap();
        EthersAuthorization {
            authorization: TransferWithAuthorization {
                from: address(&self.from),
                to: address(&self.to),
                value: self.value.parse().unwrap(),
                valid_after: self.valid_after.parse().unwrap(),
                valid_before: self.valid_before.parse().unwrap(),
                nonce: bytes(&self.nonce),
            },
            private_key: bytes(&self.private_key),
            domain_separator: DomainSeparator::new(bytes(&self.domain_separator)),
            struct_hash: bytes(&self.struct_hash),
            digest: bytes(&self.digest),
            signature: bytes(&self.signature),
            row: self,
        }
    }
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let digits = text.strip_prefix("0x").unwrap();
    assert_eq!(digits.len(), 2 * N);
    core::array::from_fn(|index| u8::from_str_radix(&digits[2 * index..][..2], 16).unwrap())
}
