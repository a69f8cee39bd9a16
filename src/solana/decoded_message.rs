//! A version-0 message read back, for tests: independent of the encoder.

extern crate std;

use std::{collections::BTreeSet, vec::Vec};

use super::{Blockhash, Pubkey};

pub(crate) struct DecodedMessage {
    /// Signers, read-only signers, read-only others.
    pub(crate) header: [u8; 3],
    pub(crate) keys: Vec<Pubkey>,
    pub(crate) blockhash: Blockhash,
    pub(crate) instructions: Vec<Instruction>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) program: Pubkey,
    pub(crate) accounts: Vec<Pubkey>,
    pub(crate) data: Vec<u8>,
}

impl DecodedMessage {
    /// `None` unless the bytes are one message and nothing more.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        assert_eq!(reader.byte()?, 0x80);
        let header = reader.array()?;
        let keys = reader.many(|reader| reader.array().map(Pubkey::new))?;
        let blockhash = Blockhash::new(reader.array()?);
        let instructions = reader.many(|reader| reader.instruction(&keys))?;
        let lookup_tables = reader.byte()?;
        let is_whole = lookup_tables == 0 && reader.0.is_empty();
        is_whole.then_some(Self { header, keys, blockhash, instructions })
    }

    /// The accounts of each group, whose order is free: fee payer, other
    /// writable signers, read-only signers, writable others, read-only others.
    pub(crate) fn groups(&self) -> [BTreeSet<Pubkey>; 5] {
        let [signers, read_only_signers, read_only_others] = self.header.map(usize::from);
        let writable_signers = signers - read_only_signers;
        let writable = self.keys.len() - read_only_others;
        let group = |from: usize, to: usize| self.keys[from..to].iter().copied().collect();
        [
            group(0, 1),
            group(1, writable_signers),
            group(writable_signers, signers),
            group(signers, writable),
            group(writable, self.keys.len()),
        ]
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn len(&mut self) -> Option<usize> {
        let byte = usize::from(self.byte()?);
        match byte {
            0..0x80 => Some(byte),
            _ => Some(byte - 0x80 + (self.len()? << 7)),
        }
    }

    fn many<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.len()?).map(|_| one(self)).collect()
    }

    fn instruction(&mut self, keys: &[Pubkey]) -> Option<Instruction> {
        let key = |reader: &mut Self| keys.get(usize::from(reader.byte()?)).copied();
        Some(Instruction {
            program: key(self)?,
            accounts: self.many(key)?,
            data: self.many(Self::byte)?,
        })
    }
}
