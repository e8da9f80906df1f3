//! The loop of one stream: poll, diff, dispatch, until the end. Knows no span, no invocation and no wire.
//!
//! Arms of the `select` only make a [`Wake`]; a synchronous function acts on it. An `.await` in an arm would stop the poll
//! future while it may hold the lead, and with it every stream that follows.

use crate::{
    flight::{Flight, Outlook, Role},
    outbox::Writer,
    plan::Plan,
    ports::{Clock, Delivery, Dispatcher, Last, Poller, Random, Update},
    shutdown::Shutdown,
    snapshot::Snapshot,
    telemetry::EndReason,
    time::Timestamp,
};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Fuse},
    select_biased,
    stream::FuturesUnordered,
};
use std::sync::Arc;

/// A reader that takes nothing for this long is dropped, in milliseconds; it resumes.
pub const STALL_MS: u64 = 30_000;

/// Work beside the stream that nothing waits for.
#[derive(Default)]
pub struct SideWork<'s> {
    /// Calls of this stream's own invocation: over before it is.
    pub puts: FuturesUnordered<BoxFuture<'s, ()>>,
    /// Spans on their way: the flush at the end waits for them, so they go on beside it.
    pub exports: Exports,
}

/// Exports that are under way.
pub type Exports = FuturesUnordered<BoxFuture<'static, ()>>;

/// What the session works with.
#[derive(Clone, Copy)]
pub struct Tools<'s> {
    /// Time.
    pub clock: &'s dyn Clock,
    /// Jitter.
    pub random: &'s dyn Random,
    /// The reading that all streams share.
    pub flight: &'s Flight,
    /// The calls of this stream's own invocation.
    pub poller: &'s dyn Poller,
    /// The outbox, as this stream's invocation sees it.
    pub out: &'s dyn Dispatcher,
    /// The outbox itself: what its reader does.
    pub writer: &'s Writer,
    /// Whatever else there is to do.
    pub house: &'s dyn House<'s>,
}

/// What happens around a session.
pub trait House<'s>: Send + Sync {
    /// Streams of this process, for heartbeats.
    fn connections(&self) -> usize;
    /// A round of reading that another stream made.
    fn poll_was_shared(&self);
    /// Events that the reader took.
    fn delivered(&self, deliveries: &[Delivery]);
    /// Begins something that is due now, if anything is.
    fn chore(&self, now: Timestamp, side: &mut SideWork<'s>);
}

enum Wake {
    End,
    Shutdown,
    Gone,
    StallCheck,
    Beat,
    Taken,
    Polled(Outlook, Role),
    Expired(Outlook),
    ChoreDone,
}

struct State<'s> {
    plan: &'s Plan,
    tools: Tools<'s>,
    degraded: bool,
    seen: Option<Arc<Snapshot>>,
    round: u64,
    next_beat: Timestamp,
}

/// Runs until the stream has to end, and says why. What is in flight by then is dropped, and so cancelled.
pub async fn run<'s>(plan: &'s Plan, tools: Tools<'s>, shutdown: &Shutdown, side: &mut SideWork<'s>) -> EndReason {
    let Tools { clock, flight, writer, .. } = tools;
    let now = clock.now();
    let mut state = State { plan, tools, degraded: flight.is_degraded(), seen: None, round: 0, next_beat: now };
    state.beat(now);
    let mut end = clock.sleep_until(plan.end_at).fuse();
    let mut shutdown = shutdown.asked().fuse();
    let mut gone = writer.reader_gone().fuse();
    let mut stall = clock.sleep_until(now.plus_ms(STALL_MS)).fuse();
    let mut beat = clock.sleep_until(state.next_beat).fuse();
    let mut taken = writer.taken().fuse();
    let mut poll = poll_at(tools, now);
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
            (outlook, role) = poll => {
                poll = poll_at(tools, outlook.due_at);
                Wake::Polled(outlook, role)
            }
            () = expiry => Wake::Expired(flight.expire(clock.now())),
            () = side.puts.select_next_some() => Wake::ChoreDone,
            () = side.exports.select_next_some() => Wake::ChoreDone,
        };
        if let Wake::Polled(outlook, _) | Wake::Expired(outlook) = &wake {
            expiry = outlook.expires_at.map_or_else(Fuse::terminated, |at| clock.sleep_until(at).fuse());
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
        tools.house.chore(now, side);
    }
}

fn poll_at(tools: Tools<'_>, at: Timestamp) -> Fuse<BoxFuture<'_, (Outlook, Role)>> {
    let poll = async move {
        tools.clock.sleep_until(at).await;
        tools.flight.read(tools.clock, tools.random, tools.poller).await
    };
    poll.boxed().fuse()
}

impl State<'_> {
    /// Synchronous on purpose.
    fn on(&mut self, wake: Wake, now: Timestamp) -> Option<EndReason> {
        match wake {
            Wake::End => {
                let last = self.plan.last(now);
                self.tools.out.dispatch(Update::Last(last));
                return Some(if last == Last::StreamMax { EndReason::StreamMax } else { EndReason::Deadline });
            }
            Wake::Shutdown => {
                self.tools.out.dispatch(Update::Last(Last::Shutdown));
                return Some(EndReason::Shutdown);
            }
            Wake::Gone => return Some(EndReason::ClientDisconnected),
            Wake::StallCheck => {
                let stalled = |since: Timestamp| now.ms_since(since) >= STALL_MS;
                if self.tools.writer.waiting_since().is_some_and(stalled) {
                    return Some(EndReason::ClientDisconnected);
                }
            }
            Wake::Beat => self.beat(now),
            Wake::Taken => self.tools.house.delivered(&self.tools.out.collect()),
            Wake::Polled(outlook, role) => {
                if role == Role::Shared && outlook.round > self.round {
                    self.tools.house.poll_was_shared();
                }
                self.round = outlook.round;
                self.show(outlook);
            }
            Wake::Expired(outlook) => self.show(outlook),
            Wake::ChoreDone => {}
        }
        None
    }

    /// A heartbeat now; the next one an interval after this one was due, or after now if that has passed (a thaw).
    fn beat(&mut self, now: Timestamp) {
        self.heartbeat();
        let interval = self.plan.heartbeat_ms;
        let next = self.next_beat.plus_ms(interval);
        self.next_beat = if next > now { next } else { now.plus_ms(interval) };
    }

    fn heartbeat(&self) {
        let connections = self.tools.house.connections();
        self.tools.out.dispatch(Update::Heartbeat { degraded: self.degraded, connections });
    }

    fn show(&mut self, outlook: Outlook) {
        if outlook.degraded != self.degraded {
            self.degraded = outlook.degraded;
            self.heartbeat();
        }
        let Some(snapshot) = outlook.snapshot else { return };
        if self.seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, &snapshot)) {
            self.tools.out.dispatch(Update::State(snapshot.clone()));
            self.seen = Some(snapshot);
        }
    }

    fn next_stall_check(&self) -> Timestamp {
        let since = self.tools.writer.waiting_since().unwrap_or_else(|| self.tools.clock.now());
        // Never in the past: a check that finds a stall ends the stream, so this one is later than now.
        since.plus_ms(STALL_MS).max(self.tools.clock.now().plus_ms(1))
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
