//! How far each partition has been read. These are plain data that outlive rounds and streams: the pages of a read that
//! failed, or whose stream ended, are kept, and the next round continues after them.

mod full_read;
mod pass;

use super::round::ReadPlan;
use crate::{
    item::{Item, Sentiment},
    ports::{Dates, Page, PageToken},
};
use full_read::FullRead;
use lambda_trace::Timestamp;
use pass::Pass;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Recent,
    Full,
    Misdated,
}

/// The next call of a partition.
pub(super) struct Next {
    purpose: Purpose,
    pub(super) dates: Dates,
    pub(super) after: Option<PageToken>,
}

impl Next {
    fn of(pass: &Pass, purpose: Purpose) -> Self {
        Self { purpose, dates: Dates::Since(pass.since), after: pass.after.clone() }
    }
}

/// The progress of all partitions.
#[derive(Debug)]
pub(super) struct Progress {
    plan: ReadPlan,
    round: u64,
    now: Timestamp,
    newest: [Timestamp; 3],
    recent: [Option<Pass>; 3],
    is_recent_done: [bool; 3],
    full: Option<FullRead>,
    full_due_at: Option<Timestamp>,
    /// By partition, whether it has to be asked for the items that no other call returns: with each read of the whole window, but for
    /// the first one, which somebody waits for; there in the round behind it.
    is_misdated_due: [bool; 3],
    /// Recently read items that are not applied yet.
    pub(super) inbox: Vec<Item>,
}

impl Progress {
    pub(super) fn new(plan: ReadPlan) -> Self {
        Self {
            plan,
            round: 0,
            now: Timestamp::default(),
            newest: Default::default(),
            recent: Default::default(),
            is_recent_done: Default::default(),
            full: None,
            full_due_at: None,
            is_misdated_due: [false; 3],
            inbox: Vec::new(),
        }
    }

    /// Begins a round, possibly within a pass that an earlier one left; returns its number.
    pub(super) fn begin_round(&mut self, now: Timestamp) -> u64 {
        self.round += 1;
        self.now = now;
        self.is_recent_done = [false; 3];
        // The next read is never further away than the interval, unless the clock was set back.
        let last = now.plus(self.plan.full_interval);
        if let Some(full) = &mut self.full {
            // What was never asked cannot be out of date.
            full.passes.iter_mut().filter(|pass| pass.pages == 0).for_each(|pass| pass.began_in = self.round);
        }
        if self.full.is_none() && self.full_due_at.is_none_or(|at| at <= now || at > last) {
            let (edge, round) = (self.edge(), self.round);
            self.is_misdated_due = [self.has_whole(); 3];
            self.full = Some(FullRead {
                began: now,
                began_in: round,
                cut: None,
                items: Vec::new(),
                passes: std::array::from_fn(|_| Pass::new(edge, round)),
                catch_up: None,
            });
        }
        self.round
    }

    /// The number of the current round.
    pub(super) const fn round(&self) -> u64 {
        self.round
    }

    /// When the current round began.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the whole window has been read at least once.
    pub(super) const fn has_whole(&self) -> bool {
        self.full_due_at.is_some()
    }

    fn edge(&self) -> Timestamp {
        self.now.minus(self.plan.span)
    }

    /// The partition's next call in this round.
    pub(super) fn next(&mut self, sentiment: Sentiment) -> Option<Next> {
        let s = sentiment.index();
        // A read of the whole window that takes several rounds must not delay news.
        let is_resumed = self.full.as_ref().is_none_or(|full| full.began_in < self.round);
        if self.has_whole() && is_resumed && !self.is_recent_done[s] {
            // A date ahead of the clock must not move the mark beyond the present: later items with correct dates would
            // be missed.
            let since = self.newest[s].min(self.now).minus(self.plan.overlap).max(self.edge());
            let pass = self.recent[s].get_or_insert_with(|| Pass::new(since, self.round));
            return Some(Next::of(pass, Purpose::Recent));
        }
        if self.is_misdated_due[s] {
            return Some(Next { purpose: Purpose::Misdated, dates: Dates::BeforeAny, after: None });
        }
        let pass = self.full.as_ref().map(|full| &full.catch_up.as_ref().unwrap_or(&full.passes)[s])?;
        (!pass.is_done).then(|| Next::of(pass, Purpose::Full))
    }

    /// Takes the response.
    pub(super) fn take(&mut self, sentiment: Sentiment, next: &Next, mut page: Page) {
        let s = sentiment.index();
        if next.purpose == Purpose::Recent {
            let Some(pass) = &mut self.recent[s] else { return };
            pass.take(&mut page);
            pass.is_done |= pass.items > self.plan.max_items;
            self.inbox.append(&mut page.items);
            if pass.is_done {
                self.newest[s] = self.newest[s].max(pass.newest);
                // What an earlier round left says nothing of what was written since that round began.
                self.is_recent_done[s] = pass.began_in == self.round;
                self.recent[s] = None;
            }
            return;
        }
        if next.purpose == Purpose::Misdated {
            self.is_misdated_due[s] = false;
            return;
        }
        let Some(full) = &mut self.full else { return };
        let is_catching_up = full.catch_up.is_some();
        full.catch_up.as_mut().unwrap_or(&mut full.passes)[s].take(&mut page);
        // Expired items need not be named in a read of the whole window; a table whose items all expire may hold many.
        let now = self.now;
        full.items.extend(page.items.into_iter().filter(|item| item.is_live(now)));
        let max = self.plan.max_items;
        // What is read twice must not displace what was read once.
        if !is_catching_up && full.items.len() > max + max / 8 {
            full.trim(max);
        }
        full.stop_behind_cut();
    }

    /// Whether the partitions, which were read once, have to be read again.
    pub(super) fn begin_catch_up(&mut self) -> bool {
        let (round, has_whole) = (self.round, self.has_whole());
        let Some(full) = &mut self.full else { return false };
        let is_old = |pass: &Pass| !has_whole && pass.began_in < round;
        let is_due = full.catch_up.is_none()
            && full.passes.iter().all(|pass| pass.is_done)
            && full.passes.iter().any(|pass| pass.pages > 1 || is_old(pass));
        if is_due {
            let since = full.began.minus(self.plan.overlap);
            full.catch_up = Some(std::array::from_fn(|_| Pass::new(since, self.round)));
        }
        is_due
    }

    /// The read of the whole window, if it is complete.
    pub(super) fn complete(&mut self) -> Option<&mut FullRead> {
        self.full.as_mut().filter(|full| full.is_complete())
    }

    /// Ends the read of the whole window; the next one is due at that time.
    pub(super) fn end_full(&mut self, next_due_at: Timestamp) {
        let Some(full) = self.full.take() else { return };
        for (s, newest) in self.newest.iter_mut().enumerate() {
            *newest = full.passes[s].newest.max(*newest);
        }
        if self.full_due_at.replace(next_due_at).is_none() {
            self.is_misdated_due = [true; 3];
        }
    }
}
