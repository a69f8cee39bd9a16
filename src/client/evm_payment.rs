//! An authorization where an entry was: its fields one behind the other, and its signature.

use super::Error;
#[cfg(feature = "io")]
use super::EvmTrace;
use crate::evm::{Address, TransferWithAuthorization};
#[cfg(feature = "io")]
use crate::journal::RecordedPayment;
use crate::scheme::ExactEvm;
use crate::wire::{Authorization, PaymentRequirements};

/// What is still missing.
#[derive(Debug, Clone)]
pub(super) enum EvmStage {
    NeedsTime,
    NeedsNonce {
        /// Unix seconds.
        now: u64,
    },
    Reserving {
        /// Seconds after which the authorization is void.
        lifetime: u32,
    },
    Signing,
}

/// Payer, payee, value, two times, nonce and signature.
pub(super) const STORED: usize = 20 + 20 + 8 + 8 + 8 + 32 + SIGNATURE;

const SIGNATURE: usize = 65;

/// The fields as they are stored.
struct Fields<'s> {
    from: &'s [u8; 20],
    to: &'s [u8; 20],
    value: u64,
    valid_after: u64,
    valid_before: u64,
    nonce: &'s [u8; 32],
    signature: &'s [u8; SIGNATURE],
}

/// Reads the entry again: it was found payable before.
pub(super) fn read(entry: &[u8]) -> Result<ExactEvm<'_>, Error> {
    let requirements = PaymentRequirements::parse(entry).map_err(|_| Error::OutOfOrder)?;
    ExactEvm::new(&requirements).map_err(Error::Scheme)
}

/// Writes an authorization, still without its signature, to the front of `buffer`.
pub(super) fn store(
    authorization: &TransferWithAuthorization,
    buffer: &mut [u8],
) -> Result<(), Error> {
    let mut rest = buffer.get_mut(..STORED).ok_or(Error::OutOfOrder)?;
    for field in [
        authorization.from.as_bytes().as_slice(),
        authorization.to.as_bytes(),
        &authorization.value.to_be_bytes(),
        &authorization.valid_after.to_be_bytes(),
        &authorization.valid_before.to_be_bytes(),
        &authorization.nonce,
        &[0; SIGNATURE],
    ] {
        let (place, others) = rest.split_at_mut_checked(field.len()).ok_or(Error::OutOfOrder)?;
        place.copy_from_slice(field);
        rest = others;
    }
    Ok(())
}

/// Copies an authorization with its signature, between memory and journal; answers its length.
pub(super) fn copy(stored: &[u8], out: &mut [u8]) -> Result<usize, Error> {
    let stored = stored.first_chunk::<STORED>().ok_or(Error::OutOfOrder)?;
    *out.first_chunk_mut().ok_or(Error::OutOfOrder)? = *stored;
    Ok(STORED)
}

/// Puts the payer's signature behind the authorization.
pub(super) fn sign(buffer: &mut [u8], signature: &[u8; SIGNATURE]) -> Result<(), Error> {
    let place = buffer.get_mut(STORED - SIGNATURE..STORED).ok_or(Error::OutOfOrder)?;
    place.copy_from_slice(signature);
    Ok(())
}

/// The authorization that was stored.
pub(super) fn load(stored: &[u8]) -> Option<TransferWithAuthorization> {
    let fields = fields(stored)?;
    Some(TransferWithAuthorization {
        from: Address::new(*fields.from),
        to: Address::new(*fields.to),
        value: fields.value,
        valid_after: fields.valid_after,
        valid_before: fields.valid_before,
        nonce: *fields.nonce,
    })
}

/// The authorization that was stored, as the payload has it.
pub(super) fn view(stored: &[u8]) -> Option<Authorization<'_>> {
    let fields = fields(stored)?;
    Some(Authorization {
        from: fields.from,
        to: fields.to,
        value: fields.value,
        valid_after: fields.valid_after,
        valid_before: fields.valid_before,
        nonce: fields.nonce,
        signature: fields.signature,
    })
}

/// What a recorded authorization is recognised by on the chain.
#[cfg(feature = "io")]
pub(super) fn trace(recorded: &RecordedPayment<'_>, chain_id: u64) -> Option<EvmTrace> {
    let TransferWithAuthorization { from, nonce, valid_before, .. } = load(recorded.signed)?;
    let asset = read(recorded.entry).ok()?.asset();
    Some(EvmTrace { chain_id, asset, from, nonce, valid_before })
}

fn fields(stored: &[u8]) -> Option<Fields<'_>> {
    let (from, rest) = stored.split_first_chunk()?;
    let (to, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_first_chunk()?;
    let (valid_after, rest) = rest.split_first_chunk()?;
    let (valid_before, rest) = rest.split_first_chunk()?;
    let (nonce, rest) = rest.split_first_chunk()?;
    Some(Fields {
        from,
        to,
        value: u64::from_be_bytes(*value),
        valid_after: u64::from_be_bytes(*valid_after),
        valid_before: u64::from_be_bytes(*valid_before),
        nonce,
        signature: rest.first_chunk()?,
    })
}

const _: () = assert!(crate::sizes::ENTRY >= STORED);
