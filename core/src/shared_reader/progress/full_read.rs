//! A read of the whole window, over several rounds if need be.

use super::pass::Pass;
use crate::item::Item;
use lambda_trace::Timestamp;

/// A read of the whole window. All partitions belong together.
#[derive(Debug)]
pub(in crate::shared_reader) struct FullRead {
    pub(in crate::shared_reader) began: Timestamp,
    pub(in crate::shared_reader) began_in: u64,
    /// The newest date of what was left out because the window is full.
    pub(in crate::shared_reader) cut: Option<Timestamp>,
    pub(in crate::shared_reader) items: Vec<Item>,
    pub(super) passes: [Pass; 3],
    /// While pages are read from the newest item on, items may move from the unread part to the read part, of any
    /// partition.
    pub(super) catch_up: Option<[Pass; 3]>,
}

impl FullRead {
    pub(super) fn is_complete(&self) -> bool {
        match &self.catch_up {
            Some(passes) => passes.iter().all(|pass| pass.is_done),
            None => self.passes.iter().all(|pass| pass.is_done && pass.pages <= 1),
        }
    }

    /// Keeps the newest items: all partitions together hold no more than the window may.
    pub(super) fn trim(&mut self, max: usize) {
        let mut dates: Vec<_> = self.items.iter().map(|item| item.updated_at).collect();
        let at = dates.len() - max.clamp(1, dates.len());
        let (_, oldest, _) = dates.select_nth_unstable(at);
        let oldest = *oldest;
        let left = self.items.iter().map(|item| item.updated_at).filter(|date| *date < oldest).max();
        self.items.retain(|item| item.updated_at >= oldest);
        self.cut = self.cut.max(left);
    }

    /// What is older than the cut is not read.
    pub(super) fn stop_behind_cut(&mut self) {
        let Some(cut) = self.cut else { return };
        for pass in self.catch_up.as_mut().unwrap_or(&mut self.passes) {
            pass.is_done |= pass.oldest.is_some_and(|oldest| oldest <= cut);
        }
    }
}
