//! What was read goes into the window, in slices between which everything else may go on.

use super::state::State;
use crate::{item::Sentiment, ports::Random, window::Source};
use lambda_trace::Timestamp;

/// The number of items that are applied before other work may go on: about a millisecond.
pub(super) const SLICE_ITEMS: usize = 256;
/// The next read of the whole window comes up to this many percent sooner than its interval, so that environments that
/// started together do not read their windows together.
const FULL_READ_JITTER_PERCENT: u32 = 20;

impl State {
    /// Applies a slice of what was read; returns the number of items, or `None` if there are no more. What a dropped
    /// leader left is applied by the next one.
    pub(super) fn apply_slice(&mut self, now: Timestamp, is_whole_round: bool, random: &dyn Random) -> Option<usize> {
        let Self { plan, progress, window, skipped, is_applying, .. } = self;
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
                let interval = plan.full_interval;
                let least = interval * (100 - FULL_READ_JITTER_PERCENT) / 100;
                let next_due_at = full.began.plus(random.time_between(least, interval));
                window.end_whole(since);
                skipped.forget_unread(&Sentiment::ALL, since);
                progress.end_full(next_due_at);
            }
            return Some(read - from);
        }
        window.trim(SLICE_ITEMS).then_some(SLICE_ITEMS)
    }
}
