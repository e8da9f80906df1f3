//! Between session and wire: bounded by tickers, never waits. What the client should hold is one shared snapshot and a set of
//! names, so a newer state replaces an unsent older one by itself.
//!
//! The reader ends cleanly only after `Writer::close`, which takes a `BodyEndPermit`; a writer that is dropped without it makes
//! the reader end in [`Aborted`], which becomes error trailers. Knows no trace and no protocol below SSE.

mod client;
mod queue;

pub use client::Client;
use queue::Queue;

use crate::{
    ports::{Delivery, Dispatcher, Update},
    sync::{AtomicWaker, Mutex, MutexGuard},
};
use bytes::Bytes;
use futures::Stream;
use lambda_trace::{BodyEndPermit, Clock, PendingFlush, Timestamp};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll},
};

/// The stream failed: the body must not look complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream failed")]
pub struct Aborted;

struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    to_reader: AtomicWaker,
    to_writer: AtomicWaker,
}

struct State {
    queue: Queue,
    taken: Vec<Delivery>,
    /// Nothing more may be taken: what is taken from here on could not be counted.
    sealed: bool,
    end: Option<Result<(), Aborted>>,
    reader_gone: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session's end.
pub struct Writer(Arc<Shared>);

/// The body's end: a stream of writes, each of whole events.
pub struct Reader(Arc<Shared>);

/// A pair for one client.
pub fn outbox(client: Client, clock: Arc<dyn Clock>) -> (Writer, Reader) {
    let state = State { queue: Queue::new(client), taken: Vec::new(), sealed: false, end: None, reader_gone: false };
    let shared = Arc::new(Shared {
        state: Mutex::new(state),
        clock,
        to_reader: AtomicWaker::new(),
        to_writer: AtomicWaker::new(),
    });
    (Writer(shared.clone()), Reader(shared))
}

impl Writer {
    /// Resolves when the reader was dropped: the client, or the Runtime API, is gone.
    pub fn reader_gone(&self) -> impl Future<Output = ()> + Send + Unpin + '_ {
        self.wait_for(|state| state.reader_gone)
    }

    /// Resolves when the reader has taken something that [`Dispatcher::collect`] has not given yet.
    pub fn taken(&self) -> impl Future<Output = ()> + Send + Unpin + '_ {
        self.wait_for(|state| !state.taken.is_empty())
    }

    fn wait_for<'w>(
        &'w self,
        holds: impl Fn(&State) -> bool + Send + Unpin + 'w,
    ) -> impl Future<Output = ()> + Send + Unpin + 'w {
        poll_fn(move |cx| {
            self.0.to_writer.register(cx.waker());
            if holds(&self.0.lock()) { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    /// Since when something has been waiting while the reader took nothing; `None` if nothing waits.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.0.lock().queue.waiting_since(self.0.clock.now())
    }

    /// From here on the reader takes nothing more; it waits for the end.
    pub fn seal(&self) {
        self.0.lock().sealed = true;
    }

    /// The clean end. Needs the proof that the stream's telemetry was flushed.
    pub(crate) fn close(self, proof: BodyEndPermit) -> PendingFlush {
        {
            let mut state = self.0.lock();
            state.sealed = true;
            state.end = Some(Ok(()));
        }
        self.0.to_reader.wake();
        proof.into_pending_flush()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        {
            let mut state = self.0.lock();
            state.sealed = true;
            state.end.get_or_insert(Err(Aborted));
        }
        self.0.to_reader.wake();
    }
}

impl Dispatcher for Writer {
    fn dispatch(&self, update: Update) {
        self.0.lock().queue.push(update, self.0.clock.now());
        self.0.to_reader.wake();
    }

    fn collect(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.0.lock().taken)
    }
}

impl Stream for Reader {
    type Item = Result<Bytes, Aborted>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.to_reader.register(cx.waker());
        let mut state = self.0.lock();
        if state.sealed {
            return match &mut state.end {
                None => Poll::Pending,
                // Said once; a stream that is polled again has simply ended.
                Some(end) => Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err)),
            };
        }
        let State { queue, taken, .. } = &mut *state;
        let Some(bytes) = queue.take(self.0.clock.now(), taken) else {
            return Poll::Pending;
        };
        drop(state);
        self.0.to_writer.wake();
        Poll::Ready(Some(Ok(bytes)))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.lock().reader_gone = true;
        self.0.to_writer.wake();
    }
}
