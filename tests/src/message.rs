//! A version-0 message of Solana, read back independently of the crate's encoder.
//!
//! Source: <https://solana.com/docs/core/transactions>.

use std::collections::BTreeSet;

use crate::keys::base58;

/// Where the message begins in a transaction with two signatures.
const MESSAGE_AT: usize = 1 + 2 * 64;

/// A transaction of two signers, taken apart.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// The bytes of it.
    pub bytes: Vec<u8>,
    /// What it says.
    pub message: Message,
}

/// What both signers sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Signers, read-only signers, read-only others.
    pub header: [u8; 3],
    /// Addresses in base58.
    pub accounts: Vec<String>,
    /// In base58.
    pub recent_blockhash: String,
    /// In their order.
    pub instructions: Vec<Instruction>,
}

/// An instruction with its indexes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The program's address.
    pub program: String,
    /// The addresses of its accounts.
    pub accounts: Vec<String>,
    /// Its data.
    pub data: Vec<u8>,
}

impl Transaction {
    /// Reads a transaction; panics if it is not exactly one of two signers.
    pub fn read(bytes: Vec<u8>) -> Self {
        assert_eq!(bytes[0], 2, "two signatures");
        let message = Message::read(&bytes[MESSAGE_AT..]);
        Transaction { bytes, message }
    }

    /// The bytes that both signers sign.
    pub fn message_bytes(&self) -> &[u8] {
        &self.bytes[MESSAGE_AT..]
    }

    /// The fee payer's signature, zeros before it signed.
    pub fn fee_payer_signature(&self) -> [u8; 64] {
        self.bytes[1..65].try_into().expect("64 bytes")
    }

    /// The device's signature.
    pub fn device_signature(&self) -> [u8; 64] {
        self.bytes[65..MESSAGE_AT].try_into().expect("64 bytes")
    }
}

impl Message {
    fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader(bytes);
        assert_eq!(reader.byte(), 0x80, "version 0");
        let header = [reader.byte(), reader.byte(), reader.byte()];
        let accounts = reader.many(|reader| base58(reader.take(32)));
        let recent_blockhash = base58(reader.take(32));
        let instructions = reader.many(|reader| reader.instruction(&accounts));
        assert_eq!(reader.byte(), 0, "no lookup tables");
        assert!(reader.0.is_empty(), "nothing behind the message");
        Message { header, accounts, recent_blockhash, instructions }
    }

    /// The accounts of each group, whose order is free: fee payer, other writable signers,
    /// read-only signers, writable others, read-only others.
    pub fn groups(&self) -> [BTreeSet<&str>; 5] {
        let [signers, read_only_signers, read_only_others] = self.header.map(usize::from);
        let writable = self.accounts.len() - read_only_others;
        let group = |from: usize, to: usize| {
            self.accounts[from..to].iter().map(String::as_str).collect::<BTreeSet<_>>()
        };
        [
            group(0, 1),
            group(1, signers - read_only_signers),
            group(signers - read_only_signers, signers),
            group(signers, writable),
            group(writable, self.accounts.len()),
        ]
    }

    /// The compute unit limit, which the first instruction sets.
    pub fn compute_unit_limit(&self) -> u32 {
        let [2, limit @ ..] = self.instructions[0].data.as_slice() else {
            panic!("the first instruction sets the limit")
        };
        u32::from_le_bytes(limit.try_into().expect("four bytes"))
    }

    /// The amount that the third instruction transfers.
    pub fn amount(&self) -> u64 {
        let [12, amount @ .., _decimals] = self.instructions[2].data.as_slice() else {
            panic!("the third instruction is a TransferChecked")
        };
        u64::from_le_bytes(amount.try_into().expect("eight bytes"))
    }

    /// The token that the third instruction transfers.
    pub fn mint(&self) -> &str {
        &self.instructions[2].accounts[1]
    }

    /// The text of the fourth instruction, if there is one.
    pub fn memo(&self) -> Option<&str> {
        let memo = self.instructions.get(3)?;
        assert_eq!(memo.program, "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
        Some(std::str::from_utf8(&memo.data).expect("a memo is UTF-8"))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(count);
        self.0 = rest;
        front
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    /// Seven bits a byte, least significant first.
    fn length(&mut self) -> usize {
        match usize::from(self.byte()) {
            low @ 0..0x80 => low,
            low => low - 0x80 + (self.length() << 7),
        }
    }

    fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.length()).map(|_| one(self)).collect()
    }

    fn instruction(&mut self, accounts: &[String]) -> Instruction {
        let account = |reader: &mut Self| accounts[usize::from(reader.byte())].clone();
        let program = account(self);
        let accounts = self.many(account);
        let data = self.many(Self::byte);
        Instruction { program, accounts, data }
    }
}
