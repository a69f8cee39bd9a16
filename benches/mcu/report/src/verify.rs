//! What an image computed must be what this machine computes, byte for byte.

use std::error::Error;

use ed25519_dalek::{Signer, SigningKey};
use embedded_x402::client::Memory;
use embedded_x402::signer::{DalekSigner, K256Signer};
use embedded_x402_rehearsal::{
    EVM_V2, EVM_V2_LARGE, Rehearsal, SOLANA_V2, SOLANA_V2_LARGE, test_keys,
};

use crate::image::Output;
use crate::plan::{Backend, Core, Curve, RECOMMENDED_LARGE, RECOMMENDED_SMALL};
use crate::results::Spread;

/// Bytes that the signing program signs; of a digest's size, the first 32.
fn message() -> Vec<u8> {
    (0..300_u16).map(|index| index as u8).collect()
}

/// Whether a library made the one right signature: RFC 8032 and RFC 6979 leave no choice.
pub(crate) fn signature(curve: Curve, output: &Output) -> Result<(), Box<dyn Error + Send + Sync>> {
    let message = message();
    let expected = match curve {
        Curve::Ed25519 => {
            SigningKey::from_bytes(&test_keys::SOLANA_SEED).sign(&message).to_bytes().to_vec()
        }
        Curve::Secp256k1 => {
            let key = k256::ecdsa::SigningKey::from_slice(&test_keys::EVM_KEY)?;
            let digest = message.first_chunk::<32>().ok_or("a message of 32 bytes")?;
            key.sign_prehash_recoverable(digest).0.to_bytes().to_vec()
        }
    };
    match output.bytes.as_slice() {
        [(_, hex)] if *hex == hexadecimal(&expected) => Ok(()),
        other => Err(format!("the signature is {other:?}").into()),
    }
}

/// Whether the paid requests are right.
pub(crate) fn paid_requests(output: &Output) -> Result<(), Box<dyn Error + Send + Sync>> {
    for (name, hex) in &output.bytes {
        let all = [SOLANA_V2, SOLANA_V2_LARGE, EVM_V2, EVM_V2_LARGE];
        let rehearsal = all.into_iter().find(|rehearsal| rehearsal.name == name);
        let rehearsal = rehearsal.ok_or_else(|| format!("no rehearsal {name}"))?;
        if *hex != hexadecimal(&paid_request(&rehearsal)?) {
            return Err(format!("the paid request of {name} is not this machine's: {hex}").into());
        }
    }
    if output.bytes.is_empty() { Err("nothing was paid".into()) } else { Ok(()) }
}

/// Whether a backend that is recommended takes the same for each nonce: a nonce of which signatures tell a
/// little gives the key away.
pub(crate) fn tells_nothing(
    core: &Core,
    backend: &Backend,
    nonces: &Spread,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let is_recommended = [RECOMMENDED_SMALL, RECOMMENDED_LARGE].contains(&backend.name);
    if is_recommended && nonces.most - nonces.fewest > core.step() {
        return Err(format!("what a signature takes tells of its nonce: {nonces:?}").into());
    }
    Ok(())
}

fn paid_request(rehearsal: &Rehearsal) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let solana = DalekSigner::from_seed(&test_keys::SOLANA_SEED)?;
    let mut wallet = (solana, K256Signer::from_bytes(&test_keys::EVM_KEY)?);
    let mut request = Vec::new();
    let sink = |piece: &[u8]| request.extend_from_slice(piece);
    rehearsal.pay(&mut wallet, &mut Memory::new(), sink)?;
    Ok(request)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{BACKENDS, CORES};

    fn output(name: &str, bytes: &[u8]) -> Output {
        Output { bytes: vec![(name.to_owned(), hexadecimal(bytes))], ..Output::default() }
    }

    #[test]
    fn a_nonce_that_is_told_is_noticed() {
        let [thumbv6m, _, riscv32imc, _] = &CORES;
        let recommended = BACKENDS.iter().find(|one| one.name == RECOMMENDED_SMALL).unwrap();
        let told = |core, most| {
            let nonces = Spread { core: String::new(), backend: String::new(), fewest: 100, most };
            tells_nothing(core, recommended, &nonces).is_err()
        };
        assert!(told(riscv32imc, 101) && told(thumbv6m, 180));
        assert!(!told(riscv32imc, 100) && !told(thumbv6m, 140));
    }

    #[test]
    fn one_wrong_byte_is_noticed() {
        let mut request = paid_request(&SOLANA_V2).unwrap();
        assert!(paid_requests(&output("solana-v2", &request)).is_ok());
        request[100] ^= 1;
        assert!(paid_requests(&output("solana-v2", &request)).is_err());
        assert!(paid_requests(&output("solana-v9", &request)).is_err());
        assert!(paid_requests(&Output::default()).is_err());
        for curve in [Curve::Ed25519, Curve::Secp256k1] {
            assert!(signature(curve, &output("sign", &[0; 64])).is_err());
        }
    }
}
