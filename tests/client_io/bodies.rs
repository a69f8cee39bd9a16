//! The body of an answer, as it is read.

use embedded_x402::client::{Error as ExchangeError, ResponseError};
use embedded_x402::codec::http::BodyError;
use embedded_x402::io::{ClientMemory, Error};
use embedded_x402_tests::network::{After, Network, Reply, run};
use embedded_x402_tests::response::*;

use crate::hosts::client;

const BODY: &str = "sunny in the morning, rain in the afternoon";

/// Reads the body of a free resource in this framing, in buffers of this size.
fn read(framing: Framing, fragment: usize, buffer: usize) -> Vec<u8> {
    let then = if framing == Framing::UntilClose { After::Close } else { After::Wait };
    let mut network = Network::new(|_, _| Reply::then(framed(200, &[], BODY, framing), then));
    network.fragment = fragment;
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory);
    let mut response = run(client.get("http://seller.lan/free")).unwrap();
    let mut body = Vec::new();
    loop {
        let mut window = vec![0; buffer];
        match run(response.read(&mut window)).unwrap() {
            0 => break,
            length => body.extend_from_slice(&window[..length]),
        }
    }
    assert_eq!(run(response.read(&mut [0; 8])), Ok(0), "the end stays the end");
    body
}

#[test]
fn in_buffers_and_fragments_of_any_size() {
    for framing in FRAMINGS {
        for fragment in [1, 2, 7, 64, usize::MAX] {
            for buffer in [1, 2, 7, 64] {
                assert_eq!(read(framing, fragment, buffer), BODY.as_bytes(), "{framing:?}");
            }
        }
    }
}

/// Reads all of it into a buffer of this size.
fn read_to_end(reply: Reply, size: usize) -> Result<Vec<u8>, Error> {
    let mut reply = Some(reply);
    let network = Network::new(|_, _| reply.take().expect("one request"));
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory);
    let mut response = run(client.get("http://seller.lan/free")).unwrap();
    let mut buffer = vec![0; size];
    run(response.read_to_end(&mut buffer)).map(<[u8]>::to_vec)
}

#[test]
fn a_buffer_that_is_too_small_is_an_error() {
    for framing in FRAMINGS {
        let reply = || Reply::then(framed(200, &[], BODY, framing), After::Close);
        let capacity = BODY.len() - 1;
        let too_large = Err(Error::BodyTooLarge { capacity });
        assert_eq!(read_to_end(reply(), capacity), too_large);
        assert_eq!(read_to_end(reply(), 0), Err(Error::BodyTooLarge { capacity: 0 }));
        assert_eq!(read_to_end(reply(), BODY.len()), Ok(BODY.into()));
        assert_eq!(read_to_end(reply(), 500), Ok(BODY.into()));
    }
}

#[test]
fn an_empty_body_fits_everywhere() {
    for status in [200, 204] {
        let reply = Reply::then(response(status, &[], ""), After::Wait);
        assert_eq!(read_to_end(reply, 0), Ok(Vec::new()));
    }
}

#[test]
fn a_body_that_breaks_off() {
    let cut = |framing: Framing, then: After| {
        let mut bytes = framed(200, &[], BODY, framing);
        bytes.truncate(bytes.len() - 12);
        read_to_end(Reply::then(bytes, then), 500)
    };
    let truncated = ResponseError::Body(BodyError::Truncated);
    let truncated = Err(Error::Exchange(ExchangeError::Response(truncated)));
    for framing in [Framing::ContentLength, Framing::Chunked] {
        assert_eq!(cut(framing, After::Close), truncated);
        assert_eq!(cut(framing, After::Silence), Err(Error::Timeout));
        assert!(matches!(cut(framing, After::Reset), Err(Error::Transport(_))));
    }
}
