//! The socket, which can be closed at any moment of an answer.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::serve::Listener;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tower::ServiceExt;
use tracing::debug;

/// There is no answer: the connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed without an answer, as was asked for")]
pub struct Severed;

/// A server that may close the connection instead of an answer, and take its time.
pub trait Answer: Clone + Send + 'static {
    /// Answers a request.
    fn answer(self, request: Request) -> impl Future<Output = Answered> + Send;
}

/// What a server makes of a request, and when.
pub struct Answered {
    /// The answer.
    pub response: Result<Response, Severed>,
    /// How much later it goes out.
    pub delay: Duration,
    /// What is done yet, whatever becomes of the answer.
    pub afterwards: Option<Afterwards>,
}

/// What a server does when it has answered.
pub struct Afterwards {
    /// How much later.
    pub delay: Duration,
    /// What.
    pub work: BoxFuture<'static, ()>,
}

impl From<Result<Response, Severed>> for Answered {
    /// An answer that goes out at once.
    fn from(response: Result<Response, Severed>) -> Self {
        Self { response, delay: Duration::ZERO, afterwards: None }
    }
}

/// Serves over HTTP/1.1 for as long as the program runs.
pub async fn serve(mut listener: TcpListener, server: impl Answer) -> Infallible {
    loop {
        let (stream, _) = Listener::accept(&mut listener).await;
        tokio::spawn(serve_connection(stream, server.clone()));
    }
}

async fn serve_connection(stream: TcpStream, server: impl Answer) {
    let service = service_fn(move |request: hyper::Request<_>| {
        let server = server.clone();
        async { in_time(server.answer(request.map(Body::new)).await).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        debug!(%error, "a connection ended");
    }
}

async fn in_time(answered: Answered) -> Result<Response, Severed> {
    if let Some(Afterwards { delay, work }) = answered.afterwards {
        tokio::spawn(async move {
            sleep(delay).await;
            work.await;
        });
    }
    if !answered.delay.is_zero() {
        sleep(answered.delay).await;
    }
    answered.response
}

/// What a server answers that has no faults.
pub(super) async fn ask(server: &Router, request: Request) -> Response {
    match server.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The answer with half of its body; the connection is closed then.
pub(super) async fn truncated(response: Response) -> Result<Response, Severed> {
    let (mut head, body) = response.into_parts();
    let body = whole(body).await;
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    if half.is_empty() {
        return Err(Severed);
    }
    // What was written goes out when the body has nothing ready: an error at once would hold it back.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    let body = stream::iter([Ok(half)]).chain(end);
    Ok(Response::from_parts(head, Body::from_stream(body)))
}

/// The bytes of a body that this program has made itself: of one that breaks off, none.
pub(super) async fn whole(body: Body) -> Bytes {
    axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Answers `/` whole, `/half` truncated, and nothing else.
    #[derive(Clone)]
    struct Server;

    impl Answer for Server {
        async fn answer(self, request: Request) -> Answered {
            let response = Response::new(Body::from("0123456789"));
            let answer = match request.uri().path() {
                "/" => Ok(response),
                "/half" => truncated(response).await,
                "/empty" => truncated(Response::new(Body::empty())).await,
                _ => Err(Severed),
            };
            answer.into()
        }
    }

    /// Everything that comes until the connection is closed, after requests for these paths.
    async fn received(paths: &[&str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(serve(listener, Server));
        for path in paths {
            let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
        }
        let mut received = String::new();
        stream.read_to_string(&mut received).await.unwrap();
        received
    }

    #[tokio::test]
    async fn a_severed_connection_is_closed_without_a_byte() {
        assert_eq!(received(&["/severed"]).await, "");
        assert_eq!(received(&["/empty"]).await, "");
    }

    #[tokio::test]
    async fn a_connection_serves_until_it_is_severed() {
        let received = received(&["/", "/severed"]).await;
        assert!(received.starts_with("HTTP/1.1 200 OK\r\n"), "{received}");
        assert!(received.ends_with("\r\n\r\n0123456789"), "{received}");
    }

    #[tokio::test]
    async fn a_truncated_answer_promises_more_than_comes() {
        let received = received(&["/half"]).await;
        assert!(received.starts_with(&format!("HTTP/1.1 {}\r\n", StatusCode::OK)), "{received}");
        assert!(received.contains("\r\ncontent-length: 10\r\n"), "{received}");
        assert!(received.ends_with("\r\n\r\n01234"), "{received}");
    }
}
