//! A port on loopback that can stop listening and listen again without ever being lost to another program.
//! It knows nothing of what is served on it.

use std::{io, net::SocketAddr, sync::Mutex};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::{Answer, Peer, StaleConnections};

const BACKLOG: u32 = 1_024;

/// A taken port. While it is open, connections are accepted and handed over; while it is closed they are refused.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    receive_buffer: Option<u32>,
    serving: Mutex<Option<Serving>>,
    /// Connections that are open when it changes are stale from then on.
    stale: watch::Sender<Option<StaleConnections>>,
    /// Bound and never listening: it keeps the port ours, and connections refused, while nobody listens.
    _holder: TcpSocket,
}

#[derive(Debug)]
struct Serving {
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Port {
    /// Takes this port, or a free one for 0. `receive_buffer`, in bytes, bounds what the kernel takes in for a server that reads nothing.
    pub(crate) fn take(port: u16, receive_buffer: Option<u32>) -> io::Result<Self> {
        let holder = socket(SocketAddr::from(([127, 0, 0, 1], port)), receive_buffer)?;
        let address = holder.local_addr()?;
        Ok(Self {
            address,
            receive_buffer,
            serving: Mutex::new(None),
            stale: watch::Sender::new(None),
            _holder: holder,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens, and runs `handler` for each request; it is dropped when the client is gone. Does nothing while open.
    pub(crate) fn open<F, T>(&self, handler: F) -> io::Result<()>
    where
        F: Fn(Request<Incoming>, Peer) -> T + Clone + Send + Sync + 'static,
        T: Future<Output = Answer> + Send + 'static,
    {
        let mut serving = crate::lock(&self.serving);
        if serving.is_none() {
            let listener = socket(self.address, self.receive_buffer)?.listen(BACKLOG)?;
            let (stop, stopped) = oneshot::channel();
            *serving = Some(Serving {
                stop,
                accepting: tokio::spawn(accept(
                    listener,
                    stopped,
                    self.receive_buffer.is_none(),
                    self.stale.clone(),
                    handler,
                )),
            });
        }
        Ok(())
    }

    /// Makes every connection that is open stale. Returns how many there were.
    pub(crate) fn make_stale(&self, how: StaleConnections) -> usize {
        let open = self.stale.receiver_count();
        self.stale.send_replace(Some(how));
        open
    }

    /// Stops listening and drops every connection; returns once both are done.
    pub(crate) async fn close(&self) {
        let serving = crate::lock(&self.serving).take();
        if let Some(Serving { stop, accepting }) = serving {
            // Failing to send or to join means that the task is over, which is what is wanted.
            let _ = stop.send(());
            let _ = accepting.await;
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(serving) = crate::lock(&self.serving).take() {
            serving.accepting.abort();
        }
    }
}

/// A bound socket; `SO_REUSEPORT` lets the listener share the port with its holder. The kernel never picks a shared port
/// for a program that asks for any free one.
fn socket(address: SocketAddr, receive_buffer: Option<u32>) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Not `SO_REUSEADDR`: with it another program could bind the port while nobody listens.
    socket.set_reuseport(true)?;
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

/// A small receive buffer is a slow reader already: acknowledged late on top of that, it would take next to nothing.
async fn accept<F, T>(
    listener: TcpListener,
    mut stopped: oneshot::Receiver<()>,
    acknowledges_late: bool,
    stale: watch::Sender<Option<StaleConnections>>,
    handler: F,
) where
    F: Fn(Request<Incoming>, Peer) -> T + Clone + Send + Sync + 'static,
    T: Future<Output = Answer> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => {
                // A connection that was gone before it was accepted is no reason to stop.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(Peer::new(stream, acknowledges_late), stale.subscribe(), handler.clone()));
                }
                while connections.try_join_next().is_some() {}
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves one connection until either side ends it.
async fn serve<F, T>(peer: Peer, mut stale: watch::Receiver<Option<StaleConnections>>, handler: F)
where
    F: Fn(Request<Incoming>, Peer) -> T,
    T: Future<Output = Answer>,
{
    let service = service_fn(|request| handler(request, peer.clone()));
    let served = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(peer.clone()), service);
    let how = tokio::select! {
        // A connection that breaks is the client's affair; what it was in the middle of has recorded its own end.
        served = served => {
            if served.is_ok() {
                peer.drain().await;
            }
            return;
        }
        Ok(()) = stale.changed() => *stale.borrow(),
    };
    if let Some(how) = how {
        drop(stale);
        how.play(&peer).await;
    }
}
