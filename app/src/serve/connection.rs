//! One connection. It is closed if its client takes nothing: hyper by itself would wait for the socket for ever.

use super::{respond::respond, site::Site};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use lambda_stream::socket;
use lambda_trace::{Clock, Timestamp};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, watch},
};

/// What hyper holds of a connection, in bytes: of a request's head, which may be as large, and of events that the socket does
/// not take, which count as taken all the same.
const BUFFER_BYTES: usize = 65_536;
/// A request's head has to arrive within this time, and a connection that is kept open has to be used again.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection without a stream is cut by nobody.
const NEVER: Timestamp = Timestamp::from_micros(u64::MAX);

/// What a connection hears of beside its socket.
enum Signal {
    /// It is to be cut.
    Cut,
    /// The process is to stop.
    Stop,
}

pub(super) async fn serve(site: Arc<Site>, socket: TcpStream) {
    // Without it the kernel would hold back an event until the one before is acknowledged, 40 ms and more.
    let _ = socket.set_nodelay(true);
    socket::bound(&socket);
    let Some(idle) = site.idle() else {
        tracing::warn!("a connection is refused: {} connections are open without a stream", Site::IDLE_MAX);
        return;
    };
    let ports = &site.service.ports;
    let (cut_at, cuts) = watch::channel(NEVER);
    let cut_at = Arc::new(cut_at);
    // Boxed: hyper keeps the room for it as long as the connection lasts.
    let handler = service_fn(|request| respond(site.clone(), request, cut_at.clone()).boxed());
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER_BYTES);
    let connection = builder.serve_connection(TokioIo::new(socket), handler);
    let mut connection = pin!(connection);
    // Together, so that each is polled only once it has come, and not with every write.
    let mut signals: FuturesUnordered<BoxFuture<'_, Signal>> = FuturesUnordered::new();
    signals.push(until_cut(&*ports.clock, cuts, idle).map(|()| Signal::Cut).boxed());
    signals.push(ports.shutdown.asked().map(|()| Signal::Stop).boxed());
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!("a connection ended: {error}");
                }
                return;
            }
            Some(signal) = signals.next() => match signal {
                Signal::Cut => return,
                Signal::Stop => connection.as_mut().graceful_shutdown(),
            },
        }
    }
}

/// Resolves when the connection is to be cut. `idle` is given back once it carries a stream, which the slots bound, or ends.
async fn until_cut(clock: &dyn Clock, mut cuts: watch::Receiver<Timestamp>, idle: OwnedSemaphorePermit) {
    let mut idle = Some(idle);
    loop {
        let limit = *cuts.borrow_and_update();
        // A request that came with its connection has set it before this is polled for the first time.
        if limit < NEVER {
            drop(idle.take());
        }
        tokio::select! {
            () = clock.sleep_until(limit) => return,
            // The sender lives as long as the handler does; an error cannot come before the connection's end.
            _ = cuts.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::ManualClock;
    use tokio::sync::Semaphore;

    #[test]
    fn a_connection_with_a_stream_is_not_idle_however_early_its_request_came() {
        for is_early in [true, false] {
            let (clock, idle) = (ManualClock::default(), Arc::new(Semaphore::new(1)));
            let (cut_at, cuts) = watch::channel(NEVER);
            let permit = idle.clone().try_acquire_owned().unwrap();
            let mut until_cut = pin!(until_cut(&clock, cuts, permit));
            if !is_early {
                assert!(until_cut.as_mut().now_or_never().is_none());
                assert_eq!(idle.available_permits(), 0);
            }
            cut_at.send_replace(Timestamp::from_millis(9));
            assert!(until_cut.as_mut().now_or_never().is_none());
            assert_eq!(idle.available_permits(), 1);
            clock.advance(Duration::from_millis(9));
            assert!(until_cut.now_or_never().is_some());
        }
    }
}
