//! The handler pipeline: one X-Ray subsegment document per invocation, by UDP to the daemon that Lambda runs. It hangs
//! under the function's segment; AWS calls are nested in it (FR-060).
//!
//! Fire and forget: nothing here waits, and an error of one document is none of the next one's. Knows no OTLP.

mod address;
mod document;
mod text;

pub use address::{AddressError, daemon_address};

use lambda_trace::{FinishedSpan, Handler};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Sends subsegments.
pub struct XrayDaemon {
    socket: UdpSocket,
    daemon: SocketAddr,
    unsent: AtomicU64,
}

impl XrayDaemon {
    /// Opens a socket to the daemon at `daemon`.
    ///
    /// # Errors
    /// If there is no socket to be had.
    pub fn new(daemon: SocketAddr) -> io::Result<Self> {
        // Not connected: a connected socket reports the last datagram's fate as an error of the next one.
        let local: SocketAddr = match daemon {
            SocketAddr::V4(a) if a.ip().is_loopback() => (Ipv4Addr::LOCALHOST, 0).into(),
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(a) if a.ip().is_loopback() => (Ipv6Addr::LOCALHOST, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(local)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, daemon, unsent: AtomicU64::new(0) })
    }

    /// Sends one handler phase. Never blocks, never fails.
    pub fn send(&self, span: FinishedSpan<Handler>) {
        let datagram = document::datagram(span);
        if let Err(error) = self.socket.send_to(&datagram, self.daemon) {
            self.unsent.fetch_add(1, Relaxed);
            tracing::warn!(%error, "a subsegment was not sent to the X-Ray daemon");
        }
    }

    /// Documents that did not leave.
    pub fn unsent(&self) -> u64 {
        self.unsent.load(Relaxed)
    }
}

#[cfg(test)]
mod tests;
