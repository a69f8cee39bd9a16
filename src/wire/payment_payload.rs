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
    /// `exact` on EVM chains: an authorization of EIP-3009, signed by the payer.
    Authorization(Authorization<'a>),
}

/// The members of an EIP-3009 authorization, and its signature.
#[derive(Debug, Clone, Copy)]
pub struct Authorization<'a> {
    /// Who pays: 20 bytes.
    pub from: &'a [u8],
    /// Who is paid: 20 bytes.
    pub to: &'a [u8],
    /// How much, in atomic units.
    pub value: u64,
    /// Valid after this Unix time in seconds.
    pub valid_after: u64,
    /// Valid before this Unix time in seconds.
    pub valid_before: u64,
    /// What makes it another one: 32 bytes.
    pub nonce: &'a [u8],
    /// r, s and v (27 or 28): 65 bytes.
    pub signature: &'a [u8],
}

/// One payment, ready to be sent.
#[derive(Debug, Clone, Copy)]
pub struct PaymentPayload<'a> {
    /// What is paid for.
    pub accepted: Accepted<'a>,
    /// What the scheme says.
    pub payload: SchemePayload<'a>,
    /// What the seller recognises the payment by, if it offers to (extension `payment-identifier`,
    /// version 2).
    pub identifier: Option<PaymentIdentifier<'a>>,
}

/// The extension `payment-identifier`, in its smallest legal form: a seller that sees the same
/// identifier with the same payment answers what it has answered before.
#[derive(Debug, Clone, Copy)]
pub struct PaymentIdentifier<'a> {
    /// What the seller said of it, to be echoed.
    pub is_required: bool,
    /// What makes the identifier: 16 bytes, written as `0x` and 32 hexadecimal digits.
    pub bytes: &'a [u8; 16],
}

/// How many pieces a payload's JSON has.
pub(crate) const PIECES: usize = 21;

/// Of them, those before the scheme's members, and those behind.
const BEFORE: usize = 3;
const BEHIND: usize = 3;

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
            Accepted::Verbatim(entry) => {
                ("{\"x402Version\":2,\"accepted\":", Piece::Bytes(entry), ",\"payload\":{")
            }
            Accepted::Network(name) => (
                "{\"x402Version\":1,\"scheme\":\"exact\",\"network\":\"",
                name.into(),
                "\",\"payload\":{",
            ),
        };
        let payload = match self.payload {
            SchemePayload::SolanaTransaction(transaction) => transaction_json(transaction),
            SchemePayload::Authorization(authorization) => authorization.json(),
        };
        let end = match self.identifier {
            Some(identifier) if self.version() == ProtocolVersion::V2 => identifier.json(),
            _ => ["}}".into(), Piece::Bytes(&[]), Piece::Bytes(&[])],
        };
        let front: [_; BEFORE] = [start.into(), accepted, separator.into()];
        padded(front.into_iter().chain(payload).chain(end))
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

/// The pieces of a payload's own members, to the end of the text.
type Members<'a> = [Piece<'a>; PIECES - BEFORE - BEHIND];

fn transaction_json(transaction: &[u8]) -> Members<'_> {
    padded(["\"transaction\":\"".into(), Piece::Base64(transaction), "\"".into()].into_iter())
}

/// So many pieces, those that are left over empty.
fn padded<'a, const N: usize>(pieces: impl Iterator<Item = Piece<'a>>) -> [Piece<'a>; N] {
    let mut all = [Piece::Bytes(&[]); N];
    all.iter_mut().zip(pieces).for_each(|(place, piece)| *place = piece);
    all
}

impl<'a> PaymentIdentifier<'a> {
    fn json(&self) -> [Piece<'a>; BEHIND] {
        let start = if self.is_required {
            "},\"extensions\":{\"payment-identifier\":{\"info\":{\"required\":true,\"id\":\""
        } else {
            "},\"extensions\":{\"payment-identifier\":{\"info\":{\"required\":false,\"id\":\""
        };
        [start.into(), Piece::Hex(self.bytes), "\"}}}}".into()]
    }
}

impl<'a> Authorization<'a> {
    fn json(&self) -> Members<'a> {
        [
            "\"authorization\":{\"from\":\"".into(),
            Piece::Hex(self.from),
            "\",\"to\":\"".into(),
            Piece::Hex(self.to),
            "\",\"value\":\"".into(),
            Piece::Decimal(self.value),
            "\",\"validAfter\":\"".into(),
            Piece::Decimal(self.valid_after),
            "\",\"validBefore\":\"".into(),
            Piece::Decimal(self.valid_before),
            "\",\"nonce\":\"".into(),
            Piece::Hex(self.nonce),
            "\"},\"signature\":\"".into(),
            Piece::Hex(self.signature),
            "\"".into(),
        ]
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
        let payload = PaymentPayload { accepted, payload: PAYLOAD, identifier: None };
        let expected = json!({
            "x402Version": 2,
            "accepted": {"scheme": "exact", "extra": {"x": 1e21}},
            "payload": {"transaction": "AQIDBA=="},
        });
        assert_eq!(decoded(payload), expected);
        assert_eq!(payload.version().payment_header(), "PAYMENT-SIGNATURE");
    }

    #[test]
    fn an_authorization_has_six_strings() {
        let authorization = Authorization {
            from: &[1; 20],
            to: &[0xab; 20],
            value: 1000,
            valid_after: 0,
            valid_before: 1_767_225_660,
            nonce: &[3; 32],
            signature: &[4; 65],
        };
        let payload = PaymentPayload {
            accepted: Accepted::Verbatim(b"{}"),
            payload: SchemePayload::Authorization(authorization),
            identifier: None,
        };
        let hex = |digits: &str, bytes| std::format!("0x{}", digits.repeat(bytes));
        let expected = json!({
            "x402Version": 2,
            "accepted": {},
            "payload": {
                "authorization": {
                    "from": hex("01", 20),
                    "to": hex("ab", 20),
                    "value": "1000",
                    "validAfter": "0",
                    "validBefore": "1767225660",
                    "nonce": hex("03", 32),
                },
                "signature": hex("04", 65),
            },
        });
        assert_eq!(decoded(payload), expected);
    }

    #[test]
    fn an_identifier_is_said_in_version_2() {
        for is_required in [true, false] {
            let identifier = Some(PaymentIdentifier { is_required, bytes: &[0xa7; 16] });
            let accepted = Accepted::Verbatim(b"{}");
            let payload = PaymentPayload { accepted, payload: PAYLOAD, identifier };
            let id = std::format!("0x{}", "a7".repeat(16));
            let info = json!({"required": is_required, "id": id});
            let expected = json!({
                "x402Version": 2,
                "accepted": {},
                "payload": {"transaction": "AQIDBA=="},
                "extensions": {"payment-identifier": {"info": info}},
            });
            assert_eq!(decoded(payload), expected);
        }
    }

    #[test]
    fn version_1_names_the_network() {
        let accepted = Accepted::Network("solana-devnet");
        let identifier = Some(PaymentIdentifier { is_required: true, bytes: &[7; 16] });
        let payload = PaymentPayload { accepted, payload: PAYLOAD, identifier };
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
