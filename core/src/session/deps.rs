//! What a session works with, and what happens around it.

use crate::{
    outbox::Writer,
    ports::{Dispatcher, Poller, Random},
    shared_reader::SharedReader,
};
use futures::{future::BoxFuture, stream::FuturesUnordered};
use lambda_trace::{Clock, Timestamp};

/// Work beside the stream that nothing waits for.
#[derive(Default)]
pub struct BackgroundTasks<'s> {
    /// Calls of this stream's own invocation: over before it is.
    pub puts: FuturesUnordered<BoxFuture<'s, ()>>,
    /// Spans on their way: the flush at the end waits for them, so they go on beside it.
    pub exports: Exports,
}

/// Exports that are under way.
pub type Exports = FuturesUnordered<BoxFuture<'static, ()>>;

/// What the session works with.
#[derive(Clone, Copy)]
pub struct SessionDeps<'s> {
    /// Time.
    pub clock: &'s dyn Clock,
    /// Jitter.
    pub random: &'s dyn Random,
    /// The reading that all streams share.
    pub shared_reader: &'s SharedReader,
    /// The calls of this stream's own invocation.
    pub poller: &'s dyn Poller,
    /// The outbox, as this stream's invocation sees it.
    pub out: &'s dyn Dispatcher,
    /// The outbox itself: what its reader does.
    pub writer: &'s Writer,
    /// Whatever else there is to do.
    pub maintenance: &'s dyn Maintenance<'s>,
}

/// What happens around a session.
pub trait Maintenance<'s>: Send + Sync {
    /// Streams of this process, for heartbeats.
    fn connections(&self) -> usize;
    /// Rounds of reading that other streams made.
    fn polls_were_shared(&self, rounds: u64);
    /// Begins something that is due now, if anything is.
    fn run_due(&self, now: Timestamp, tasks: &mut BackgroundTasks<'s>);
}
