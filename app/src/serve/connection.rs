//! One connection. It is cut when its client takes nothing: hyper by itself would wait for the socket for ever.

use super::{respond::respond, site::Site};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use lambda_stream::socket;
use lambda_trace::Timestamp;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::watch};

/// What hyper holds of a connection, in bytes: of a request's head, which may be as large, and of events that the socket does
/// not take, which count as taken all the same.
const BUFFER_BYTES: usize = 65_536;
/// A request's head has to arrive within this time, and a connection that is kept open has to be used again.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn serve(site: Arc<Site>, socket: TcpStream) {
    // Without it the kernel would hold back an event until the one before is acknowledged, 40 ms and more.
    let _ = socket.set_nodelay(true);
    socket::bound(&socket);
    // Given back once the connection carries a stream, which the slots bound, or ends.
    let mut idle = site.idle();
    if idle.is_none() {
        tracing::warn!("a connection is refused: {} connections are open without a stream", Site::IDLE_MAX);
        return;
    }
    let ports = &site.service.ports;
    let never = Timestamp::from_micros(u64::MAX);
    let (cut_at, mut cuts) = watch::channel(never);
    let cut_at = Arc::new(cut_at);
    let handler = service_fn(|request| respond(site.clone(), request, cut_at.clone()));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER_BYTES);
    let connection = builder.serve_connection(TokioIo::new(socket), handler);
    let mut connection = pin!(connection);
    let mut shutdown = ports.shutdown.asked();
    let mut is_stopping = false;
    loop {
        let limit = *cuts.borrow_and_update();
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!("a connection ended: {error}");
                }
                return;
            }
            () = ports.clock.sleep_until(limit) => return,
            // The sender lives as long as the handler does; an error cannot come before the connection's end.
            _ = cuts.changed() => drop(idle.take()),
            () = &mut shutdown, if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
