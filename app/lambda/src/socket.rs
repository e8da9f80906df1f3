//! What streams need from their sockets. Between a stream and its reader are the buffers of hyper and of the kernel,
//! and their content counts as taken. By default they hold megabytes: a reader that stands still would seem to take
//! them, and one that reads slowly but steadily would seem to take nothing, because Linux reports a socket as writable
//! only when a third of its buffer is free. Knows no protocol.

use socket2::SockRef;
use tokio::net::TcpStream;

/// The kernel's send buffer, in bytes; Linux doubles it for its own books. A fixed size also ends its growth by itself. Small
/// enough that a reader of a few kB/s frees a third within the time after which one is dropped.
const SEND_BUFFER_BYTES: usize = 65_536;

/// Bounds what the kernel holds for the peer. Where it cannot be bounded, streams are still whole.
pub fn bound(socket: &TcpStream) {
    let _ = SockRef::from(socket).set_send_buffer_size(SEND_BUFFER_BYTES);
}
