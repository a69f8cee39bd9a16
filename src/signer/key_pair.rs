//! The key pair as `solana-keygen` and wallets keep it: 64 bytes, the secret
//! seed and then the public key.

use super::{Ed25519Signer, KeyError};

/// Makes a signer from the seed and checks that it has the public key that the
/// other half promises: a mixed-up file must not become somebody else's wallet.
pub(super) fn from_key_pair<S: Ed25519Signer>(
    key_pair: &[u8; 64],
    from_seed: impl FnOnce(&[u8; 32]) -> Result<S, KeyError>,
) -> Result<S, KeyError> {
    let ([seed, public_key], []) = key_pair.as_chunks() else {
        return Err(KeyError::PublicKeyMismatch);
    };
    let signer = from_seed(seed)?;
    if signer.public_key() != *public_key {
        return Err(KeyError::PublicKeyMismatch);
    }
    Ok(signer)
}
