//! Sockets, names and time of tokio behind the embedded traits.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use embedded_hal_async::delay::DelayNs;
use embedded_io_adapters::tokio_1::FromTokio;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use tokio::net::{TcpStream, lookup_host};

/// The host's network.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioNetwork;

impl TcpConnect for TokioNetwork {
    type Error = io::Error;
    type Connection<'a> = FromTokio<TcpStream>;

    async fn connect<'a>(&'a self, remote: SocketAddr) -> io::Result<Self::Connection<'a>> {
        let stream = TcpStream::connect(remote).await?;
        stream.set_nodelay(true)?;
        Ok(FromTokio::new(stream))
    }
}

impl Dns for TokioNetwork {
    type Error = io::Error;

    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> io::Result<IpAddr> {
        let wanted = |address: &SocketAddr| match kind {
            AddrType::IPv4 => address.is_ipv4(),
            AddrType::IPv6 => address.is_ipv6(),
            AddrType::Either => true,
        };
        let mut addresses = lookup_host((host, 0)).await?;
        let address = addresses.find(wanted).ok_or(io::ErrorKind::NotFound)?;
        Ok(address.ip())
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The host's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioDelay;

impl DelayNs for TokioDelay {
    async fn delay_ns(&mut self, nanoseconds: u32) {
        tokio::time::sleep(Duration::from_nanos(nanoseconds.into())).await;
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
    }
}
