//! The cell: what was read last, when the next read is due, and who is reading now.

use super::{
    round::{PartitionRead, ReadPlan, Watermark, read},
    skipped::SkippedItems,
};
use crate::{
    item::{Item, ItemProblem, Sentiment},
    ports::{OperatorLog, Poller, Random, SeenItems},
    snapshot::Snapshot,
    window::{Batch, Window, WindowLimits},
};
use futures::{FutureExt, channel::oneshot, future::Shared};
use lambda_trace::{CallError, Clock, Timestamp};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// After this many failed rounds the pause grows no further: 2³ intervals.
const BACKOFF_DOUBLINGS_MAX: u32 = 3;
/// No pause after a failed round is longer than this, in milliseconds, unless the interval itself is.
const BACKOFF_MAX_MS: u64 = 30_000;
/// Items that leave by themselves are let go at most this often, in milliseconds.
const EXPIRY_PAUSE_MS: u64 = 1_000;

/// Who made the last round of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The stream that asked.
    Led,
    /// Another one, while this one waited or before it asked.
    Shared,
}

/// What a stream may show now, and when to look again.
#[derive(Clone, Debug)]
pub struct ReadState {
    /// `None`: the whole window was never read.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The last round was not whole.
    pub degraded: bool,
    /// Counts the rounds of this process.
    pub round: u64,
    /// When the next round is due.
    pub due_at: Timestamp,
    /// When the next item leaves by itself.
    pub expires_at: Option<Timestamp>,
}

/// One process's reading, shared by its streams and by its invocations.
pub struct SharedReader {
    plan: ReadPlan,
    operator_log: Arc<dyn OperatorLog>,
    state: Mutex<State>,
}

struct State {
    window: Window,
    marks: [Watermark; 3],
    snapshot: Option<Arc<Snapshot>>,
    flying: Option<Shared<oneshot::Receiver<()>>>,
    due_at: Timestamp,
    failures: u32,
    rounds: u64,
    last_expiry: Timestamp,
    skipped: SkippedItems,
}

/// What an operator should be told of a round. Told after the lock is released: a log may block.
#[derive(Default)]
struct News {
    failing: Option<CallError>,
    recovered: bool,
    skipped: Option<BTreeMap<ItemProblem, usize>>,
}

type Reads = Vec<(Sentiment, Result<PartitionRead, CallError>)>;

enum Turn {
    Wait(Shared<oneshot::Receiver<()>>),
    Lead(oneshot::Sender<()>, [Watermark; 3]),
}

impl SharedReader {
    /// Nothing read yet.
    pub fn new(plan: ReadPlan, operator_log: Arc<dyn OperatorLog>) -> Self {
        let window = Window::new(WindowLimits { span_ms: plan.span_ms, max_items: plan.max_items });
        let start = Timestamp::default();
        let state = State {
            window,
            marks: [Watermark::default(); 3],
            snapshot: None,
            flying: None,
            due_at: start,
            failures: 0,
            rounds: 0,
            last_expiry: start,
            skipped: SkippedItems::new(plan.max_items),
        };
        Self { plan, operator_log, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, read again if that is due. Cancel-safe: what a dropped leader had read is read again by another.
    pub async fn read(&self, clock: &dyn Clock, random: &dyn Random, poller: &dyn Poller) -> (ReadState, Role) {
        loop {
            let now = clock.now();
            match self.turn(now) {
                None => return (self.expire(now), Role::Shared),
                Some(Turn::Wait(landed)) => {
                    // What landed is for all who waited, even if the round took so long that the next one is due: otherwise
                    // all but its leader would wait for that one, and so on. An error means that the leader was dropped: look
                    // again, perhaps lead.
                    if landed.await.is_ok() {
                        return (self.expire(clock.now()), Role::Shared);
                    }
                }
                Some(Turn::Lead(landed, marks)) => {
                    let reads = read(self.plan, marks, now, poller, self).await;
                    let news = self.land(reads, now, clock.now(), random);
                    self.tell(news);
                    // Nobody may be following.
                    let _ = landed.send(());
                    return (self.read_state(clock.now()), Role::Led);
                }
            }
        }
    }

    /// `None`: nothing is due.
    fn turn(&self, now: Timestamp) -> Option<Turn> {
        let mut state = self.state();
        if now < state.due_at {
            return None;
        }
        // A flight that was never waited for has no `peek`; following it then fails at once, and the next look leads.
        if let Some(flying) = state.flying.as_ref().filter(|f| f.peek().is_none()) {
            return Some(Turn::Wait(flying.clone()));
        }
        let (landed, flying) = oneshot::channel();
        state.flying = Some(flying.shared());
        Some(Turn::Lead(landed, state.marks))
    }

    /// Applies a round, published once: with the partitions that succeeded.
    fn land(&self, reads: Reads, began: Timestamp, now: Timestamp, random: &dyn Random) -> News {
        let mut state = self.state();
        let mut batch = Batch::default();
        let mut failure = None;
        for (sentiment, read) in reads {
            let read = match read {
                Ok(read) => read,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            let cycle = state.cycle_of(began, self.plan.full_interval_ms);
            let mark = &mut state.marks[sentiment.index()];
            mark.newest = read.items.iter().map(|i| i.updated_at).max().unwrap_or_default().max(mark.newest);
            if read.is_whole {
                mark.whole_at = Some(cycle);
                batch.whole.push(sentiment);
            }
            batch.bounded |= read.bounded;
            batch.items.extend(read.items);
            let round = state.rounds;
            for item in read.skipped {
                state.skipped.note(sentiment, &item, round);
            }
        }
        let round = state.rounds;
        state.skipped.forget_unread(&batch.whole, round);
        let was_failing = state.failures > 0;
        state.failures = if failure.is_none() { 0 } else { state.failures.saturating_add(1) };
        // A pause after trouble counts from its end: a round may have taken longer than the pause is.
        let from = if failure.is_none() { began } else { now };
        state.due_at = from.plus_ms(self.pause_ms(state.failures, random));
        state.flying = None;
        state.rounds += 1;
        state.window.apply(batch, began);
        if state.marks.iter().all(|mark| mark.whole_at.is_some()) {
            state.publish();
        }
        News {
            recovered: was_failing && failure.is_none(),
            failing: failure.filter(|_| !was_failing),
            skipped: state.skipped.take_change(),
        }
    }

    fn tell(&self, news: News) {
        if let Some(error) = news.failing {
            self.operator_log.polls_failing(&error);
        }
        if news.recovered {
            self.operator_log.polls_recovered();
        }
        if let Some(reasons) = news.skipped {
            self.operator_log.items_skipped(&reasons);
        }
    }

    /// The interval after a whole round; after failed ones twice as long each time, with jitter, so that environments
    /// that were throttled together do not come back together.
    fn pause_ms(&self, failures: u32, random: &dyn Random) -> u64 {
        let interval = self.plan.interval_ms;
        if failures == 0 {
            return interval;
        }
        let doublings = (failures - 1).min(BACKOFF_DOUBLINGS_MAX);
        let pause = (interval << doublings).min(BACKOFF_MAX_MS.max(interval));
        random.between(pause / 2, pause)
    }

    /// Lets go of what left the window by itself, without a read.
    pub fn expire(&self, now: Timestamp) -> ReadState {
        {
            let mut state = self.state();
            if state.window.next_expiry().is_some_and(|at| at <= now) {
                state.window.expire(now);
                state.last_expiry = now;
                if state.snapshot.is_some() {
                    state.publish();
                }
            }
        }
        self.read_state(now)
    }

    fn read_state(&self, now: Timestamp) -> ReadState {
        let state = self.state();
        let pause_over = state.last_expiry.plus_ms(EXPIRY_PAUSE_MS);
        ReadState {
            snapshot: state.snapshot.clone(),
            degraded: state.failures > 0,
            round: state.rounds,
            due_at: state.due_at.max(now),
            expires_at: state.window.next_expiry().map(|at| at.max(pause_over)),
        }
    }

    /// Whether the last round was not whole.
    pub fn is_degraded(&self) -> bool {
        self.state().failures > 0
    }

    /// How many malformed items were met since the last call, each counted once.
    pub fn take_skipped(&self) -> u64 {
        self.state().skipped.take_new()
    }
}

impl State {
    /// Partitions whose whole reads belong together keep one date, so that a partition that failed once is not read whole by
    /// itself for ever after.
    fn cycle_of(&self, began: Timestamp, full_interval_ms: u64) -> Timestamp {
        let latest = self.marks.iter().filter_map(|mark| mark.whole_at).max();
        latest.filter(|at| began.ms_since(*at) < full_interval_ms).unwrap_or(began)
    }

    fn publish(&mut self) {
        if let Some(next) = Snapshot::next(self.snapshot.as_deref(), &mut self.window) {
            self.snapshot = Some(Arc::new(next));
        }
    }
}

impl SeenItems for SharedReader {
    fn holds(&self, item: &Item) -> bool {
        self.state().window.holds(item)
    }
}
