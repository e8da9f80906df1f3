//! The cell: what was read last, when the next read is due, and who is reading now.

use super::{
    progress::Progress,
    round::{ReadPlan, give_way},
    skipped::SkippedItems,
    watchers::Watchers,
};
use crate::{
    item::{Item, ItemProblem, Sentiment, latest_date},
    ports::{OperatorLog, Page, Poller, Query, Random, SeenItems},
    snapshot::Snapshot,
    window::{Source, Window, WindowLimits},
};
use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, Shared, join_all},
};
use lambda_trace::{CallError, Clock, Timestamp};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

/// After this many failed rounds the pause grows no further: 2³ intervals.
const BACKOFF_DOUBLINGS_MAX: u32 = 3;
/// No pause after a failed round is longer than this, in milliseconds, unless the interval itself is.
const BACKOFF_MAX_MS: u64 = 30_000;
/// Items that leave by themselves are let go at most this often, in milliseconds.
pub(super) const EXPIRY_PAUSE_MS: u64 = 1_000;

/// So many items are applied before everything else may go on: about a millisecond of work.
const SLICE_ITEMS: usize = 256;
/// The next read of the whole window comes up to this much sooner than its interval, in percent: environments that started together
/// do not read their windows together.
const FULL_READ_JITTER_PERCENT: u64 = 20;

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
    /// Counts what there was to tell.
    pub version: u64,
    /// The last version behind which there was a round.
    pub read_version: u64,
    /// When the next item leaves by itself.
    pub expires_at: Option<Timestamp>,
}

/// One process's reading, shared by its streams and by its invocations.
pub struct SharedReader {
    plan: ReadPlan,
    operator_log: Arc<dyn OperatorLog>,
    state: Mutex<State>,
}

pub(super) struct State {
    window: Window,
    progress: Progress,
    /// A round is being applied: the window is between two states, neither of which may be shown.
    is_applying: bool,
    snapshot: Option<Arc<Snapshot>>,
    flying: Option<Shared<oneshot::Receiver<()>>>,
    pub(super) due_at: Timestamp,
    /// When the last round ended.
    landed_at: Timestamp,
    failures: u32,
    /// The error that the operator was told last, while polling is failing.
    told: Option<Cow<'static, str>>,
    /// When the last whole round ended.
    whole_at: Option<Timestamp>,
    pub(super) rounds: u64,
    /// Counts what there was to tell: another snapshot, or that polling is failing, or works again.
    pub(super) version: u64,
    read_version: u64,
    /// Items left by themselves since the last round: the next one is news, whatever it brings.
    has_expired: bool,
    newly_failed: u64,
    last_expiry: Timestamp,
    skipped: SkippedItems,
    pub(super) watchers: Watchers,
}

/// What an operator should be told of a round. Told after the lock is released: a log may block.
#[derive(Default)]
struct News {
    failing: Option<CallError>,
    recovered: bool,
    skipped: Option<BTreeMap<ItemProblem, usize>>,
    wakers: Vec<Waker>,
}

enum Turn {
    Wait(Shared<oneshot::Receiver<()>>),
    Lead(oneshot::Sender<()>),
}

impl SharedReader {
    /// Nothing read yet.
    pub fn new(plan: ReadPlan, operator_log: Arc<dyn OperatorLog>) -> Self {
        let window = Window::new(WindowLimits { span_ms: plan.span_ms, max_items: plan.max_items });
        let start = Timestamp::default();
        let state = State {
            window,
            progress: Progress::new(plan),
            is_applying: false,
            snapshot: None,
            flying: None,
            due_at: start,
            landed_at: start,
            failures: 0,
            told: None,
            whole_at: None,
            rounds: 0,
            version: 0,
            read_version: 0,
            has_expired: false,
            newly_failed: 0,
            last_expiry: start,
            skipped: SkippedItems::new(plan.max_items),
            watchers: Watchers::default(),
        };
        Self { plan, operator_log, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, read again if that is due. `is_first`: for a stream that has shown no state yet, which reads again after a
    /// poll interval even while failed rounds are followed by longer pauses. Cancel-safe: what a dropped leader had read is kept, and
    /// another one goes on behind it.
    pub async fn read(
        &self,
        clock: &dyn Clock,
        random: &dyn Random,
        poller: &dyn Poller,
        is_first: bool,
    ) -> (ReadState, Role) {
        loop {
            let now = clock.now();
            match self.turn(now, is_first) {
                None => return (self.expire(now), Role::Shared),
                Some(Turn::Wait(landed)) => {
                    // What landed is for all who waited, even if the round took so long that the next one is due: otherwise
                    // all but its leader would wait for that one, and so on. An error means that the leader was dropped: look
                    // again, perhaps lead.
                    if landed.await.is_ok() {
                        return (self.expire(clock.now()), Role::Shared);
                    }
                }
                Some(Turn::Lead(landed)) => {
                    let failure = self.read_round(now, poller).await;
                    while let Some(items) = self.apply_slice(now, failure.is_none(), random) {
                        if items >= SLICE_ITEMS {
                            give_way().await;
                        }
                    }
                    let news = self.land(failure, now, clock.now(), random);
                    self.tell(news);
                    // Nobody may be following.
                    let _ = landed.send(());
                    return (self.read_state(clock.now()), Role::Led);
                }
            }
        }
    }

    /// All partitions at once, each by itself: one that fails costs the others nothing. The last failure, if any.
    async fn read_round(&self, now: Timestamp, poller: &dyn Poller) -> Option<CallError> {
        let round = {
            let mut state = self.state();
            let round = state.progress.begin_round(now);
            state.window.begin_round(round);
            round
        };
        loop {
            // Boxed one by one: with a borrowing closure the whole would not be `Send` (rustc cannot name the lifetime).
            let mut reads: Vec<BoxFuture<'_, _>> = Vec::with_capacity(Sentiment::ALL.len());
            for sentiment in Sentiment::ALL {
                reads.push(Box::pin(self.read_partition(sentiment, round, now, poller)));
            }
            let failure = join_all(reads).await.into_iter().filter_map(Result::err).next_back();
            if failure.is_some() || !self.state().progress.begin_catch_up() {
                return failure;
            }
        }
    }

    async fn read_partition(
        &self,
        sentiment: Sentiment,
        round: u64,
        now: Timestamp,
        poller: &dyn Poller,
    ) -> Result<(), CallError> {
        loop {
            let Some(next) = self.state().progress.next(sentiment) else { return Ok(()) };
            let (since, after, latest) = (next.since, next.after.as_ref(), latest_date(now));
            let page = poller.page(Query { round, sentiment, since, latest, after, known: self }).await?;
            let is_large = page.returned >= SLICE_ITEMS;
            self.take(sentiment, &next, page);
            if is_large {
                give_way().await;
            }
        }
    }

    fn take(&self, sentiment: Sentiment, next: &super::progress::Next, page: Page) {
        let mut state = self.state();
        let round = state.progress.round();
        for item in &page.skipped {
            state.skipped.note(sentiment, item, round);
        }
        state.progress.take(sentiment, next, page);
    }

    /// Applies some of what was read: how many items; `None`: there is no more. What a dropped leader left is applied by the
    /// next one.
    fn apply_slice(&self, now: Timestamp, is_whole_round: bool, random: &dyn Random) -> Option<usize> {
        let mut state = self.state();
        let State { progress, window, skipped, is_applying, .. } = &mut *state;
        *is_applying = true;
        if !progress.inbox.is_empty() {
            let read = progress.inbox.len();
            let from = read.saturating_sub(SLICE_ITEMS);
            for item in progress.inbox.drain(from..) {
                window.put(item, Source::Recent, now);
            }
            return Some(read - from);
        }
        if is_whole_round && window.forget_missing(SLICE_ITEMS) {
            return Some(SLICE_ITEMS);
        }
        if let Some(full) = progress.complete() {
            let since = full.began_in;
            window.begin_whole(full.cut);
            let read = full.items.len();
            let from = read.saturating_sub(SLICE_ITEMS);
            for item in full.items.drain(from..) {
                window.put(item, Source::Whole { since }, now);
            }
            if full.items.is_empty() {
                let interval_ms = self.plan.full_interval_ms;
                let least = interval_ms - interval_ms * FULL_READ_JITTER_PERCENT / 100;
                let next_due_at = full.began.plus_ms(random.between(least, interval_ms));
                window.end_whole(since);
                skipped.forget_unread(&Sentiment::ALL, since);
                progress.end_full(next_due_at);
            }
            return Some(read - from);
        }
        window.trim(SLICE_ITEMS).then_some(SLICE_ITEMS)
    }

    /// `None`: nothing is due.
    fn turn(&self, now: Timestamp, is_first: bool) -> Option<Turn> {
        let mut state = self.state();
        let interval_over = state.landed_at.plus_ms(self.plan.interval_ms);
        if !state.is_due(now) && (!is_first || now < interval_over) {
            return None;
        }
        // A flight that was never waited for has no `peek`; following it then fails at once, and the next look leads.
        if let Some(flying) = state.flying.as_ref().filter(|f| f.peek().is_none()) {
            return Some(Turn::Wait(flying.clone()));
        }
        let (landed, flying) = oneshot::channel();
        state.flying = Some(flying.shared());
        Some(Turn::Lead(landed))
    }

    /// Ends a round, published once: with the partitions that succeeded.
    fn land(&self, failure: Option<CallError>, began: Timestamp, now: Timestamp, random: &dyn Random) -> News {
        let mut state = self.state();
        let was_failing = state.failures > 0;
        let mut is_news = std::mem::take(&mut state.has_expired) || was_failing != failure.is_some();
        state.failures = if failure.is_none() { 0 } else { state.failures.saturating_add(1) };
        // A pause after trouble counts from its end: a round may have taken longer than the pause is.
        let from = if failure.is_none() { began } else { now };
        state.due_at = from.plus_ms(self.pause_ms(state.failures, random));
        state.landed_at = now;
        if failure.is_none() {
            state.whole_at = Some(now);
        }
        state.flying = None;
        state.rounds += 1;
        state.newly_failed += u64::from(failure.is_some());
        state.is_applying = false;
        state.window.expire(began);
        if state.progress.has_whole() {
            is_news |= state.publish();
        }
        let wakers = if is_news {
            state.version += 1;
            state.read_version = state.version;
            state.watchers.take_all()
        } else {
            // Whoever it is may have planned another moment.
            state.watchers.take_on_duty()
        };
        // Another error is a change, too: what an operator has to do about it is another thing.
        let is_other = failure.as_ref().is_some_and(|error| state.told.as_ref() != Some(&error.error_type));
        state.told = failure.as_ref().map(|error| error.error_type.clone());
        News {
            recovered: was_failing && failure.is_none(),
            failing: failure.filter(|_| is_other),
            skipped: state.skipped.take_change(),
            wakers,
        }
    }

    fn tell(&self, news: News) {
        news.wakers.into_iter().for_each(Waker::wake);
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
        let wakers = {
            let mut state = self.state();
            let is_due = !state.is_applying && state.window.next_expiry().is_some_and(|at| at <= now);
            if is_due { state.expire(now) } else { Vec::new() }
        };
        wakers.into_iter().for_each(Waker::wake);
        self.read_state(now)
    }

    pub(super) fn read_state(&self, now: Timestamp) -> ReadState {
        let state = self.state();
        ReadState {
            snapshot: state.snapshot.clone(),
            degraded: state.failures > 0,
            round: state.rounds,
            version: state.version,
            read_version: state.read_version,
            expires_at: state.expires_at(now),
        }
    }

    /// Whether a round is due.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.state().is_due(now)
    }

    /// How many rounds there were.
    pub fn rounds(&self) -> u64 {
        self.state().rounds
    }

    /// How old the data is: the time since the last whole round ended, or since `started_at` if there was none yet.
    pub fn data_age(&self, now: Timestamp, started_at: Timestamp) -> Duration {
        let since = self.state().whole_at.unwrap_or(started_at);
        Duration::from_micros(now.micros().saturating_sub(since.micros()))
    }

    /// Whether the last round was not whole.
    pub fn is_degraded(&self) -> bool {
        self.state().failures > 0
    }

    /// How many rounds were not whole since the last call.
    pub fn take_failed_rounds(&self) -> u64 {
        std::mem::take(&mut self.state().newly_failed)
    }

    /// How many malformed items were met since the last call, each counted once.
    pub fn take_skipped(&self) -> u64 {
        self.state().skipped.take_new()
    }
}

impl State {
    /// Whether there is a snapshot that there was not before.
    fn publish(&mut self) -> bool {
        let next = Snapshot::next(self.snapshot.as_deref(), &mut self.window);
        let is_new = next.is_some();
        if let Some(next) = next {
            self.snapshot = Some(Arc::new(next));
        }
        is_new
    }

    /// A clock that was set back must not stop the polls for as long.
    fn is_due(&self, now: Timestamp) -> bool {
        now >= self.due_at || now < self.landed_at
    }

    /// When the next item leaves by itself.
    pub(super) fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let pause_over = self.last_expiry.min(now).plus_ms(EXPIRY_PAUSE_MS);
        self.window.next_expiry().map(|at| at.max(pause_over))
    }

    /// Who has to be told.
    fn expire(&mut self, now: Timestamp) -> Vec<Waker> {
        self.window.expire(now);
        self.last_expiry = now;
        if self.snapshot.is_none() || !self.publish() {
            return Vec::new();
        }
        self.version += 1;
        self.has_expired = true;
        self.watchers.take_all()
    }
}

impl SeenItems for SharedReader {
    fn holds(&self, item: &Item) -> bool {
        let state = self.state();
        state.window.holds(item, state.progress.now())
    }
}
