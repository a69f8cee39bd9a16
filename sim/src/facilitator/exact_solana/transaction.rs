//! A Solana transaction as the client sent it: the bytes, and what they mean.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_signature::{SIGNATURE_BYTES, Signature};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::x402::header::decode_base64;

/// A transaction whose indices all point somewhere.
#[derive(Clone, Debug)]
pub(super) struct PaymentTransaction {
    bytes: Vec<u8>,
    /// Where the message starts, behind the signatures.
    message_at: usize,
    decoded: VersionedTransaction,
}

/// One instruction with its indices replaced by the addresses they stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction<'a> {
    keys: &'a [Address],
    compiled: &'a CompiledInstruction,
}

impl PaymentTransaction {
    /// Decodes a transaction. Bytes behind it are kept: they count as part of the message, where
    /// they break the signatures.
    pub(super) fn from_base64(text: &str) -> Option<Self> {
        let bytes = decode_base64(text.as_bytes())?;
        let decoded: VersionedTransaction = bincode::deserialize_from(Cursor::new(&bytes)).ok()?;
        decoded.sanitize().ok()?;
        let message_at =
            length_prefix(decoded.signatures.len()) + decoded.signatures.len() * SIGNATURE_BYTES;
        Some(Self { bytes, message_at, decoded })
    }

    /// The transaction in base64, as the client sent it.
    pub(super) fn wire(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    /// The bytes that are signed.
    pub(super) fn message(&self) -> &[u8] {
        self.bytes.get(self.message_at..).unwrap_or_default()
    }

    /// The keys that are written out in the message.
    pub(super) fn keys(&self) -> &[Address] {
        self.decoded.message.static_account_keys()
    }

    /// Who signs, with the signature; the fee payer first.
    pub(super) fn signers(&self) -> impl Iterator<Item = (&Address, &Signature)> {
        self.keys().iter().zip(&self.decoded.signatures)
    }

    /// Whether part of the addresses is kept in tables on the chain.
    pub(super) fn uses_lookup_tables(&self) -> bool {
        self.decoded.message.address_table_lookups().is_some_and(|lookups| !lookups.is_empty())
    }

    /// The instructions in order.
    pub(super) fn instructions(&self) -> impl ExactSizeIterator<Item = Instruction<'_>> {
        let keys = self.keys();
        self.decoded
            .message
            .instructions()
            .iter()
            .map(move |compiled| Instruction { keys, compiled })
    }

    /// The instruction at a position.
    pub(super) fn instruction(&self, position: usize) -> Option<Instruction<'_>> {
        self.instructions().nth(position)
    }

    /// The transaction in base64 with the fee payer's signature in its slot, and that signature,
    /// which is the transaction's identifier.
    pub(super) fn signed_by(&self, fee_payer: &Keypair) -> (String, Signature) {
        let signature = fee_payer.sign_message(self.message());
        let slot = length_prefix(self.decoded.signatures.len());
        let mut bytes = self.bytes.clone();
        if let Some(space) = bytes.get_mut(slot..slot + SIGNATURE_BYTES) {
            space.copy_from_slice(signature.as_ref());
        }
        (STANDARD.encode(&bytes), signature)
    }
}

impl<'a> Instruction<'a> {
    /// The program that is called. A key from a lookup table is none.
    pub(super) fn program(&self) -> Option<&'a Address> {
        self.keys.get(usize::from(self.compiled.program_id_index))
    }

    /// The account at a position of the instruction's list.
    pub(super) fn account(&self, position: usize) -> Option<&'a Address> {
        let index = self.compiled.accounts.get(position)?;
        self.keys.get(usize::from(*index))
    }

    /// Whether an address is among the instruction's accounts.
    pub(super) fn mentions(&self, address: &Address) -> bool {
        (0..self.compiled.accounts.len()).any(|position| self.account(position) == Some(address))
    }

    /// What the program is told.
    pub(super) fn data(&self) -> &'a [u8] {
        &self.compiled.data
    }
}

/// Bytes that the count of signatures takes: seven bits a byte.
fn length_prefix(count: usize) -> usize {
    match count {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        _ => 3,
    }
}
