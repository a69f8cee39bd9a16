//! How the client reaches a host: the place for TLS, proxies and test faults.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};

use crate::client::{Url, UrlScheme};

/// Opens connections.
pub trait Transport {
    /// A connection: closed when it is dropped.
    type Connection<'a>: Read + Write
    where
        Self: 'a;

    /// Opens a connection to the URL's host.
    ///
    /// An implementation must give an `https` URL a connection that is encrypted and whose peer is
    /// verified to be that host, or refuse.
    ///
    /// # Errors
    /// [`ConnectError`].
    #[expect(async_fn_in_trait, reason = "single-core executors need no Send futures")]
    async fn connect<'a>(&'a self, url: &Url<'_>) -> Result<Self::Connection<'a>, ConnectError>;
}

/// Why a connection can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is `https`, and this transport has no TLS. It is never reached in the clear.
    NoTls,
    /// The host's name can't be resolved.
    Name,
    /// The host does not accept the connection.
    Connect(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] ErrorKind),
    /// The host's identity can't be verified.
    Identity,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::NoTls => {
                f.write_str("an https URL needs a transport with TLS: this one has none")
            }
            ConnectError::Name => f.write_str("the host's name can't be resolved"),
            ConnectError::Connect(kind) => write!(f, "the host can't be reached: {kind:?}"),
            ConnectError::Identity => f.write_str("the host's identity can't be verified"),
        }
    }
}

impl core::error::Error for ConnectError {}

/// Plain TCP: `http` URLs only.
///
/// What is signed can't be redirected by who listens; but the quote and the resource can be read
/// and altered on the way, so that caps and payees in the policy must hold on their own.
#[derive(Debug, Clone, Copy)]
pub struct Tcp<T, D> {
    tcp: T,
    dns: D,
}

impl<T: TcpConnect, D: Dns> Tcp<T, D> {
    /// A transport on a network stack and a resolver, such as embassy-net's `TcpClient` and
    /// `DnsSocket`.
    pub const fn new(tcp: T, dns: D) -> Self {
        Tcp { tcp, dns }
    }

    async fn resolve(&self, host: &str) -> Result<IpAddr, ConnectError> {
        match host.parse() {
            Ok(address) => Ok(address),
            Err(_) => {
                let address = self.dns.get_host_by_name(host, AddrType::Either).await;
                address.map_err(|_| ConnectError::Name)
            }
        }
    }
}

impl<T: TcpConnect, D: Dns> Transport for Tcp<T, D> {
    type Connection<'a>
        = T::Connection<'a>
    where
        Self: 'a;

    async fn connect<'a>(&'a self, url: &Url<'_>) -> Result<Self::Connection<'a>, ConnectError> {
        if url.scheme() == UrlScheme::Https {
            return Err(ConnectError::NoTls);
        }
        let address = self.resolve(url.host()).await?;
        let connection = self.tcp.connect(SocketAddr::new(address, url.port())).await;
        connection.map_err(|error| ConnectError::Connect(error.kind()))
    }
}
