//! What was read last, when the next read is due, and who is reading now. It reads nothing.

use super::{progress::Progress, round::ReadPlan, skipped::SkippedItems, watchers::Watchers};
use crate::{
    item::Item,
    snapshot::Snapshot,
    trouble::Trouble,
    window::{Window, WindowLimits},
};
use futures::{FutureExt, channel::oneshot, future::Shared};
use lambda_trace::Timestamp;
use std::{sync::Arc, task::Waker, time::Duration};

/// The shortest time between two removals of items that leave the window or expire.
pub(super) const EXPIRY_PAUSE: Duration = Duration::from_secs(1);

/// What a stream may show now.
#[derive(Clone, Debug)]
pub struct ReadState {
    /// The snapshot; `None` if the whole window has never been read.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Whether a partition failed in the last round.
    pub degraded: bool,
    /// The number of rounds of this process.
    pub round: u64,
    /// The number of changes that streams were told of.
    pub version: u64,
    /// The last version that a round of reading made.
    pub read_version: u64,
}

pub(super) struct State {
    pub(super) plan: ReadPlan,
    pub(super) window: Window,
    pub(super) progress: Progress,
    /// A round is being applied: the window is between two states, neither of which may be shown.
    pub(super) is_applying: bool,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    pub(super) flying: Option<Shared<oneshot::Receiver<()>>>,
    pub(super) due_at: Timestamp,
    /// When the last round ended.
    pub(super) landed_at: Timestamp,
    pub(super) failures: u32,
    pub(super) trouble: Trouble,
    /// When the last round without a failure ended.
    pub(super) whole_at: Option<Timestamp>,
    pub(super) rounds: u64,
    /// The number of changes that streams were told of: another snapshot, or that polling began to fail or works again.
    pub(super) version: u64,
    pub(super) read_version: u64,
    /// Whether items left the window or expired since the last round: the next round is news, whatever it finds.
    pub(super) has_expired: bool,
    pub(super) newly_failed: u64,
    pub(super) last_expiry: Timestamp,
    pub(super) skipped: SkippedItems,
    pub(super) watchers: Watchers,
}

/// What a stream that wants the state read has to do.
pub(super) enum Turn {
    /// Another one reads.
    Wait(Shared<oneshot::Receiver<()>>),
    /// Read, and say so.
    Lead(oneshot::Sender<()>),
}

impl State {
    /// Nothing read yet.
    pub(super) fn new(plan: ReadPlan) -> Self {
        let window = Window::new(WindowLimits { span: plan.span, max_items: plan.max_items });
        let start = Timestamp::default();
        Self {
            plan,
            window,
            progress: Progress::new(plan),
            is_applying: false,
            snapshot: None,
            flying: None,
            due_at: start,
            landed_at: start,
            failures: 0,
            trouble: Trouble::default(),
            whole_at: None,
            rounds: 0,
            version: 0,
            read_version: 0,
            has_expired: false,
            newly_failed: 0,
            last_expiry: start,
            skipped: SkippedItems::new(plan.max_items),
            watchers: Watchers::default(),
        }
    }

    /// `None` if nothing is due.
    pub(super) fn turn(&mut self, now: Timestamp, is_first: bool) -> Option<Turn> {
        let interval_over = self.landed_at.plus(self.plan.interval);
        if !self.is_due(now) && (!is_first || now < interval_over) {
            return None;
        }
        // A flight that was never polled has no `peek`; following it then fails immediately, and the next look takes
        // the lead.
        if let Some(flying) = self.flying.as_ref().filter(|f| f.peek().is_none()) {
            return Some(Turn::Wait(flying.clone()));
        }
        let (landed, flying) = oneshot::channel();
        self.flying = Some(flying.shared());
        Some(Turn::Lead(landed))
    }

    /// Whether there is a new snapshot.
    pub(super) fn publish(&mut self) -> bool {
        let next = Snapshot::next(self.snapshot.as_deref(), &mut self.window);
        let is_new = next.is_some();
        if let Some(next) = next {
            self.snapshot = Some(Arc::new(next));
        }
        is_new
    }

    /// A clock that was set back must not stop the polls for as long as it was set back.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.due_at || now < self.landed_at
    }

    /// When the next item leaves the window or expires.
    pub(super) fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let pause_over = self.last_expiry.min(now).plus(EXPIRY_PAUSE);
        self.window.next_expiry().map(|at| at.max(pause_over))
    }

    /// Removes what left the window or expired, unless a round is being applied; returns the wakers of those who have
    /// to be told.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<Waker> {
        if self.is_applying || self.window.next_expiry().is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.window.expire(now);
        self.last_expiry = now;
        if self.snapshot.is_none() || !self.publish() {
            return Vec::new();
        }
        self.version += 1;
        self.has_expired = true;
        self.watchers.take_all()
    }

    /// What a stream may show.
    pub(super) fn read_state(&self) -> ReadState {
        ReadState {
            snapshot: self.snapshot.clone(),
            degraded: self.failures > 0,
            round: self.rounds,
            version: self.version,
            read_version: self.read_version,
        }
    }

    /// Whether reading this version of an item changes nothing.
    pub(super) fn holds(&self, item: &Item) -> bool {
        self.window.holds(item, self.progress.now())
    }
}
