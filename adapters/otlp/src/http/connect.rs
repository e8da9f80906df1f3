//! Opening a connection: quickly, or not at all.

use async_trait::async_trait;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};

/// A collector runs beside the function: if it has not answered within this time, it is not there (FR-055: below 100
/// ms).
const CONNECT_TIMEOUT: Duration = Duration::from_millis(80);

/// A connection, as a stream of bytes.
pub trait Io: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Io for T {}

/// Opens connections to the collector.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Opens a fresh connection.
    async fn connect(&self) -> io::Result<Box<dyn Io>>;
}

/// TCP to one host.
#[derive(Clone, Debug)]
pub struct Tcp {
    host: String,
    port: u16,
    limit: Duration,
}

impl Tcp {
    /// `host` is a name or an address, without brackets.
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.trim_matches(['[', ']']).to_owned(), port, limit: CONNECT_TIMEOUT }
    }

    /// The same for a host that is farther away: connecting may take this long.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// `localhost` is never looked up: the resolver would need a thread for what RFC 6761 defines.
    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        if self.host.eq_ignore_ascii_case("localhost") {
            let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            return Ok(both.map(|ip| SocketAddr::new(ip, self.port)).into());
        }
        if let Ok(ip) = self.host.parse() {
            return Ok(vec![SocketAddr::new(ip, self.port)]);
        }
        Ok(lookup_host((self.host.as_str(), self.port)).await?.collect())
    }

    async fn first_that_answers(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in self.addresses().await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

#[async_trait]
impl Connect for Tcp {
    async fn connect(&self) -> io::Result<Box<dyn Io>> {
        let stream = timeout(self.limit, self.first_that_answers()).await??;
        // A request consists of two writes, the second of which Nagle's algorithm would delay.
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}
