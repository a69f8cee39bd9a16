//! The mark of a recent block, which dates a transaction.

super::base58_bytes::base58_bytes! {
    /// The hash of a recent block. A transaction that names it can be executed
    /// for 150 blocks after that one, about a minute, and never later.
    Blockhash, 32 bytes, 44 characters
}
