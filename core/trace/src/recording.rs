//! A sampled stream on its way to its sink: the handle, and what was created.

use crate::StreamSpans;
use std::sync::{Arc, atomic::AtomicU64};

/// Shared by the phase, the flush and the rescue.
#[derive(Clone)]
pub(super) struct Recording {
    pub(super) spans: Arc<dyn StreamSpans>,
    pub(super) counts: Arc<Counts>,
}

/// What a stream counts while it runs.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) created: AtomicU64,
    pub(super) failures: AtomicU64,
}
