//! The loop of one stream: poll, diff, dispatch, until the end. Knows no span, no invocation and no wire.
//!
//! Arms of the `select` only make a `Wake`; a synchronous function acts on it. An `.await` in an arm would stop the poll
//! future while it may hold the lead, and with it every stream that follows.

use crate::{
    outbox::Writer,
    plan::Plan,
    ports::{Delivery, Dispatcher, Last, Poller, Random, Update},
    shared_reader::{ReadState, Role, SharedReader},
    snapshot::Snapshot,
};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Fuse},
    select_biased,
    stream::FuturesUnordered,
};
use lambda_trace::{Clock, EndReason, Shutdown, Timestamp};
use std::sync::Arc;

/// A reader that takes nothing for this long is dropped, in milliseconds; it resumes.
pub const STALL_MS: u64 = 30_000;

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
    /// A round of reading that another stream made.
    fn poll_was_shared(&self);
    /// Events that the reader took.
    fn delivered(&self, deliveries: &[Delivery]);
    /// Begins something that is due now, if anything is.
    fn run_due(&self, now: Timestamp, tasks: &mut BackgroundTasks<'s>);
}

enum Wake {
    End,
    Shutdown,
    Gone,
    StallCheck,
    Beat,
    Taken,
    Polled(ReadState, Role),
    Expired(ReadState),
    TaskDone,
}

struct State<'s> {
    plan: &'s Plan,
    deps: SessionDeps<'s>,
    degraded: bool,
    seen: Option<Arc<Snapshot>>,
    /// Items left by themselves since the last round of reading.
    has_expired: bool,
    round: u64,
    next_beat: Timestamp,
}

/// Runs until the stream has to end, and says why. What is in flight by then is dropped, and so cancelled.
pub async fn run<'s>(
    plan: &'s Plan,
    deps: SessionDeps<'s>,
    shutdown: &Shutdown,
    tasks: &mut BackgroundTasks<'s>,
) -> EndReason {
    let SessionDeps { clock, shared_reader, writer, .. } = deps;
    let now = clock.now();
    let mut state = State {
        plan,
        deps,
        degraded: shared_reader.is_degraded(),
        seen: None,
        has_expired: false,
        round: 0,
        next_beat: now,
    };
    state.beat(now);
    let mut end = clock.sleep_until(plan.end_at).fuse();
    let mut shutdown = shutdown.asked().fuse();
    let mut gone = writer.reader_gone().fuse();
    let mut stall = clock.sleep_until(now.plus_ms(STALL_MS)).fuse();
    let mut beat = clock.sleep_until(state.next_beat).fuse();
    let mut taken = writer.taken().fuse();
    let mut poll = poll_at(deps, now, true);
    let mut expiry: Fuse<BoxFuture<'_, ()>> = Fuse::terminated();
    loop {
        // Biased: the order is the rule, and there is no hidden randomness.
        let wake = select_biased! {
            () = end => Wake::End,
            () = shutdown => Wake::Shutdown,
            () = gone => Wake::Gone,
            () = stall => {
                stall = clock.sleep_until(state.next_stall_check()).fuse();
                Wake::StallCheck
            }
            () = beat => Wake::Beat,
            () = taken => Wake::Taken,
            (read_state, role) = poll => {
                poll = poll_at(deps, read_state.due_at, false);
                Wake::Polled(read_state, role)
            }
            () = expiry => Wake::Expired(shared_reader.expire(clock.now())),
            () = tasks.puts.select_next_some() => Wake::TaskDone,
            () = tasks.exports.select_next_some() => Wake::TaskDone,
        };
        if let Wake::Polled(read_state, _) | Wake::Expired(read_state) = &wake {
            expiry = read_state.expires_at.map_or_else(Fuse::terminated, |at| clock.sleep_until(at).fuse());
        }
        let now = clock.now();
        if let Some(reason) = state.on(wake, now) {
            return reason;
        }
        if beat.is_terminated_now() {
            beat = clock.sleep_until(state.next_beat).fuse();
        }
        if taken.is_terminated_now() {
            taken = writer.taken().fuse();
        }
        deps.maintenance.run_due(now, tasks);
    }
}

fn poll_at(deps: SessionDeps<'_>, at: Timestamp, is_first: bool) -> Fuse<BoxFuture<'_, (ReadState, Role)>> {
    let poll = async move {
        deps.clock.sleep_until(at).await;
        deps.shared_reader.read(deps.clock, deps.random, deps.poller, is_first).await
    };
    poll.boxed().fuse()
}

impl State<'_> {
    /// Synchronous on purpose.
    fn on(&mut self, wake: Wake, now: Timestamp) -> Option<EndReason> {
        match wake {
            Wake::End => {
                let last = self.plan.last(now);
                self.deps.out.dispatch(Update::Last(last));
                return Some(if last == Last::StreamMax { EndReason::StreamMax } else { EndReason::Deadline });
            }
            Wake::Shutdown => {
                self.deps.out.dispatch(Update::Last(Last::Shutdown));
                return Some(EndReason::Shutdown);
            }
            Wake::Gone => return Some(EndReason::ClientDisconnected),
            Wake::StallCheck => {
                let stalled = |since: Timestamp| now.ms_since(since) >= STALL_MS;
                if self.deps.writer.waiting_since().is_some_and(stalled) {
                    return Some(EndReason::ClientDisconnected);
                }
            }
            Wake::Beat => self.beat(now),
            Wake::Taken => self.deps.maintenance.delivered(&self.deps.out.collect()),
            Wake::Polled(read_state, role) => {
                if role == Role::Shared && read_state.round > self.round {
                    self.deps.maintenance.poll_was_shared();
                }
                self.round = read_state.round;
                self.show(read_state, true);
            }
            Wake::Expired(read_state) => self.show(read_state, false),
            Wake::TaskDone => {}
        }
        None
    }

    /// A heartbeat now; the next one an interval after this one was due, or after now if that has passed (a thaw) or is further
    /// away (a clock that was set back).
    fn beat(&mut self, now: Timestamp) {
        self.heartbeat();
        let interval = self.plan.heartbeat_ms;
        let (next, latest) = (self.next_beat.plus_ms(interval), now.plus_ms(interval));
        self.next_beat = if next > now { next.min(latest) } else { latest };
    }

    fn heartbeat(&self) {
        let connections = self.deps.maintenance.connections();
        self.deps.out.dispatch(Update::Heartbeat { degraded: self.degraded, connections });
    }

    fn show(&mut self, read_state: ReadState, after_read: bool) {
        if read_state.degraded != self.degraded {
            self.degraded = read_state.degraded;
            self.heartbeat();
        }
        let Some(snapshot) = read_state.snapshot else { return };
        let is_new = self.seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, &snapshot));
        if is_new || after_read && self.has_expired {
            self.deps.out.dispatch(Update::State { snapshot: snapshot.clone(), after_read });
            self.seen = Some(snapshot);
            self.has_expired = !after_read;
        }
    }

    fn next_stall_check(&self) -> Timestamp {
        let since = self.deps.writer.waiting_since().unwrap_or_else(|| self.deps.clock.now());
        // Never in the past: a check that finds a stall ends the stream, so this one is later than now.
        since.plus_ms(STALL_MS).max(self.deps.clock.now().plus_ms(1))
    }
}

/// `Fuse` says through the trait whether it has resolved; the name says what it is asked for.
trait TerminatedNow {
    fn is_terminated_now(&self) -> bool;
}

impl<F: Future> TerminatedNow for Fuse<F> {
    fn is_terminated_now(&self) -> bool {
        futures::future::FusedFuture::is_terminated(self)
    }
}
