//! The smallest network, clock and random numbers there can be: none.

use core::convert::Infallible;
use core::net::{IpAddr, SocketAddr};

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use rand_core::{TryCryptoRng, TryRng};

pub struct NoNetwork;

impl TcpConnect for NoNetwork {
    type Error = ErrorKind;
    type Connection<'a> = NoNetwork;

    async fn connect<'a>(&'a self, _: SocketAddr) -> Result<NoNetwork, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

impl Dns for NoNetwork {
    type Error = ErrorKind;

    async fn get_host_by_name(&self, _: &str, _: AddrType) -> Result<IpAddr, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

impl ErrorType for NoNetwork {
    type Error = ErrorKind;
}

impl Read for NoNetwork {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

impl Write for NoNetwork {
    async fn write(&mut self, _: &[u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

#[derive(Clone)]
pub struct Clock;

impl DelayNs for Clock {
    async fn delay_ns(&mut self, _: u32) {}
}

pub struct Entropy;

impl TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}
