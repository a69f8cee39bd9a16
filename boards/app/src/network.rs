//! The network of a device: when it is up, and how a seller is reached.

use core::net::IpAddr;

use embedded_x402::io::Transport;

/// A transport on a network that comes and goes.
pub trait Network: Transport {
    /// Waits until it is up; answers the device's own address.
    #[expect(async_fn_in_trait, reason = "single-core executors need no Send futures")]
    async fn wait_until_up(&self) -> IpAddr;
}

#[cfg(feature = "embassy-net")]
pub use embassy::{EmbassyNetwork, Sockets};

#[cfg(feature = "embassy-net")]
mod embassy {
    use core::net::{IpAddr, Ipv4Addr};

    use embassy_net::Stack;
    use embassy_net::dns::DnsSocket;
    use embassy_net::tcp::client::{TcpClient, TcpClientState};
    use embedded_x402::client::Url;
    use embedded_x402::io::{ConnectError, Tcp, Transport};

    use super::Network;

    /// Bytes of a socket's buffer, each way. A segment of 536 bytes, the least that every network
    /// carries, fits with room for a second one; the client needs no more, for it reads what has
    /// come at once. Larger windows only make large resources faster.
    const SOCKET_BUFFER: usize = 1536;

    /// The memory of the one socket that is open at a time. It goes into a `static`.
    pub type Sockets = TcpClientState<1, SOCKET_BUFFER, SOCKET_BUFFER>;

    type Client<'s> = TcpClient<'s, 1, SOCKET_BUFFER, SOCKET_BUFFER>;

    /// `embassy-net`: plain TCP and DNS.
    pub struct EmbassyNetwork<'s> {
        stack: Stack<'s>,
        tcp: Tcp<Client<'s>, DnsSocket<'s>>,
    }

    impl<'s> EmbassyNetwork<'s> {
        /// A network on this stack. The stack needs a socket for TCP, one for DNS, and one for DHCP
        /// where that is used: `StackResources<3>`.
        pub fn new(stack: Stack<'s>, sockets: &'s Sockets) -> Self {
            EmbassyNetwork {
                stack,
                tcp: Tcp::new(TcpClient::new(stack, sockets), DnsSocket::new(stack)),
            }
        }
    }

    impl<'s> Transport for EmbassyNetwork<'s> {
        type Connection<'a>
            = <Tcp<Client<'s>, DnsSocket<'s>> as Transport>::Connection<'a>
        where
            Self: 'a;

        async fn connect<'a>(
            &'a self,
            url: &Url<'_>,
        ) -> Result<Self::Connection<'a>, ConnectError> {
            self.tcp.connect(url).await
        }
    }

    impl Network for EmbassyNetwork<'_> {
        async fn wait_until_up(&self) -> IpAddr {
            self.stack.wait_config_up().await;
            let address = self.stack.config_v4().map(|config| config.address.address());
            IpAddr::V4(address.unwrap_or(Ipv4Addr::UNSPECIFIED))
        }
    }
}
