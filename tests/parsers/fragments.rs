//! Bytes mean the same whatever the pieces that they come in.

use embedded_x402::codec::http::{BodyDecoder, BodyError, Framing};

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
