//! The key of each library: how it is made from a TEST secret, and how it signs.
//!
//! The libraries in C are called as their headers say, which takes `unsafe`.
#![allow(unsafe_code)]

#[cfg(not(any(feature = "sign-k256", feature = "sign-libsecp256k1")))]
pub(crate) use embedded_x402_rehearsal::test_keys::SOLANA_SEED as SECRET;

#[cfg(any(feature = "sign-k256", feature = "sign-libsecp256k1"))]
pub(crate) use embedded_x402_rehearsal::test_keys::EVM_KEY as SECRET;

#[cfg(feature = "sign-ed25519-compact")]
mod library {
    use ed25519_compact::{KeyPair, Seed};

    pub(crate) struct Key(KeyPair);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            Key(KeyPair::from_seed(Seed::new(*secret)))
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            *self.0.sk.sign(message, None)
        }
    }
}

#[cfg(feature = "sign-ed25519-dalek")]
mod library {
    use ed25519_dalek::{Signer, SigningKey};

    pub(crate) struct Key(SigningKey);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            Key(SigningKey::from_bytes(secret))
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            self.0.sign(message).to_bytes()
        }
    }
}

#[cfg(feature = "sign-salty")]
mod library {
    use salty::Keypair;

    pub(crate) struct Key(Keypair);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            Key(Keypair::from(secret))
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            self.0.sign(message).to_bytes()
        }
    }
}

#[cfg(feature = "sign-tweetnacl")]
mod library {
    unsafe extern "C" {
        fn crypto_sign_ed25519_tweet_keypair_seed(
            public: *mut u8,
            secret: *mut u8,
            seed: *const u8,
        ) -> i32;
        fn crypto_sign_ed25519_tweet(
            signed: *mut u8,
            signed_length: *mut u64,
            message: *const u8,
            length: u64,
            secret: *const u8,
        ) -> i32;
    }

    pub(crate) struct Key([u8; 64]);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            let (mut public, mut pair) = ([0; 32], [0; 64]);
            // SAFETY: the arrays have the lengths that the function writes and reads.
            unsafe {
                crypto_sign_ed25519_tweet_keypair_seed(
                    public.as_mut_ptr(),
                    pair.as_mut_ptr(),
                    secret.as_ptr(),
                )
            };
            Key(pair)
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            let (mut signed, mut length) = ([0; 64 + 300], 0);
            assert!(message.len() == 300);
            // SAFETY: there is room for the signature and the message behind it.
            unsafe {
                crypto_sign_ed25519_tweet(
                    signed.as_mut_ptr(),
                    &mut length,
                    message.as_ptr(),
                    message.len() as u64,
                    self.0.as_ptr(),
                )
            };
            *signed.first_chunk().unwrap_or(&[0; 64])
        }
    }

    /// Never called: the seed is given.
    #[unsafe(no_mangle)]
    extern "C" fn randombytes(_: *mut u8, _: u64) {}
}

#[cfg(feature = "sign-monocypher")]
mod library {
    unsafe extern "C" {
        fn crypto_ed25519_key_pair(secret: *mut u8, public: *mut u8, seed: *mut u8);
        fn crypto_ed25519_sign(
            signature: *mut u8,
            secret: *const u8,
            message: *const u8,
            length: usize,
        );
    }

    pub(crate) struct Key([u8; 64]);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            let (mut pair, mut public, mut seed) = ([0; 64], [0; 32], *secret);
            // SAFETY: the arrays have the lengths that the function writes and reads.
            unsafe {
                crypto_ed25519_key_pair(pair.as_mut_ptr(), public.as_mut_ptr(), seed.as_mut_ptr())
            };
            Key(pair)
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            let mut signature = [0; 64];
            // SAFETY: the arrays have the lengths that the function writes and reads.
            unsafe {
                crypto_ed25519_sign(
                    signature.as_mut_ptr(),
                    self.0.as_ptr(),
                    message.as_ptr(),
                    message.len(),
                )
            };
            signature
        }
    }
}

#[cfg(feature = "sign-libsodium")]
mod library {
    use core::ffi::c_void;

    unsafe extern "C" {
        fn crypto_sign_ed25519_seed_keypair(
            public: *mut u8,
            secret: *mut u8,
            seed: *const u8,
        ) -> i32;
        fn crypto_sign_ed25519_detached(
            signature: *mut u8,
            signature_length: *mut u64,
            message: *const u8,
            length: u64,
            secret: *const u8,
        ) -> i32;
    }

    pub(crate) struct Key([u8; 64]);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            let (mut public, mut pair) = ([0; 32], [0; 64]);
            // SAFETY: the arrays have the lengths that the function writes and reads.
            unsafe {
                crypto_sign_ed25519_seed_keypair(
                    public.as_mut_ptr(),
                    pair.as_mut_ptr(),
                    secret.as_ptr(),
                )
            };
            Key(pair)
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            let (mut signature, mut length) = ([0; 64], 0);
            // SAFETY: the arrays have the lengths that the function writes and reads.
            unsafe {
                crypto_sign_ed25519_detached(
                    signature.as_mut_ptr(),
                    &mut length,
                    message.as_ptr(),
                    message.len() as u64,
                    self.0.as_ptr(),
                )
            };
            signature
        }
    }

    /// Never called: the seed is given.
    #[unsafe(no_mangle)]
    extern "C" fn randombytes_buf(_: *mut c_void, _: usize) {}
}

#[cfg(feature = "sign-k256")]
mod library {
    use k256::ecdsa::SigningKey;

    pub(crate) struct Key(Option<SigningKey>);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            Key(SigningKey::from_slice(secret).ok())
        }

        /// The first 32 bytes stand for a digest.
        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            let (Some(key), Some(digest)) = (&self.0, message.first_chunk::<32>()) else {
                return [0; 64];
            };
            key.sign_prehash_recoverable(digest).0.to_bytes().into()
        }
    }
}

#[cfg(feature = "sign-libsecp256k1")]
mod library {
    use core::ffi::c_void;
    use core::ptr::{NonNull, null};

    use secp256k1_sys::recovery::{
        RecoverableSignature, secp256k1_ecdsa_recoverable_signature_serialize_compact,
        secp256k1_ecdsa_sign_recoverable,
    };
    use secp256k1_sys::types::AlignedType;
    use secp256k1_sys::{
        CPtr, SECP256K1_START_SIGN, secp256k1_context_no_precomp,
        secp256k1_context_preallocated_create, secp256k1_nonce_function_rfc6979,
    };

    pub(crate) struct Key {
        secret: [u8; 32],
        context: [AlignedType; 32],
    }

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            let mut context = [AlignedType::ZERO; 32];
            let place = NonNull::from(&mut context).cast::<c_void>();
            // SAFETY: a context has 216 bytes at most, and nothing in it points into it.
            unsafe { secp256k1_context_preallocated_create(place, SECP256K1_START_SIGN) };
            Key { secret: *secret, context }
        }

        /// The first 32 bytes stand for a digest.
        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            let (mut signature, mut bytes, mut id) = (RecoverableSignature::new(), [0; 64], 0);
            // SAFETY: the context was made by the library, and the arrays have the lengths that it
            // reads and writes.
            unsafe {
                secp256k1_ecdsa_sign_recoverable(
                    self.context.as_ptr().cast(),
                    &mut signature,
                    message.as_ptr(),
                    self.secret.as_c_ptr(),
                    secp256k1_nonce_function_rfc6979,
                    null(),
                );
                secp256k1_ecdsa_recoverable_signature_serialize_compact(
                    secp256k1_context_no_precomp,
                    bytes.as_mut_ptr(),
                    &mut id,
                    &signature,
                );
            }
            bytes
        }
    }
}

/// What the others are counted against.
#[cfg(not(any(
    feature = "sign-ed25519-compact",
    feature = "sign-ed25519-dalek",
    feature = "sign-salty",
    feature = "sign-tweetnacl",
    feature = "sign-monocypher",
    feature = "sign-libsodium",
    feature = "sign-k256",
    feature = "sign-libsecp256k1"
)))]
mod library {
    pub(crate) struct Key([u8; 32]);

    impl Key {
        pub(crate) fn new(secret: &[u8; 32]) -> Self {
            Key(*secret)
        }

        pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
            let mut copy = [0; 64];
            let bytes = self.0.iter().chain(message);
            copy.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
            copy
        }
    }
}

pub(crate) use library::Key;
