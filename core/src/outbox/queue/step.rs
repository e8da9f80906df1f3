//! From one state to the next: what of it is unsent.

use super::{Queue, pending::Cause};
use crate::{
    digest::{BUCKETS, bucket_of},
    item::Ticker,
    plan::View,
    snapshot::Snapshot,
};

impl Queue {
    /// The first state: parts that equal the client's digest are skipped, and a bucket that differs is sent as a whole.
    pub(super) fn connect(&mut self, snapshot: &Snapshot) {
        let held = self.client.resume.unwrap_or_default();
        let differs: [bool; BUCKETS] =
            std::array::from_fn(|b| !held.buckets[b].equals(snapshot.bucket_part(b, self.only())));
        let prunes = self.client.view.metrics && self.only().is_none() && differs.contains(&true);
        // Without a filter the client learns from `metrics`, or from `tags`, which tickers are gone. It may have read
        // these very `metrics` while a filter told it to ignore that.
        if self.client.view.metrics && (prunes || !held.metrics.equals(snapshot.metrics_part(self.only()))) {
            self.pending.metrics(Cause::Connect);
        }
        if prunes {
            self.unpruned = differs;
            self.pending.pages(snapshot.pages(), None);
        }
        let mut send = |ticker: &Ticker| {
            if differs[bucket_of(ticker)] {
                self.pending.ticker(ticker.clone(), Cause::Connect);
            }
        };
        match &self.client.view.tickers {
            // Tickers that are named and absent are sent as well, with `count` 0: the client may hold them from
            // elsewhere.
            Some(only) => only.iter().for_each(&mut send),
            None => snapshot.tickers.keys().for_each(&mut send),
        }
    }

    pub(super) fn change(&mut self, before: &Snapshot, after: &Snapshot, after_read: bool) {
        if self.takes_whole(before, after, after_read) {
            self.whole_step = !after.step().is_empty();
            return;
        }
        self.spread(before);
        if self.client.view.metrics {
            if !before.metrics_part(self.only()).equals(after.metrics_part(self.only())) {
                self.pending.held_metrics(Cause::of_change(after.arrived_in > before.version()));
            }
            if self.only().is_none() {
                self.pending.pages(after.pages(), before.pages());
            }
        }
        if after_read {
            self.pending.release_metrics();
        }
        for (ticker, arrived) in after.changes_since(before) {
            if self.client.view.shows(&ticker) {
                self.pending.ticker(ticker, Cause::of_change(arrived));
            }
        }
    }

    /// Whether the step from one version to the next can be sent as the one write that all such readers share.
    fn takes_whole(&self, before: &Snapshot, after: &Snapshot, after_read: bool) -> bool {
        let step = after.step();
        self.client.view == View::ALL
            && after.follows(before)
            && !step.pages
            && (after_read || !step.metrics)
            && !self.whole_step
            && self.pending.is_empty()
            && self.unpruned == [false; BUCKETS]
    }

    /// Names the unsent events of the step to `target`, one by one.
    pub(super) fn spread(&mut self, target: &Snapshot) {
        if std::mem::take(&mut self.whole_step) {
            if target.step().metrics {
                self.pending.metrics(Cause::of_change(target.arrived_in == target.version()));
            }
            for (ticker, arrived) in &target.step().tickers {
                self.pending.ticker(ticker.clone(), Cause::of_change(*arrived));
            }
        }
    }
}
