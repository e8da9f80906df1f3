//! The loop of one stream: poll, compare, dispatch, until the end. Knows no span, no invocation and no wire format.
//!
//! The branches of the `select` only make a `Wake`, and a synchronous function acts on it. An `.await` in a branch
//! would suspend the poll future, and with it every stream that follows it if this stream leads the round.

mod alarms;
mod deps;

pub use deps::{BackgroundTasks, Exports, Maintenance, SessionDeps};

use crate::{
    outbox::Sign,
    plan::Plan,
    ports::{Last, Update},
    shared_reader::{Call, ReadState, Role},
};
use alarms::{Alarm, Alarms};
use futures::{FutureExt, StreamExt, future::Fuse, select_biased};
use lambda_trace::{EndReason, Shutdown, Timestamp};
use std::time::Duration;

/// A reader that takes nothing for this long is dropped; it can resume.
pub const STALL: Duration = Duration::from_secs(30);

enum Wake {
    Alarm(Alarm),
    Gone,
    Taken,
    /// A round of reading: the first one, or one for which this stream was on duty.
    Read(ReadState, Role),
    News(ReadState),
    /// This stream is to make the next round.
    Duty,
    TaskDone,
}

struct State<'s> {
    plan: &'s Plan,
    deps: SessionDeps<'s>,
    degraded: bool,
    /// The snapshot that was dispatched last.
    seen: Option<u64>,
    /// The version of the news that this stream has seen.
    version: u64,
    /// Whether items expired since the last round of reading.
    has_expired: bool,
    /// The rounds of the process that are accounted for.
    round: u64,
    next_beat: Timestamp,
    alarms: Alarms<'s>,
}

/// Runs until the stream has to end, and returns the reason. What is in progress then is dropped, which cancels it.
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
        version: 0,
        has_expired: false,
        round: 0,
        next_beat: now,
        alarms: Alarms::default(),
    };
    state.alarms.set(Alarm::End, clock.sleep_until(plan.end_at));
    state.alarms.set(Alarm::Shutdown, shutdown.asked().boxed());
    state.alarms.set(Alarm::StallCheck, clock.sleep_until(now.plus(STALL)));
    state.beat(now);
    let watcher = shared_reader.watch();
    let mut reading = shared_reader.read(clock, deps.random, deps.poller, true).boxed().fuse();
    loop {
        let mut sign = writer.sign().fuse();
        // There is no news for a stream that has not read.
        let has_read = state.round > 0;
        let call = watcher.call(state.version, !reading.is_terminated_now());
        let mut call = if has_read { call.fuse() } else { Fuse::terminated() };
        // Biased, because the order is significant and must not be random.
        let wake = select_biased! {
            alarm = state.alarms.next().fuse() => Wake::Alarm(alarm),
            sign = sign => match sign {
                Sign::Gone => Wake::Gone,
                Sign::Taken => Wake::Taken,
            },
            (read_state, role) = reading => Wake::Read(read_state, role),
            call = call => match call {
                Call::News(read_state) => Wake::News(read_state),
                Call::Duty => Wake::Duty,
            },
            () = tasks.puts.select_next_some() => Wake::TaskDone,
            () = tasks.exports.select_next_some() => Wake::TaskDone,
        };
        let now = clock.now();
        if matches!(wake, Wake::Duty) {
            reading = watcher.round(clock, deps.random, deps.poller).boxed().fuse();
        }
        if let Some(reason) = state.on(wake, now) {
            state.account(shared_reader.rounds());
            return reason;
        }
        deps.maintenance.run_due(now, tasks);
    }
}

impl State<'_> {
    /// Synchronous on purpose: see the top of this file.
    fn on(&mut self, wake: Wake, now: Timestamp) -> Option<EndReason> {
        match wake {
            Wake::Alarm(Alarm::End) => {
                let last = self.plan.last(now);
                self.deps.out.dispatch(Update::Last(last));
                return Some(if last == Last::StreamMax { EndReason::StreamMax } else { EndReason::Deadline });
            }
            Wake::Alarm(Alarm::Shutdown) => {
                self.deps.out.dispatch(Update::Last(Last::Shutdown));
                return Some(EndReason::Shutdown);
            }
            Wake::Gone => return Some(EndReason::ClientDisconnected),
            Wake::Alarm(Alarm::StallCheck) => {
                let stalled = |since: Timestamp| now.since(since) >= STALL;
                if self.deps.writer.waiting_since().is_some_and(stalled) {
                    return Some(EndReason::ClientDisconnected);
                }
                let next = self.deps.clock.sleep_until(self.next_stall_check());
                self.alarms.set(Alarm::StallCheck, next);
            }
            Wake::Alarm(Alarm::Beat) => self.beat(now),
            Wake::Taken => drop(self.deps.out.collect()),
            Wake::Read(read_state, role) => {
                if role == Role::Led {
                    // The stream's own round is not a shared one, and rounds before its first one do not concern it.
                    if self.round > 0 {
                        self.account(read_state.round - 1);
                    }
                    self.round = read_state.round;
                }
                self.show(read_state);
            }
            Wake::News(read_state) => self.show(read_state),
            Wake::Duty | Wake::TaskDone => {}
        }
        None
    }

    /// Accounts for all rounds of reading up to this one. Other streams made those that are not accounted for yet.
    fn account(&mut self, round: u64) {
        // For a stream that opens, only the last of the earlier rounds counts.
        let shared = if self.round == 0 { round.min(1) } else { round.saturating_sub(self.round) };
        self.deps.maintenance.polls_were_shared(shared);
        self.round = self.round.max(round);
    }

    /// Dispatches a heartbeat. The next one follows an interval after this one was due, or after now if that has passed
    /// (a thaw) or is further away (a clock that was set back).
    fn beat(&mut self, now: Timestamp) {
        self.heartbeat();
        let interval = self.plan.heartbeat;
        let (next, latest) = (self.next_beat.plus(interval), now.plus(interval));
        self.next_beat = if next > now { next.min(latest) } else { latest };
        self.alarms.set(Alarm::Beat, self.deps.clock.sleep_until(self.next_beat));
    }

    fn heartbeat(&self) {
        let connections = self.deps.maintenance.connections();
        self.deps.out.dispatch(Update::Heartbeat { degraded: self.degraded, connections });
    }

    fn show(&mut self, read_state: ReadState) {
        self.account(read_state.round);
        let after_read = read_state.read_version > self.version;
        self.version = self.version.max(read_state.version);
        if read_state.degraded != self.degraded {
            self.degraded = read_state.degraded;
            self.heartbeat();
        }
        let Some(snapshot) = read_state.snapshot else { return };
        let is_new = self.seen != Some(snapshot.version());
        if is_new || after_read && self.has_expired {
            self.seen = Some(snapshot.version());
            self.deps.out.dispatch(Update::State { snapshot, after_read });
            self.has_expired = !after_read;
        }
    }

    fn next_stall_check(&self) -> Timestamp {
        let since = self.deps.writer.waiting_since().unwrap_or_else(|| self.deps.clock.now());
        // Never in the past: a check that finds a stalled reader ends the stream, so this one is later than now.
        since.plus(STALL).max(self.deps.clock.now().plus(Duration::from_millis(1)))
    }
}

/// `FusedFuture` says whether it has resolved; this name says what is asked.
trait TerminatedNow {
    fn is_terminated_now(&self) -> bool;
}

impl<F: Future> TerminatedNow for Fuse<F> {
    fn is_terminated_now(&self) -> bool {
        futures::future::FusedFuture::is_terminated(self)
    }
}
