//! Stands between a server of events and a client: remembers every connection byte by byte, and cuts one where it is told to.
//! What the client should have seen follows from that alone.

use crate::exchange::{AnyBody, Server, Upstream};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Frame;
use lambda_env::{SseEvent, SseReader, Stamp};
use std::{
    error::Error,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Sleep, sleep},
};

/// hyper throws away what it has not yet written when a body fails; after this it has.
const FLUSH_PAUSE: Duration = Duration::from_millis(20);

/// One connection of a client.
#[derive(Clone, Debug)]
pub struct Connection {
    /// When the request came.
    pub at: Stamp,
    /// Its headers.
    pub headers: HeaderMap,
    /// Everything that the client was given.
    pub bytes: Vec<u8>,
    /// When it was over.
    pub ended: Option<Stamp>,
}

impl Connection {
    /// The events that a client which reads as the specification says has seen on it.
    pub fn events(&self) -> Vec<SseEvent> {
        let mut reader = SseReader::new();
        reader.push(&self.bytes);
        std::iter::from_fn(|| reader.take_event()).collect()
    }

    /// The `Last-Event-ID` that it brought.
    pub fn last_event_id(&self) -> Option<&str> {
        self.headers.get("last-event-id")?.to_str().ok()
    }
}

#[derive(Debug)]
struct Shared {
    connections: Mutex<Vec<Connection>>,
    changed: watch::Sender<()>,
    cut_after: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A gate, open until it is dropped.
#[derive(Debug)]
pub struct CuttingProxy {
    shared: Arc<Shared>,
    server: Server,
}

impl CuttingProxy {
    /// Before this server. The first connection to a stream is cut inside the event that follows so many; 0: not at all.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(server: SocketAddr, cut_after: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared { connections: Mutex::default(), changed: watch::Sender::new(()), cut_after });
        let (upstream, record) = (Upstream::new(server), Arc::clone(&shared));
        let server = Server::start(move |request| pass(Arc::clone(&record), upstream.clone(), request)).await?;
        Ok(Self { shared, server })
    }

    /// The address of a stream behind it.
    pub fn url(&self) -> String {
        format!("http://{}/api/v2/stream", self.server.address())
    }

    /// All connections so far.
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.lock().clone()
    }

    /// Waits until the connections are as wanted. Put a time-out around it.
    pub async fn wait_until(&self, wanted: impl Fn(&[Connection]) -> bool) {
        let mut changes = self.shared.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| wanted(&self.shared.lock())).await;
    }
}

async fn pass(shared: Arc<Shared>, upstream: Upstream, request: Request<Bytes>) -> Response<AnyBody> {
    if request.uri().path() != "/api/v2/stream" {
        return upstream.stream(request).await;
    }
    let (at, headers) = (Stamp::now(), request.headers().clone());
    let number = {
        let mut connections = shared.lock();
        connections.push(Connection { at, headers, bytes: Vec::new(), ended: None });
        connections.len() - 1
    };
    shared.changed.send_modify(|()| ());
    let response = upstream.stream(request).await;
    let cut_after = if number == 0 && shared.cut_after > 0 { shared.cut_after } else { usize::MAX };
    response.map(|body| Watched { body, shared, number, cut_after, cut: None }.boxed())
}

/// A body that is written down as it passes.
struct Watched {
    body: AnyBody,
    shared: Arc<Shared>,
    number: usize,
    cut_after: usize,
    cut: Option<Pin<Box<Sleep>>>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(pause) = &mut self.cut {
            return pause.as_mut().poll(cx).map(|()| Some(Err("cut".into())));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let Poll::Ready(Some(Ok(frame))) = polled else {
            return polled;
        };
        let Ok(mut data) = frame.into_data() else {
            return Poll::Ready(None);
        };
        let mut connections = self.shared.lock();
        let connection = &mut connections[self.number];
        connection.bytes.extend_from_slice(&data);
        let cut = place(&connection.bytes, self.cut_after);
        if let Some(at) = cut {
            data.truncate(data.len() - (connection.bytes.len() - at));
            connection.bytes.truncate(at);
        }
        drop(connections);
        self.shared.changed.send_modify(|()| ());
        self.cut = cut.map(|_| Box::pin(sleep(FLUSH_PAUSE)));
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.shared.lock()[self.number].ended = Some(Stamp::now());
        self.shared.changed.send_modify(|()| ());
    }
}

/// Where to cut: in the middle of the event after so many, once all of it is there.
fn place(bytes: &[u8], after: usize) -> Option<usize> {
    let ends: Vec<_> = bytes.windows(2).enumerate().filter(|(_, pair)| pair == b"\n\n").map(|(at, _)| at + 2).collect();
    let (begin, end) = (after.checked_sub(1).and_then(|n| ends.get(n))?, ends.get(after)?);
    // The last line feed of the pair is missing, so that every line is there and the event still is none.
    Some(if after.is_multiple_of(2) { end - 1 } else { begin.midpoint(*end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_inside_the_event_that_follows() {
        let bytes = b"data: 1\n\ndata: 2\n\ndata: 3\n\n";
        assert_eq!(place(bytes, 1), Some(13));
        assert_eq!(place(bytes, 2), Some(26));
        assert_eq!(place(bytes, 3), None);
        assert_eq!(place(bytes, usize::MAX), None);
        for after in [1, 2] {
            let at = place(bytes, after).unwrap();
            let mut reader = SseReader::new();
            reader.push(&bytes[..at]);
            assert_eq!(std::iter::from_fn(|| reader.take_event()).count(), after);
            assert!(reader.is_inside_event());
        }
    }
}
