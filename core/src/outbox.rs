//! The queue between session and response body. Its size is bounded by the number of tickers, and adding to it never
//! waits. It holds one shared snapshot, the state that the client should have, and a set of names that are still
//! unsent; so a newer state replaces an unsent older one.
//!
//! The reader ends cleanly only after `Writer::close`, which takes a `BodyEndPermit`. If the writer is dropped without
//! it, the reader ends with [`Aborted`], which becomes error trailers.

mod client;
mod queue;

pub use client::Client;
use queue::Queue;

use crate::{
    ports::{Delivery, DeliveryCounter, Dispatcher, Update},
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

/// The stream failed, and its body must not look complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream failed")]
pub struct Aborted;

struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    counter: Arc<dyn DeliveryCounter>,
    /// Deliveries are kept for whoever makes spans of them; without a trace that is nobody.
    is_traced: bool,
    to_reader: AtomicWaker,
    to_writer: AtomicWaker,
}

struct State {
    queue: Queue,
    taken: Vec<Delivery>,
    /// Nothing more may be taken, because it could not be counted any more.
    sealed: bool,
    end: Option<Result<(), Aborted>>,
    reader_gone: bool,
    /// The writer waits until nothing is unsent.
    is_draining: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session's side.
pub struct Writer(Arc<Shared>);

/// The body's side: a stream of writes, each of which consists of whole events.
pub struct Reader(Arc<Shared>);

/// What the writer has to see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The reader was dropped: the client, or the Runtime API, is gone.
    Gone,
    /// The reader has taken something that [`Dispatcher::collect`] has not given yet.
    Taken,
}

/// Both sides for one client.
pub fn outbox(client: Client, clock: Arc<dyn Clock>, counter: Arc<dyn DeliveryCounter>) -> (Writer, Reader) {
    let is_traced = client.trace.is_some();
    let state = State {
        queue: Queue::new(client),
        taken: Vec::new(),
        sealed: false,
        end: None,
        reader_gone: false,
        is_draining: false,
    };
    let shared = Arc::new(Shared {
        state: Mutex::new(state),
        clock,
        counter,
        is_traced,
        to_reader: AtomicWaker::new(),
        to_writer: AtomicWaker::new(),
    });
    (Writer(shared.clone()), Reader(shared))
}

impl Writer {
    /// Resolves when the reader is gone, or has taken what spans are to be made of.
    pub fn sign(&self) -> impl Future<Output = Sign> + Send + Unpin + '_ {
        poll_fn(|cx| {
            self.0.to_writer.register(cx.waker());
            let state = self.0.lock();
            match (state.reader_gone, state.taken.is_empty()) {
                (true, _) => Poll::Ready(Sign::Gone),
                (false, false) => Poll::Ready(Sign::Taken),
                (false, true) => Poll::Pending,
            }
        })
    }

    /// Resolves when nothing is unsent any more, or the reader is gone.
    pub fn drained(&self) -> impl Future<Output = ()> + Send + Unpin + '_ {
        poll_fn(|cx| {
            self.0.to_writer.register(cx.waker());
            let mut state = self.0.lock();
            state.is_draining = true;
            if state.reader_gone || state.queue.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    /// Since when an event has been waiting while the reader took nothing; `None` if nothing waits.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.0.lock().queue.waiting_since(self.0.clock.now())
    }

    /// From now on the reader gets nothing more; it waits for the end.
    pub fn seal(&self) {
        self.0.lock().sealed = true;
    }

    /// Ends the body cleanly. Needs the proof that the stream's telemetry was flushed.
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
                // Reported once; a stream that is polled again has simply ended.
                Some(end) => Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err)),
            };
        }
        let mut deliveries = Vec::new();
        let Some(bytes) = state.queue.take(self.0.clock.now(), &mut deliveries) else {
            return Poll::Pending;
        };
        // Before anybody can seal the outbox: what was taken by then is counted.
        self.0.counter.taken(&deliveries);
        if self.0.is_traced {
            state.taken.append(&mut deliveries);
        }
        let is_awaited = self.0.is_traced || state.is_draining;
        drop(state);
        if is_awaited {
            self.0.to_writer.wake();
        }
        Poll::Ready(Some(Ok(bytes)))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.lock().reader_gone = true;
        self.0.to_writer.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::View;
    use futures::{FutureExt, StreamExt};
    use lambda_trace::{ManualClock, TraceId};
    use std::{
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        time::Duration,
    };

    #[derive(Default)]
    struct Count(AtomicUsize);

    const RETRY: Duration = Duration::from_millis(1);

    impl DeliveryCounter for Count {
        fn taken(&self, deliveries: &[Delivery]) {
            self.0.fetch_add(deliveries.len(), Relaxed);
        }
    }

    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// Rule: Many streams.
    #[test]
    fn what_is_taken_is_counted_at_once_and_wakes_whoever_makes_spans_of_it() {
        for trace in [None, TraceId::new(7)] {
            let at = Timestamp::default();
            let client =
                Client { view: View::ALL, resume: None, retry: RETRY, done_retry: RETRY, trace, started_at: at };
            let (counted, woken) = (Arc::<Count>::default(), Arc::<Count>::default());
            let (writer, mut reader) = outbox(client, Arc::new(ManualClock::new(at)), counted.clone());
            let waker = woken.clone().into();
            let mut cx = Context::from_waker(&waker);
            assert!(writer.sign().poll_unpin(&mut cx).is_pending());
            writer.dispatch(Update::Heartbeat { degraded: false, connections: 1 });
            assert!(reader.next().now_or_never().is_some());
            let is_traced = trace.is_some();
            assert_eq!((counted.0.load(Relaxed), woken.0.load(Relaxed)), (1, usize::from(is_traced)));
            assert_eq!(writer.sign().now_or_never(), is_traced.then_some(Sign::Taken));
            assert_eq!(writer.collect().len(), usize::from(is_traced));
            writer.dispatch(Update::Heartbeat { degraded: false, connections: 1 });
            assert!(writer.drained().poll_unpin(&mut cx).is_pending());
            assert!(reader.next().now_or_never().is_some());
            assert_eq!(woken.0.load(Relaxed), 1 + usize::from(is_traced), "whoever waits for the rest is woken, too");
            assert!(writer.drained().now_or_never().is_some());
            drop(reader);
            assert_eq!(writer.sign().now_or_never(), Some(Sign::Gone));
        }
    }
}
