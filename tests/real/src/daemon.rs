//! Where the X-Ray daemon would be: what comes by UDP goes to the X-Ray API as it is, which is what the daemon does. A copy goes
//! to the collector's receiver for the daemon's protocol, which others wrote: it reads each document, and what it makes of
//! it goes to an API of its own, because it does not keep all of it.

use crate::{exchange::Upstream, xray_api::put_request};
use lambda_env::Sidecar;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};
use tokio::{net::UdpSocket, task::JoinHandle};

/// The largest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_507;
/// The daemon's first line.
const HEADER: &str = r#"{"format":"json","version":1}"#;

/// Passes documents on until it is dropped.
#[derive(Debug)]
pub struct Daemon {
    address: SocketAddr,
    passing: JoinHandle<()>,
}

impl Daemon {
    /// Passes documents on to the API, and datagrams to the second reader, if there is one.
    ///
    /// # Errors
    /// No UDP port can be had.
    pub async fn start(api: SocketAddr, reader: Option<SocketAddr>) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let api = Upstream::new(api);
        let passing = tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
            loop {
                // An error is an earlier datagram's; the socket goes on.
                let Ok((length, _)) = socket.recv_from(&mut buffer).await else { continue };
                if let Some(reader) = reader {
                    let _ = socket.send_to(&buffer[..length], reader).await;
                }
                // What has no header line is thrown away, as the daemon does; it will be missed.
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let Some((HEADER, document)) = text.split_once('\n') else { continue };
                let _ = api.send(put_request(document)).await;
            }
        });
        Ok(Self { address, passing })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

impl Sidecar for Daemon {
    fn variables(&self) -> Vec<(String, String)> {
        vec![("AWS_XRAY_DAEMON_ADDRESS".to_owned(), self.address.to_string())]
    }
}
