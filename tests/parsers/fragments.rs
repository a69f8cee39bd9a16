//! Bytes mean the same whatever the pieces that they come in.

use std::fmt::Debug;
use std::slice::Chunks;

use embedded_x402::client::{Exchange, Limits, Memory, Method, Payer, Request};
use embedded_x402::codec::http::{BodyDecoder, BodyError, Framing};
use embedded_x402::codec::json::{Event, JsonError, Tokenizer, Visitor};
use embedded_x402::policy::{PaymentPolicy, Rule, assets};
use embedded_x402::sizes;
use embedded_x402::solana::Pubkey;
use embedded_x402::wire::{
    Amount, ChallengeError, PaymentRequiredReader, SettlementReader, Source,
};
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::mutation::damaged;
use embedded_x402_tests::response::{failure, payment_required, payment_required_v1};
use serde_json::json;

/// Whole texts, pieces of a network's kind, and odd ones.
const PIECES: [usize; 5] = [usize::MAX, 536, 48, 7, 2];

/// `read` says the same of damaged texts in pieces of any size as of their single bytes.
fn pieces_agree<T: Debug + PartialEq>(
    texts: &[String],
    seed: u64,
    read: impl Fn(Chunks<'_, u8>) -> T,
) {
    for text in damaged(texts, 4_000, seed) {
        let expected = read(text.chunks(1));
        for piece in PIECES {
            let shown = String::from_utf8_lossy(&text);
            assert_eq!(read(text.chunks(piece)), expected, "{piece} of {shown}");
        }
    }
}

fn json_texts() -> Vec<String> {
    let escapes =
        r#"{"a\u00e9\"b":"x\ud83c\udf26 \ud83c\ud83c y\n\ud83d","b":[[-1.5e3,true,null],"é"]}"#;
    vec![escapes.to_owned(), challenge(&[entry(), entry_evm()])]
}

/// The events, adjoining texts joined.
#[derive(Debug, Default, PartialEq)]
struct Events(Vec<(u8, String, Vec<u8>)>);

impl Visitor for Events {
    type Error = JsonError;

    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), JsonError> {
        let (name, text) = match event {
            Event::KeyText(text) => ("KeyText".to_owned(), text),
            Event::StringText(text) => ("StringText".to_owned(), text),
            other => (format!("{other:?}"), &[][..]),
        };
        match self.0.last_mut() {
            Some((_, last, so_far)) if *last == name && !text.is_empty() => {
                so_far.extend_from_slice(text);
            }
            _ => self.0.push((depth, name, text.to_vec())),
        }
        Ok(())
    }
}

#[test]
fn json_in_pieces() {
    pieces_agree(&json_texts(), 21, |mut pieces| {
        let mut tokenizer = Tokenizer::new();
        let mut events = Events::default();
        let read = pieces.try_for_each(|piece| tokenizer.push_all(piece, &mut events));
        (events, read.and_then(|()| tokenizer.finish()))
    });
}

#[test]
fn json_by_bytes() {
    for text in damaged(&json_texts(), 4_000, 22) {
        let (mut whole, mut single) = (Events::default(), Events::default());
        let mut tokenizer = Tokenizer::new();
        let of_whole = tokenizer.push_all(&text, &mut whole);
        let mut tokenizer = Tokenizer::new();
        let of_single = text.iter().try_for_each(|byte| tokenizer.push(*byte, &mut single));
        assert_eq!((whole, of_whole), (single, of_single), "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn challenges_in_pieces() {
    let texts = [
        challenge(&[entry(), with_memo("é\n\u{1f326}"), entry_evm()]),
        challenge_v1(&[entry_v1()]),
    ];
    for source in [Source::Header, Source::Body] {
        // Entries of some 330 bytes: one buffer holds them, the other one doesn't.
        for room in [sizes::ENTRY, 200] {
            pieces_agree(&texts, 23, |pieces| entries(source, room, pieces));
        }
        pieces_agree(&texts, 24, |mut pieces| {
            let mut reader = PaymentRequiredReader::for_reason(source);
            let mut buffer = [0; sizes::REASON];
            let read = pieces.try_for_each(|piece| reader.push_all(piece, &mut buffer));
            (reader.reason(&buffer), read, reader.finish())
        });
    }
}

/// What is told of an entry, and what the buffer held then.
type Told = (String, Vec<u8>);

/// What is told of all entries, and of the challenge.
fn entries(
    source: Source,
    room: usize,
    mut pieces: Chunks<'_, u8>,
) -> (Vec<Told>, Result<(), ChallengeError>, String) {
    let mut reader = PaymentRequiredReader::new(source);
    let (mut buffer, mut entries) = (vec![0; room], Vec::new());
    let read = pieces.try_for_each(|mut piece| {
        while !piece.is_empty() {
            let (taken, entry) = reader.push_some(piece, &mut buffer)?;
            entries.extend(entry.map(|entry| (format!("{entry:?}"), buffer.clone())));
            piece = &piece[taken..];
        }
        Ok(())
    });
    (entries, read, format!("{:?} {:?}", reader.finish(), reader.payment_identifier()))
}

#[test]
fn receipts_in_pieces() {
    let mut long =
        failure(&"reason \u{e9}".repeat(20), "5HnzzpQjqNqhGq2RYMgGcW4cGFwcjq4xnVbZ6hZ9nBxN");
    long["amount"] = json!("1000");
    let texts = [failure("settlement_pending", ""), long].map(|receipt| receipt.to_string());
    pieces_agree(&texts, 25, |mut pieces| {
        let mut reader = SettlementReader::new();
        let mut buffer = [0; sizes::RECEIPT];
        let read = pieces.try_for_each(|piece| reader.push_all(piece, &mut buffer));
        read.and_then(|()| reader.finish(&buffer))
    });
}

#[test]
fn responses_in_pieces() {
    const RULES: [Rule<'static>; 1] = [Rule::new(assets::USDC_SOLANA_DEVNET, Amount(1000))];
    const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/x");
    let texts = [
        payment_required(&challenge(&[priced("1001"), entry()])),
        payment_required_v1(&challenge_v1(&[entry_v1()])),
    ];
    let texts = texts.map(|text| String::from_utf8(text).expect("text"));
    pieces_agree(&texts, 26, |mut pieces| {
        let policy = PaymentPolicy { rules: &RULES };
        let payer = Payer::solana(Pubkey::new([9; 32]));
        let mut memory = Memory::<{ sizes::ENTRY }>::new();
        let mut exchange =
            Exchange::new(&REQUEST, &policy, payer, Limits::default(), &mut memory).unwrap();
        exchange.transmit(&mut [0; 1024]);
        let mut taken = 0;
        let read =
            pieces.try_for_each(|piece| exchange.receive(piece).map(|length| taken += length));
        // What is taken of a piece before an error in it is not told.
        let taken = read.map(|()| taken);
        (taken, format!("{:?}", exchange.step().map_err(|error| error.to_string())))
    });
}

/// The body and how many bytes the decoder took, from pieces of this size.
fn decode(framing: Framing, text: &[u8], piece: usize) -> Result<(Vec<u8>, usize), BodyError> {
    let mut decoder = BodyDecoder::new(framing);
    let (mut body, mut taken) = (Vec::new(), 0);
    'pieces: for piece in text.chunks(piece) {
        let mut rest = piece;
        while !rest.is_empty() {
            if decoder.is_done() {
                break 'pieces;
            }
            let (consumed, data) = decoder.decode(rest)?;
            body.extend_from_slice(data);
            taken += consumed;
            rest = &rest[consumed..];
        }
    }
    decoder.closed()?;
    Ok((body, taken))
}

#[test]
fn bodies_in_pieces() {
    let chunked = b"4;a=b\r\nsunn\r\n01\r\ny\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1 200 OK";
    for (framing, text, body, taken) in [
        (Framing::Empty, &b"HTTP"[..], &b""[..], 0),
        (Framing::Length(0), b"HTTP", b"", 0),
        (Framing::Length(5), b"sunnyHTTP", b"sunny", 5),
        (Framing::Chunked, chunked, b"sunny", chunked.len() - 15),
        (Framing::UntilClose, b"sunny", b"sunny", 5),
    ] {
        for piece in 1..=text.len() {
            assert_eq!(decode(framing, text, piece), Ok((body.to_vec(), taken)), "{framing:?}");
        }
    }
}

#[test]
fn malformed_bodies_in_pieces() {
    for text in [
        &b"x\r\n"[..],
        b"\r\n",
        b";x\r\n",
        b"-1\r\n",
        b"10000000000000000\r\n",
        b"1\r\nab",
        b"1\r\na\rb",
        b"0x1\r\na\r\n0\r\n\r\n",
    ] {
        for piece in 1..=text.len() {
            assert_eq!(decode(Framing::Chunked, text, piece), Err(BodyError::Chunk), "{text:?}");
        }
    }
}
