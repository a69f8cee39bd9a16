//! Where a server listens, and how it says so: in one line, as soon as it does.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}; give another --listen")]
pub struct ListenError {
    /// Where it was to listen.
    pub address: SocketAddr,
    /// What the system says.
    pub cause: io::Error,
}

/// Listens for `--listen`.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| ListenError { address, cause })
}

/// Listens on loopback, on a free port; answers the URL too.
pub(crate) async fn on_loopback() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = url(listener.local_addr()?);
    Ok((listener, url))
}

/// A server that listens, to be announced on standard output.
pub(crate) struct Announcement {
    name: &'static str,
    url: String,
    details: Vec<(&'static str, String)>,
    as_json: bool,
}

impl Announcement {
    /// A server by the name of its command.
    pub(crate) fn new(name: &'static str, listener: &TcpListener, as_json: bool) -> Self {
        let url = listener.local_addr().map(url).unwrap_or_default();
        Self { name, url, details: Vec::new(), as_json }
    }

    /// With something more that users must know.
    pub(crate) fn with(mut self, what: &'static str, value: impl ToString) -> Self {
        self.details.push((what, value.to_string()));
        self
    }

    /// Where clients reach it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Prints `NAME URL` and the details, or an object of them.
    pub(crate) fn print(&self) {
        let Self { name, url, details, as_json } = self;
        tracing::info!(url, ?details, "{name} listens");
        print_line(&if *as_json { self.json().to_string() } else { self.text() });
    }

    fn text(&self) -> String {
        let details = self.details.iter().map(|(what, value)| format!(" {what} {value}"));
        format!("{} {}{}", self.name, self.url, details.collect::<String>())
    }

    fn json(&self) -> Value {
        let mut object = Map::from_iter([
            ("server".to_owned(), json!(self.name)),
            ("url".to_owned(), json!(self.url)),
        ]);
        object.extend(
            self.details.iter().map(|(what, value)| (what.replace(' ', "_"), json!(value))),
        );
        Value::Object(object)
    }
}

/// Prints a line. A server serves on when nobody reads what it prints.
pub(crate) fn print_line(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The URL of a socket, for clients on other machines too if it listens on every interface.
fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(reachable(address.ip()));
    }
    format!("http://{address}")
}

/// The address of the interface that leads to other networks, or loopback if there is none.
fn reachable(unspecified: IpAddr) -> IpAddr {
    // From the ranges for documentation. Nothing is sent: the system just chooses the interface.
    let (elsewhere, loopback): (IpAddr, IpAddr) = match unspecified {
        IpAddr::V4(_) => (Ipv4Addr::new(192, 0, 2, 1).into(), Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => {
            (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(), Ipv6Addr::LOCALHOST.into())
        }
    };
    let chosen = UdpSocket::bind((unspecified, 0)).and_then(|socket| {
        socket.connect((elsewhere, 9))?;
        socket.local_addr()
    });
    chosen.map_or(loopback, |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn servers_announce_themselves_in_text_or_json() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let announcement = Announcement::new("facilitator", &listener, false).with("fee payer", 7);
        assert_eq!(announcement.text(), format!("facilitator http://{address} fee payer 7"));
        let expected = json!({
            "server": "facilitator", "url": format!("http://{address}"), "fee_payer": "7",
        });
        assert_eq!(announcement.json(), expected);
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_told() {
        let (taken, _url) = on_loopback().await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = listen(address).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on {address}: ")), "{error}");
        assert!(error.ends_with("; give another --listen"), "{error}");
    }

    #[test]
    fn urls_name_an_address_that_can_be_reached() {
        for every_interface in ["0.0.0.0:4021", "[::]:4021"] {
            let url = url(every_interface.parse().unwrap());
            let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
            assert!(!address.ip().is_unspecified(), "{url}");
            assert_eq!(address.port(), 4021);
        }
        assert_eq!(url("127.0.0.1:1".parse().unwrap()), "http://127.0.0.1:1");
    }
}
