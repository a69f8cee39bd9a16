//! Requests as the device sends them, for servers in this process; and their answers as bytes.

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use embedded_x402_sim::fault::Severed;
use embedded_x402_tests::network::{After, Reply};
use embedded_x402_tests::sent::SentRequest;
use futures_util::StreamExt;

/// What the server gets to see.
pub(super) fn request(sent: &SentRequest) -> Request {
    let mut words = sent.line().split(' ');
    let mut word = || words.next().expect("a method and a path");
    let mut request = Request::builder().method(word()).uri(word());
    let (head, _) = sent.text.split_once("\r\n\r\n").expect("a head");
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(Body::from(sent.body().to_owned())).expect("a request")
}

/// What the device gets to see: dated, in Unix seconds, as a socket does it, where the server has not.
pub(super) async fn reply(answer: Result<Response, Severed>, date: Option<u64>) -> Reply {
    let Ok(response) = answer else { return Reply::then(Vec::new(), After::Close) };
    let (mut head, body) = response.into_parts();
    let (body, then) = received(body).await;
    let headers = &mut head.headers;
    if !headers.contains_key(header::CONTENT_LENGTH) {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    if let Some(date) = date.filter(|_| !headers.contains_key(header::DATE)) {
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(date));
        headers.insert(header::DATE, HeaderValue::from_str(&date).expect("a date"));
    }
    let mut bytes = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
    for (name, value) in headers.iter() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Reply::then(bytes, then)
}

/// A body as far as it goes.
async fn received(body: Body) -> (Vec<u8>, After) {
    let (mut stream, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(part) = stream.next().await {
        let Ok(part) = part else { return (bytes, After::Close) };
        bytes.extend(part);
    }
    (bytes, After::Wait)
}
