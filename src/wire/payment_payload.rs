//! `PaymentPayload`: what the client answers to a challenge, in its smallest legal form.
//!
//! Version 2 (specification section 5.2) returns the accepted entry byte for byte, because the
//! seller compares it with its own; `resource` and `extensions` may be left out. Version 1 names
//! scheme and network only. The text is produced in pieces and never stands whole in memory.

use super::ProtocolVersion;
use crate::codec::pieces::{Piece, Pieces};

/// What is paid for.
#[derive(Debug, Clone, Copy)]
pub enum Accepted<'a> {
    /// Version 2: the raw JSON of the entry.
    Verbatim(&'a [u8]),
    /// Version 1: the `exact` scheme on this network, by its short name.
    Network(&'a str),
}

/// What the scheme says.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum SchemePayload<'a> {
    /// `exact` on Solana: a transaction, signed by all but the fee payer.
    SolanaTransaction(&'a [u8]),
}

/// One payment, ready to be sent.
#[derive(Debug, Clone, Copy)]
pub struct PaymentPayload<'a> {
    /// What is paid for.
    pub accepted: Accepted<'a>,
    /// What the scheme says.
    pub payload: SchemePayload<'a>,
}

/// How many pieces a payload's JSON has.
pub(crate) const PIECES: usize = 5;

impl<'a> PaymentPayload<'a> {
    /// The version of the protocol that it is written in.
    pub fn version(&self) -> ProtocolVersion {
        match self.accepted {
            Accepted::Verbatim(_) => ProtocolVersion::V2,
            Accepted::Network(_) => ProtocolVersion::V1,
        }
    }

    /// Its JSON text.
    pub(crate) fn json(&self) -> [Piece<'a>; PIECES] {
        let (start, accepted, separator): (&str, Piece<'a>, &str) = match self.accepted {
            Accepted::Verbatim(entry) => (
                "{\"x402Version\":2,\"accepted\":",
                Piece::Bytes(entry),
                ",\"payload\":{\"transaction\":\"",
            ),
            Accepted::Network(name) => (
                "{\"x402Version\":1,\"scheme\":\"exact\",\"network\":\"",
                name.into(),
                "\",\"payload\":{\"transaction\":\"",
            ),
        };
        let SchemePayload::SolanaTransaction(transaction) = self.payload;
        [start.into(), accepted, separator.into(), Piece::Base64(transaction), "\"}}".into()]
    }

    /// The length of the header's value in bytes, known without writing it.
    pub fn header_len(&self) -> usize {
        Piece::Base64Of(&self.json()).len()
    }

    /// Fills `out` with the header's value (the base64 of the JSON) from `offset` on; answers how
    /// many bytes were written, fewer than `out` holds only at the end.
    pub fn read_header(&self, offset: usize, out: &mut [u8]) -> usize {
        Pieces(&[Piece::Base64Of(&self.json())]).read(offset, out)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    fn decoded(payload: PaymentPayload<'_>) -> Value {
        let mut header = vec![0; payload.header_len() + 10];
        let length = payload.read_header(0, &mut header);
        assert_eq!(length, payload.header_len());
        let json: Vec<u8> = STANDARD.decode(&header[..length]).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    const PAYLOAD: SchemePayload<'static> = SchemePayload::SolanaTransaction(&[1, 2, 3, 4]);

    #[test]
    fn version_2_echoes_the_entry() {
        let accepted = Accepted::Verbatim(br#"{"scheme":"exact","extra":{"x":1e21}}"#);
        let payload = PaymentPayload { accepted, payload: PAYLOAD };
        let expected = json!({
            "x402Version": 2,
            "accepted": {"scheme": "exact", "extra": {"x": 1e21}},
            "payload": {"transaction": "AQIDBA=="},
        });
        assert_eq!(decoded(payload), expected);
        assert_eq!(payload.version().payment_header(), "PAYMENT-SIGNATURE");
    }

    #[test]
    fn version_1_names_the_network() {
        let payload =
            PaymentPayload { accepted: Accepted::Network("solana-devnet"), payload: PAYLOAD };
        let expected = json!({
            "x402Version": 1,
            "scheme": "exact",
            "network": "solana-devnet",
            "payload": {"transaction": "AQIDBA=="},
        });
        assert_eq!(decoded(payload), expected);
        assert_eq!(payload.version().payment_header(), "X-PAYMENT");
    }
}
