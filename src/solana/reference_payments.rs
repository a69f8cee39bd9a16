//! Two payments that the reference client made with pinned clock and randomness:
//! @x402/svm 2.27.0. The key is a test key.

extern crate std;

use std::vec::Vec;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Blockhash, Pubkey, TokenProgram, TransferMessage};

/// Secret seed and public key, as `solana-keygen` stores them.
pub(crate) const PAYER_KEY_PAIR: [u8; 64] = [
    0xfa, 0x21, 0x97, 0x8c, 0x42, 0x9c, 0xbb, 0x2a, 0x7d, 0x41, 0x26, 0x6d, 0x4d, 0x29, 0x4e, 0xc0,
    0x61, 0x5d, 0xec, 0x13, 0x65, 0xd0, 0x8a, 0xde, 0x18, 0x84, 0xd9, 0xec, 0xa0, 0x67, 0x25, 0xbb,
    0x5d, 0x5c, 0x14, 0x90, 0xa2, 0x2a, 0x12, 0xd6, 0x37, 0x6c, 0xe0, 0x29, 0xd1, 0xc2, 0x70, 0x56,
    0xf4, 0x4e, 0xea, 0xf2, 0xa2, 0x73, 0xb9, 0xf3, 0x28, 0x50, 0x37, 0x4b, 0xcc, 0x10, 0x90, 0x9c,
];

pub(crate) struct ReferencePayment {
    pub(crate) memo: &'static str,
    transaction: &'static str,
}

/// The client drew its memo.
pub(crate) const RANDOM_MEMO: ReferencePayment = ReferencePayment {
    memo: "030a11181f262d343b424950575e656c",
    transaction: "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB18T09LoLd2TXNWxgxyvKijiwG8IWJ5Q9vZ3hzQidl2C0GvMK6HWlITfaopoK32IloJeED/9WZxz+WNqYdaI0GgAIBBAjz8A1OXE29TJ2UgPfc4n+8iMvtIF0EFGlLoMryBEPPRl1cFJCiKhLWN2zgKdHCcFb0TuryonO58yhQN0vMEJCcWdMxwDKu2QH94jKmzFpn2I0jmG5dXCWBRJd5tX3ajul3WJtkUMefMyzPPzHKxb+uX7kIQP833SL8vgzwNym8tDtELLORIVfxOpM9ATQoLQMrX/7NAaLb8bd5BgjfAC6nAwZGb+UhFzL/7K26csOb57yM5bvF9xJrLEObOkAAAAAFSlNamSkhBk0k6HFg2jh8fDW13bySu4HkH6hAQQVEjQbd9uHXZaGT2cvhRs7reawctIXtX1s3kTqM9YV+/wCpyV29u5s5tb9yxXaxLxIjPB/vcv+BhIj3ODTS8YLYlusEBQAFAiBOAAAFAAkDAQAAAAAAAAAHBAIEAwEKDOgDAAAAAAAABgYAIDAzMGExMTE4MWYyNjJkMzQzYjQyNDk1MDU3NWU2NTZjAA==",
};

/// The seller set the memo.
pub(crate) const SELLER_MEMO: ReferencePayment = ReferencePayment {
    memo: "pi_3abc123def456 ✓ café",
    transaction: "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHkPYapeyiBdsV8n+Pc9foAKZx0tnGdtVxJ/VNPj2g8IV6798KetfHBSmZ5x3Zmm4pdho3yuCyG0F4TQ+k0SkJgAIBBAjz8A1OXE29TJ2UgPfc4n+8iMvtIF0EFGlLoMryBEPPRl1cFJCiKhLWN2zgKdHCcFb0TuryonO58yhQN0vMEJCcWdMxwDKu2QH94jKmzFpn2I0jmG5dXCWBRJd5tX3ajul3WJtkUMefMyzPPzHKxb+uX7kIQP833SL8vgzwNym8tDtELLORIVfxOpM9ATQoLQMrX/7NAaLb8bd5BgjfAC6nAwZGb+UhFzL/7K26csOb57yM5bvF9xJrLEObOkAAAAAFSlNamSkhBk0k6HFg2jh8fDW13bySu4HkH6hAQQVEjQbd9uHXZaGT2cvhRs7reawctIXtX1s3kTqM9YV+/wCpyV29u5s5tb9yxXaxLxIjPB/vcv+BhIj3ODTS8YLYlusEBQAFAiBOAAAFAAkDAQAAAAAAAAAHBAIEAwEKDOgDAAAAAAAABgYAGnBpXzNhYmMxMjNkZWY0NTYg4pyTIGNhZsOpAA==",
};

impl ReferencePayment {
    pub(crate) fn transaction(&self) -> Vec<u8> {
        STANDARD.decode(self.transaction).unwrap()
    }

    /// What we would send to pay the same.
    pub(crate) fn transfer(&self) -> TransferMessage<'static> {
        TransferMessage {
            fee_payer: key("HRENgGQwbTeCSz6yUVL9JVuU1NSqVfy5MBiHfpyhxN37"),
            authority: Pubkey::new(*PAYER_KEY_PAIR.last_chunk().unwrap()),
            source: key("73e4rXAkYDxXh1avAg4i4xejUis7ewupprPjt8ToE5TE"),
            destination: key("92st53fjoenyUfMrREPoDPao5ATFfEYZvzBMhHNtPrzf"),
            mint: key("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"),
            token_program: TokenProgram::Token,
            amount: 1000,
            decimals: 6,
            recent_blockhash: Blockhash::from_base58(
                "EZ3rST5dvHmbanh75jc4PuLfV96vp9fEYBVeNk4FfM1k",
            )
            .unwrap(),
            compute_unit_limit: 20_000,
            compute_unit_price: 1,
            memo: Some(self.memo.as_bytes()),
        }
    }
}

fn key(text: &str) -> Pubkey {
    Pubkey::from_base58(text).unwrap()
}
