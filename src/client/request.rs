//! A request as the integrator gives it, checked once, and its text with or without a payment.

use core::fmt;

use super::url::Url;
use crate::codec::pieces::{Piece, Pieces};
use crate::journal::RequestKey;
use crate::wire::PaymentPayload;

/// What is asked of a seller.
///
/// Its `Debug` leaves out the values of the header fields, which may be secrets, and the body.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// An absolute `http` or `https` URL.
    pub url: &'a str,
    /// Names and values of further header fields.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, which is sent twice if the seller wants to be paid.
    pub body: Option<&'a [u8]>,
}

/// The methods that resources are bought with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

/// Why a request can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// The URL is not an absolute `http` or `https` URL of printable ASCII.
    Url,
    /// The header field at this index has a name or value that can't stand in a header.
    Header(usize),
    /// The header field at this index is one that the client sets itself.
    ReservedHeader(usize),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestError::Url => f.write_str("the URL is not an absolute http or https URL"),
            RequestError::Header(index) => write!(f, "header {index} is malformed"),
            RequestError::ReservedHeader(index) => {
                write!(f, "header {index} is set by the client: leave it out")
            }
        }
    }
}

impl core::error::Error for RequestError {}

impl Method {
    /// The method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

impl<'a> Request<'a> {
    /// A request without header fields and body.
    pub const fn new(method: Method, url: &'a str) -> Self {
        Request { method, url, headers: &[], body: None }
    }
}

/// Fields that say where the message ends, where it goes, or what is paid.
const RESERVED: [&str; 7] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "x-payment",
    "payment-signature",
];

const USER_AGENT: (&str, &str) =
    ("User-Agent", concat!("embedded-x402/", env!("CARGO_PKG_VERSION")));

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers.len())
            .field("body", &self.body.map(<[u8]>::len))
            .finish()
    }
}

/// A request that can be sent.
#[derive(Clone)]
pub(crate) struct CheckedRequest<'a> {
    method: Method,
    url: Url<'a>,
    headers: &'a [(&'a str, &'a str)],
    names_itself: bool,
    body: Option<&'a [u8]>,
}

impl<'a> CheckedRequest<'a> {
    pub(crate) fn new(request: &Request<'a>) -> Result<Self, RequestError> {
        for (index, (name, value)) in request.headers.iter().enumerate() {
            if !is_field(name, value) {
                return Err(RequestError::Header(index));
            }
            if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                return Err(RequestError::ReservedHeader(index));
            }
        }
        let names_itself =
            request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(USER_AGENT.0));
        Ok(CheckedRequest {
            method: request.method,
            url: Url::parse(request.url).ok_or(RequestError::Url)?,
            headers: request.headers,
            names_itself,
            body: request.body,
        })
    }

    pub(crate) fn url(&self) -> &Url<'a> {
        &self.url
    }

    pub(crate) fn key(&self) -> RequestKey {
        RequestKey::new(self.method.as_str(), self.url.text(), self.body)
    }

    /// Hands the text of the request to `read`, with the payment's header if there is one.
    pub(crate) fn with_text<R>(
        &self,
        payment: Option<&PaymentPayload<'_>>,
        read: impl FnOnce(Pieces<'_>) -> R,
    ) -> R {
        let json = payment.map(PaymentPayload::json);
        let header_name = payment.map_or("", |payment| payment.version().payment_header());
        let nothing = Piece::Bytes(&[]);
        let body = self.body.unwrap_or_default();
        let user_agent: &[_] = if self.names_itself { &[] } else { &[USER_AGENT] };
        let path = if self.url.target().starts_with('/') { "" } else { "/" };
        read(Pieces(&[
            self.method.as_str().into(),
            " ".into(),
            path.into(),
            self.url.target().into(),
            " HTTP/1.1\r\nHost: ".into(),
            self.url.authority().into(),
            "\r\n".into(),
            Piece::Fields(user_agent),
            Piece::Fields(self.headers),
            if self.body.is_some() { "Content-Length: ".into() } else { nothing },
            if self.body.is_some() { Piece::Decimal(body.len() as u64) } else { nothing },
            if self.body.is_some() { "\r\n".into() } else { nothing },
            header_name.into(),
            if json.is_some() { ": ".into() } else { nothing },
            json.as_ref().map_or(nothing, |json| Piece::Base64Of(json)),
            if json.is_some() { "\r\n\r\n".into() } else { "\r\n".into() },
            Piece::Bytes(body),
        ]))
    }
}

impl fmt::Debug for CheckedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method.as_str(), self.url.origin(), self.url.target())
    }
}

fn is_field(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_text = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte) || byte >= 0x80;
    !name.is_empty() && name.bytes().all(is_token) && value.bytes().all(is_text)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;
    use std::vec;

    use super::*;
    use crate::wire::{Accepted, SchemePayload};

    fn text(request: &Request<'_>, payment: Option<&PaymentPayload<'_>>) -> String {
        CheckedRequest::new(request).unwrap().with_text(payment, |pieces| {
            let mut text = vec![0; pieces.len()];
            assert_eq!(pieces.read(0, &mut text), text.len());
            String::from_utf8(text).unwrap()
        })
    }

    #[test]
    fn without_a_payment() {
        let request = Request::new(Method::Get, "http://seller.lan:4021?x=1#y");
        let expected = concat!(
            "GET /?x=1 HTTP/1.1\r\nHost: seller.lan:4021\r\nUser-Agent: embedded-x402/",
            env!("CARGO_PKG_VERSION"),
            "\r\n\r\n"
        );
        assert_eq!(text(&request, None), expected);
    }

    #[test]
    fn with_a_payment_and_a_body() {
        let request = Request {
            headers: &[("Content-Type", "text/plain"), ("user-agent", "thermometer")],
            body: Some(b"hello"),
            ..Request::new(Method::Post, "http://a/echo")
        };
        let payment = PaymentPayload {
            accepted: Accepted::Network("solana"),
            payload: SchemePayload::SolanaTransaction(b"x"),
            identifier: None,
        };
        let text = text(&request, Some(&payment));
        let start = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nuser-agent: thermometer\r\n\
                     Content-Length: 5\r\nX-PAYMENT: eyJ4";
        assert!(text.starts_with(start), "{text}");
        assert!(text.ends_with("\r\n\r\nhello"));
    }

    #[test]
    fn a_body_may_be_empty() {
        let request = Request { body: Some(b""), ..Request::new(Method::Post, "http://a/") };
        assert!(text(&request, None).ends_with("Content-Length: 0\r\n\r\n"));
    }

    #[test]
    fn debug_shows_no_secrets() {
        let headers = &[("Authorization", "Bearer hunter2")][..];
        let request = Request {
            headers,
            body: Some(b"hunter2"),
            ..Request::new(Method::Post, "http://a/b?c")
        };
        let checked = CheckedRequest::new(&request).unwrap();
        let shown = std::format!("{request:?} {checked:?}");
        assert!(shown.contains("http://a/b?c") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn refuses_what_would_change_the_message() {
        let check = |name, value| {
            let headers = &[("A", "b"), (name, value)][..];
            let request = Request { headers, ..Request::new(Method::Get, "http://a/") };
            CheckedRequest::new(&request).err()
        };
        for (name, value) in [("", "x"), ("A b", "x"), ("A:", "x"), ("A", "x\r\nB: y"), ("A", "\0")]
        {
            assert_eq!(check(name, value), Some(RequestError::Header(1)));
        }
        for name in ["Host", "content-length", "X-Payment", "PAYMENT-SIGNATURE", "Connection"] {
            assert_eq!(check(name, "x"), Some(RequestError::ReservedHeader(1)));
        }
        let request = Request::new(Method::Get, "http://a/ b");
        assert_eq!(CheckedRequest::new(&request).err(), Some(RequestError::Url));
    }
}
