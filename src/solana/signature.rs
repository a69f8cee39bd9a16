//! What a signer leaves on a transaction.

super::base58_bytes::base58_bytes! {
    /// An Ed25519 signature. The fee payer's is also the transaction's id.
    Signature, 64 bytes, 88 characters
}
