//! The cell: one stream reads for all. What is known stands in `state`; here is who reads, and what the others wait for.

use super::{
    apply::SLICE_ITEMS,
    progress::Next,
    round::{ReadPlan, give_way},
    state::{ReadState, State, Turn},
};
use crate::{
    item::{Item, Sentiment, latest_date},
    ports::{OperatorLog, Page, Poller, Query, Random, SeenItems},
    sync::{Mutex, MutexGuard},
};
use futures::future::{BoxFuture, join_all};
use lambda_trace::{CallError, Clock, Timestamp};
use std::{
    sync::{Arc, PoisonError},
    task::Waker,
    time::Duration,
};

/// The stream that made the last round of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The stream that asks.
    Led,
    /// Another stream, while this one waited or before it asked.
    Shared,
}

/// The reading of one process, shared by its streams and across its invocations.
pub struct SharedReader {
    operator_log: Arc<dyn OperatorLog>,
    state: Mutex<State>,
}

impl SharedReader {
    /// Nothing has been read yet.
    pub fn new(plan: ReadPlan, operator_log: Arc<dyn OperatorLog>) -> Self {
        Self { operator_log, state: Mutex::new(State::new(plan)) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, read anew if that is due. `is_first` stands for a stream that has shown no state yet: it reads after
    /// a poll interval even while failed rounds are followed by longer pauses. Cancel-safe: what a dropped leader had
    /// read is kept, and another stream continues after it.
    pub async fn read(
        &self,
        clock: &dyn Clock,
        random: &dyn Random,
        poller: &dyn Poller,
        is_first: bool,
    ) -> (ReadState, Role) {
        loop {
            let now = clock.now();
            let turn = self.state().turn(now, is_first);
            match turn {
                None => {
                    self.expire(now);
                    return (self.read_state(), Role::Shared);
                }
                Some(Turn::Wait(landed)) => {
                    // The result is for all who waited, even if the round took so long that the next one is due:
                    // otherwise all except its leader would wait for the next round, and so on. An error means that the
                    // leader was dropped: look again, and perhaps take the lead.
                    if landed.await.is_ok() {
                        self.expire(clock.now());
                        return (self.read_state(), Role::Shared);
                    }
                }
                Some(Turn::Lead(landed)) => {
                    let failure = self.read_round(now, poller).await;
                    self.apply(now, failure.is_none(), random).await;
                    let landed_at = clock.now();
                    let news = self.state().land(failure, now, landed_at, random);
                    news.tell(&*self.operator_log);
                    // There may be no follower.
                    let _ = landed.send(());
                    return (self.read_state(), Role::Led);
                }
            }
        }
    }

    /// Reads all partitions concurrently and independently: one that fails costs the others nothing. Returns the last
    /// failure, if any.
    async fn read_round(&self, now: Timestamp, poller: &dyn Poller) -> Option<CallError> {
        let round = {
            let mut state = self.state();
            let round = state.progress.begin_round(now);
            state.window.begin_round(round);
            round
        };
        loop {
            // Boxed one by one: with a borrowing closure the whole would not be `Send` (rustc cannot name the
            // lifetime).
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
            let (dates, after, latest) = (next.dates, next.after.as_ref(), latest_date(now));
            let page = poller.page(Query { round, sentiment, dates, latest, after, known: self }).await?;
            let is_large = page.returned >= SLICE_ITEMS;
            self.take(sentiment, &next, page);
            if is_large {
                give_way().await;
            }
        }
    }

    fn take(&self, sentiment: Sentiment, next: &Next, page: Page) {
        let mut state = self.state();
        let round = state.progress.round();
        for item in &page.skipped {
            state.skipped.note(sentiment, item, round);
        }
        state.progress.take(sentiment, next, page);
    }

    /// Applies what was read, in slices. What a dropped leader left is applied by the next one.
    async fn apply(&self, now: Timestamp, is_whole_round: bool, random: &dyn Random) {
        loop {
            let applied = self.state().apply_slice(now, is_whole_round, random);
            match applied {
                None => return,
                Some(items) if items >= SLICE_ITEMS => give_way().await,
                Some(_) => {}
            }
        }
    }

    /// Removes what left the window or expired, without a read.
    pub fn expire(&self, now: Timestamp) {
        let wakers = self.state().expire(now);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// When the next item leaves by itself.
    pub(super) fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().expires_at(now)
    }

    fn read_state(&self) -> ReadState {
        self.state().read_state()
    }

    /// Whether a round is due.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.state().is_due(now)
    }

    /// The number of rounds so far.
    pub fn rounds(&self) -> u64 {
        self.state().rounds
    }

    /// The age of the data: the time since the last whole round ended, or since `started_at` if there was none yet.
    pub fn data_age(&self, now: Timestamp, started_at: Timestamp) -> Duration {
        let since = self.state().whole_at.unwrap_or(started_at);
        Duration::from_micros(now.micros().saturating_sub(since.micros()))
    }

    /// Whether a partition failed in the last round.
    pub fn is_degraded(&self) -> bool {
        self.state().failures > 0
    }

    /// The number of rounds with a failure since the last call.
    pub fn take_failed_rounds(&self) -> u64 {
        std::mem::take(&mut self.state().newly_failed)
    }

    /// The number of malformed items that were found since the last call, each counted once.
    pub fn take_skipped(&self) -> u64 {
        self.state().skipped.take_new()
    }
}

impl SeenItems for SharedReader {
    fn holds(&self, item: &Item) -> bool {
        self.state().holds(item)
    }
}
