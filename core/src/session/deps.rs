//! What a session works with, and what happens around it.

use crate::{
    outbox::Writer,
    ports::{Dispatcher, Poller, Random},
    shared_reader::SharedReader,
};
use futures::{future::BoxFuture, stream::FuturesUnordered};
use lambda_trace::{Clock, Timestamp};

/// Work that goes on beside the stream, for which the stream does not wait.
#[derive(Default)]
pub struct BackgroundTasks<'s> {
    /// Calls that belong to this stream's own invocation, and end before it.
    pub puts: FuturesUnordered<BoxFuture<'s, ()>>,
    /// Exports of spans. They go on beside the flush at the end, which waits for them.
    pub exports: Exports,
}

/// The exports in progress.
pub type Exports = FuturesUnordered<BoxFuture<'static, ()>>;

/// The parts that a session works with.
#[derive(Clone, Copy)]
pub struct SessionDeps<'s> {
    /// Time.
    pub clock: &'s dyn Clock,
    /// Jitter.
    pub random: &'s dyn Random,
    /// The reader that all streams share.
    pub shared_reader: &'s SharedReader,
    /// The poller, traced in this stream's own invocation.
    pub poller: &'s dyn Poller,
    /// The outbox, traced in this stream's own invocation.
    pub out: &'s dyn Dispatcher,
    /// The outbox itself, to watch what its reader does.
    pub writer: &'s Writer,
    /// The remaining work beside the stream.
    pub maintenance: &'s dyn Maintenance<'s>,
}

/// What a session reports, and the work that it drives.
pub trait Maintenance<'s>: Send + Sync {
    /// The number of streams of this process, for heartbeats.
    fn connections(&self) -> usize;
    /// Counts rounds of reading that other streams made.
    fn polls_were_shared(&self, rounds: u64);
    /// Begins work that is due now, if any is.
    fn run_due(&self, now: Timestamp, tasks: &mut BackgroundTasks<'s>);
}
