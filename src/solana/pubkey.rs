//! The address of anything on Solana: a wallet, an account, a mint, a program.

super::base58_bytes::base58_bytes! {
    /// An address: the public key of a key pair, or derived from a program.
    Pubkey, 32 bytes, 44 characters
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{format, string::ToString};

    use super::*;
    use crate::codec::base58::Base58Error;

    const MINT: &str = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";

    #[test]
    fn text_round_trips() {
        let mint: Pubkey = MINT.parse().unwrap();
        assert_eq!(mint.to_string(), MINT);
        assert_eq!(format!("{mint:?}"), MINT);
    }

    #[test]
    fn a_signature_is_not_a_pubkey() {
        let signature = crate::solana::Signature::new([7; 64]).to_string();
        let result = Pubkey::from_base58(&signature);
        assert_eq!(result, Err(Base58Error::WrongLength));
    }
}
