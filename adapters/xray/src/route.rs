//! A socket, and the address to which it sends.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// Where datagrams go.
#[derive(Debug)]
pub(super) struct Route {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Route {
    pub(super) fn open(to: SocketAddr) -> io::Result<Self> {
        // Not connected: a connected socket reports the failure of one datagram as an error of the next.
        let local: SocketAddr = match to {
            SocketAddr::V4(a) if a.ip().is_loopback() => (Ipv4Addr::LOCALHOST, 0).into(),
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(a) if a.ip().is_loopback() => (Ipv6Addr::LOCALHOST, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(local)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, to })
    }

    /// Never blocks.
    pub(super) fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.socket.send_to(datagram, self.to).map(drop)
    }
}
