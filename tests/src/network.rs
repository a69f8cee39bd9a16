//! A network in memory: hosts as scripts, their faults told in what they do after an answer.
//!
//! Nothing here waits: a timeout is up as soon as somebody reads from a host that stays silent.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_x402::client::Url;
use embedded_x402::io::{ConnectError, Transport};

use crate::sent::SentRequest;

/// What a host answers, and does afterwards.
pub struct Reply {
    pub bytes: Vec<u8>,
    pub then: After,
}

/// What a host does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Waits for another request.
    Wait,
    /// Closes the connection.
    Close,
    /// Keeps the connection open and says nothing more.
    Silence,
    /// Resets the connection.
    Reset,
}

impl Reply {
    pub fn then(bytes: Vec<u8>, then: After) -> Self {
        Reply { bytes, then }
    }
}

impl From<Vec<u8>> for Reply {
    fn from(bytes: Vec<u8>) -> Self {
        Reply { bytes, then: After::Wait }
    }
}

type Host<'n> = Box<dyn FnMut(&str, &SentRequest) -> Reply + 'n>;

/// The network.
pub struct Network<'n> {
    /// Bytes received at a time.
    pub fragment: usize,
    /// Every operation is pending once before it is done.
    pub hesitates: bool,
    /// What is sent to a host that has closed is lost without an error, as TCP may have it.
    pub loses: bool,
    host: RefCell<Host<'n>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    connections: Vec<Peer>,
    sent: Vec<Sent>,
    /// Somebody waits for what will never come.
    is_stalled: bool,
    timeouts: Vec<u32>,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The connection's number.
    pub connection: usize,
    pub host: String,
    pub request: SentRequest,
}

/// The host's side of a connection.
#[derive(Default)]
struct Peer {
    host: String,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    then: Option<After>,
    lost: Vec<u8>,
    is_open: bool,
}

impl<'n> Network<'n> {
    /// A network on which this closure answers, given the host's name and the request.
    pub fn new(host: impl FnMut(&str, &SentRequest) -> Reply + 'n) -> Self {
        Network {
            fragment: usize::MAX,
            hesitates: false,
            loses: false,
            host: RefCell::new(Box::new(host)),
            state: RefCell::default(),
        }
    }

    /// All requests that arrived.
    pub fn sent(&self) -> Vec<Sent> {
        self.state.borrow().sent.clone()
    }

    /// The requests that carried a payment, whole.
    pub fn paid_requests(&self) -> Vec<SentRequest> {
        let requests = self.sent().into_iter().map(|sent| sent.request);
        requests.filter(SentRequest::carries_payment).collect()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.state.borrow().connections.len()
    }

    /// What was sent to a connection after its host had closed it.
    pub fn lost(&self, connection: usize) -> Vec<u8> {
        self.state.borrow().connections[connection].lost.clone()
    }

    /// The timeouts that ran out, in milliseconds.
    pub fn timeouts(&self) -> Vec<u32> {
        self.state.borrow().timeouts.clone()
    }

    /// The clock of this network.
    pub fn clock(&self) -> Clock<'_, 'n> {
        Clock(self)
    }

    async fn hesitate(&self) {
        let mut hesitated = !self.hesitates;
        poll_fn(|context| {
            if std::mem::replace(&mut hesitated, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// What there is to receive; nothing if it will never come.
    fn receive(&self, connection: usize, buffer: &mut [u8]) -> Option<Result<usize, ErrorKind>> {
        let mut state = self.state.borrow_mut();
        let peer = &mut state.connections[connection];
        let length = peer.outgoing.len().min(buffer.len()).min(self.fragment);
        if length > 0 {
            buffer[..length].copy_from_slice(&peer.outgoing[..length]);
            peer.outgoing.drain(..length);
            return Some(Ok(length));
        }
        match peer.then {
            Some(After::Close) => Some(Ok(0)),
            Some(After::Reset) => Some(Err(ErrorKind::ConnectionReset)),
            Some(After::Wait | After::Silence) | None => {
                state.is_stalled = true;
                None
            }
        }
    }

    fn send(&self, connection: usize, bytes: &[u8]) -> Result<(), ErrorKind> {
        let mut state = self.state.borrow_mut();
        let peer = &mut state.connections[connection];
        match peer.then {
            Some(After::Close | After::Reset) if !self.loses => return Err(ErrorKind::BrokenPipe),
            Some(After::Close | After::Reset) => peer.lost.extend(bytes),
            Some(After::Wait | After::Silence) | None => peer.incoming.extend(bytes),
        }
        Ok(())
    }

    fn answer(&self, connection: usize) {
        let mut state = self.state.borrow_mut();
        let peer = &mut state.connections[connection];
        let Some(length) = whole_request(&peer.incoming) else { return };
        let request = SentRequest::new(peer.incoming.drain(..length).collect());
        let host = peer.host.clone();
        let reply = (self.host.borrow_mut())(&host, &request);
        peer.outgoing.extend(reply.bytes);
        peer.then = Some(reply.then);
        state.sent.push(Sent { connection, host, request });
    }
}

/// The length of the request at the front, if all of it is there.
fn whole_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("ASCII");
    let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let body: usize = length.map_or(0, |length| length.parse().expect("a length"));
    (bytes.len() >= head + body).then_some(head + body)
}

impl<'n> Transport for Network<'n> {
    type Connection<'a>
        = Connection<'a, 'n>
    where
        Self: 'a;

    async fn connect<'a>(&'a self, url: &Url<'_>) -> Result<Self::Connection<'a>, ConnectError> {
        self.hesitate().await;
        let mut state = self.state.borrow_mut();
        assert!(!state.connections.iter().any(|peer| peer.is_open), "one connection at a time");
        if url.host() == "nowhere.lan" {
            return Err(ConnectError::Name);
        }
        let host = url.host().to_owned();
        state.connections.push(Peer { host, is_open: true, ..Peer::default() });
        Ok(Connection { network: self, number: state.connections.len() - 1 })
    }
}

/// The device's side of a connection.
pub struct Connection<'a, 'n> {
    network: &'a Network<'n>,
    number: usize,
}

impl Drop for Connection<'_, '_> {
    fn drop(&mut self) {
        self.network.state.borrow_mut().connections[self.number].is_open = false;
    }
}

impl ErrorType for Connection<'_, '_> {
    type Error = ErrorKind;
}

impl Read for Connection<'_, '_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.network.hesitate().await;
        match self.network.receive(self.number, buffer) {
            Some(received) => received,
            None => std::future::pending().await,
        }
    }
}

impl Write for Connection<'_, '_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.network.hesitate().await;
        let length = bytes.len().min(self.network.fragment);
        self.network.send(self.number, &bytes[..length])?;
        self.network.answer(self.number);
        Ok(length)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.network.hesitate().await;
        Ok(())
    }
}

/// A clock by which the time is up when somebody waits in vain.
#[derive(Clone, Copy)]
pub struct Clock<'a, 'n>(&'a Network<'n>);

impl DelayNs for Clock<'_, '_> {
    async fn delay_ns(&mut self, nanoseconds: u32) {
        self.delay_ms(nanoseconds / 1_000_000).await;
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        poll_fn(|_| {
            let mut state = self.0.state.borrow_mut();
            if !std::mem::take(&mut state.is_stalled) {
                return Poll::Pending;
            }
            state.timeouts.push(milliseconds);
            Poll::Ready(())
        })
        .await;
    }
}

/// Runs a future to its end; one that hangs is an error.
pub fn run<F: Future>(future: F) -> F::Output {
    poll_times(future, 1_000_000).expect("a future that makes progress")
}

/// Polls a future so many times, then drops it.
pub fn poll_times<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}
