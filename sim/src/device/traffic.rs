//! A transport around another one: counts the bytes each way, and hands received bytes on in
//! fragments of a given size, as a slow network or a small buffer would.

use std::cell::Cell;
use std::rc::Rc;

use embedded_io_async::{ErrorType, Read, Write};
use embedded_x402::client::Url;
use embedded_x402::io::{ConnectError, Transport};

/// What went over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections opened.
    pub connections: u32,
    /// Bytes sent by the device.
    pub sent: u64,
    /// Bytes received by the device.
    pub received: u64,
}

/// The transport around `T`.
#[derive(Debug)]
pub struct Observed<T> {
    inner: T,
    fragment: usize,
    traffic: Rc<Cell<Traffic>>,
}

impl<T> Observed<T> {
    /// Hands on at most `fragment` received bytes at a time; 0 sets no limit.
    pub fn new(inner: T, fragment: usize) -> Self {
        let fragment = if fragment == 0 { usize::MAX } else { fragment };
        Observed { inner, fragment, traffic: Rc::default() }
    }

    /// What has gone over the wire so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic.get()
    }
}

impl<T: Transport> Transport for Observed<T> {
    type Connection<'a>
        = ObservedConnection<T::Connection<'a>>
    where
        T: 'a;

    async fn connect<'a>(&'a self, url: &Url<'_>) -> Result<Self::Connection<'a>, ConnectError> {
        let inner = self.inner.connect(url).await?;
        count(&self.traffic, |traffic| traffic.connections += 1);
        tracing::debug!(host = url.authority(), "connected");
        let (fragment, traffic) = (self.fragment, self.traffic.clone());
        Ok(ObservedConnection { inner, fragment, traffic })
    }
}

/// A connection of an [`Observed`] transport.
#[derive(Debug)]
pub struct ObservedConnection<C> {
    inner: C,
    fragment: usize,
    traffic: Rc<Cell<Traffic>>,
}

impl<C: ErrorType> ErrorType for ObservedConnection<C> {
    type Error = C::Error;
}

impl<C: Read> Read for ObservedConnection<C> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, C::Error> {
        let length = buffer.len().min(self.fragment);
        let read = self.inner.read(&mut buffer[..length]).await?;
        count(&self.traffic, |traffic| traffic.received += read as u64);
        Ok(read)
    }
}

impl<C: Write> Write for ObservedConnection<C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, C::Error> {
        let written = self.inner.write(bytes).await?;
        count(&self.traffic, |traffic| traffic.sent += written as u64);
        Ok(written)
    }

    async fn flush(&mut self) -> Result<(), C::Error> {
        self.inner.flush().await
    }
}

fn count(traffic: &Cell<Traffic>, change: impl FnOnce(&mut Traffic)) {
    let mut counted = traffic.get();
    change(&mut counted);
    traffic.set(counted);
}
