//! The state events that are unsent, in the order in which they go out.

use crate::{item::Ticker, snapshot::TagsPage};
use std::{collections::BTreeMap, sync::Arc};

/// Why a state event is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The client has just connected.
    Connect,
    /// Items left the window or expired.
    Departure,
    /// An item arrived or was rewritten.
    Arrival,
}

impl Cause {
    pub(super) const fn of_change(arrived: bool) -> Self {
        if arrived { Self::Arrival } else { Self::Departure }
    }
}

/// A state event that goes into a write.
pub(super) enum StateEvent {
    Metrics,
    Page(TagsPage),
    Ticker(Ticker),
}

#[derive(Default)]
enum Metrics {
    #[default]
    Sent,
    /// It waits for the next round of reading.
    Held(Cause),
    Due(Cause),
}

/// The unsent events. A newer cause replaces the older one of the same event.
#[derive(Default)]
pub(super) struct Pending {
    metrics: Metrics,
    /// The pages of `tags`, by the name that they begin with.
    pages: BTreeMap<Box<str>, TagsPage>,
    tickers: BTreeMap<Ticker, Cause>,
}

impl Pending {
    pub(super) fn metrics(&mut self, cause: Cause) {
        self.metrics = Metrics::Due(cause);
    }

    pub(super) fn held_metrics(&mut self, cause: Cause) {
        self.metrics = match std::mem::take(&mut self.metrics) {
            Metrics::Sent => Metrics::Held(cause),
            Metrics::Held(before) => Metrics::Held(before.max(cause)),
            Metrics::Due(before) => Metrics::Due(before.max(cause)),
        };
    }

    pub(super) fn release_metrics(&mut self) {
        if let Metrics::Held(cause) = self.metrics {
            self.metrics = Metrics::Due(cause);
        }
    }

    /// The pages of a new set that differ from the previous one, and those of that one that are still unsent.
    pub(super) fn pages(&mut self, after: Option<&Arc<[TagsPage]>>, before: Option<&Arc<[TagsPage]>>) {
        let Some(after) = after else { return self.pages.clear() };
        if before.is_some_and(|before| Arc::ptr_eq(before, after)) {
            return;
        }
        let unsent = std::mem::take(&mut self.pages);
        let same = |page: &TagsPage| {
            before.is_some_and(|before| {
                before.binary_search_by(|b| b.from.cmp(&page.from)).is_ok_and(|at| before[at] == *page)
            })
        };
        let sent = |page: &&TagsPage| same(page) && !unsent.contains_key(&page.from);
        self.pages = after.iter().filter(|page| !sent(page)).map(|page| (page.from.clone(), page.clone())).collect();
    }

    pub(super) fn ticker(&mut self, ticker: Ticker, cause: Cause) {
        let before = self.tickers.entry(ticker).or_insert(cause);
        *before = (*before).max(cause);
    }

    pub(super) fn tickers(&self) -> impl Iterator<Item = &Ticker> {
        self.tickers.keys()
    }

    pub(super) const fn has_metrics(&self) -> bool {
        !matches!(self.metrics, Metrics::Sent)
    }

    /// Whether nothing is unsent.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_metrics() && self.pages.is_empty() && self.tickers.is_empty()
    }

    /// Whether an event may be sent now.
    pub(super) fn is_due(&self) -> bool {
        matches!(self.metrics, Metrics::Due(_)) || !self.pages.is_empty() || !self.tickers.is_empty()
    }

    /// Whether everything that names tickers was sent.
    pub(super) fn is_pruned(&self) -> bool {
        !self.has_metrics() && self.pages.is_empty()
    }

    /// The next event: `metrics` before the pages that it announces, and names before the states that they stand for.
    pub(super) fn next(&mut self) -> Option<(StateEvent, Cause)> {
        if let Metrics::Due(cause) = self.metrics {
            self.metrics = Metrics::Sent;
            return Some((StateEvent::Metrics, cause));
        }
        if let Some((_, page)) = self.pages.pop_first() {
            return Some((StateEvent::Page(page), Cause::Departure));
        }
        self.tickers.pop_first().map(|(ticker, cause)| (StateEvent::Ticker(ticker), cause))
    }
}
