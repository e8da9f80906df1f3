//! `connection_acquire` and `connection_release`. A slot is taken before the status line is known, so the permit is
//! plain and owned. Inside the session it becomes a guard that borrows the invocation, and records its release.

use super::StreamRecord;
use crate::{
    names,
    ports::{ConnectionPool, Untraced},
};
use lambda_trace::{Invocation, Span, SpanKind, Streaming};

/// A slot that was taken.
#[must_use = "dropping it gives the slot back"]
pub struct Permit(Option<Untraced<dyn ConnectionPool>>);

/// A slot that the session of this invocation holds. Dropping it records the release.
#[must_use = "dropping it gives the slot back"]
pub struct Slot<'i> {
    invocation: &'i Invocation<Streaming>,
    record: &'i StreamRecord,
    pool: Untraced<dyn ConnectionPool>,
}

/// Takes a slot; `None` if all are taken, which the span shows as well.
pub fn acquire(
    invocation: &Invocation<Streaming>,
    record: &StreamRecord,
    pool: &Untraced<dyn ConnectionPool>,
) -> Option<Permit> {
    let mut span = invocation.span(names::ACQUIRE, SpanKind::Internal);
    let raw = pool.open();
    let taken = raw.acquire();
    describe(&mut span, record, taken.unwrap_or_else(|| raw.count()), raw.max());
    taken.map(|_| Permit(Some(pool.clone())))
}

impl Permit {
    /// Holds the slot for the life of the session.
    pub(crate) fn hold<'i>(
        mut self,
        invocation: &'i Invocation<Streaming>,
        record: &'i StreamRecord,
    ) -> Option<Slot<'i>> {
        self.0.take().map(|pool| Slot { invocation, record, pool })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(pool) = self.0.take() {
            pool.open().release();
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut span = self.invocation.span(names::RELEASE, SpanKind::Internal);
        let pool = self.pool.open();
        let left = pool.release();
        describe(&mut span, self.record, left, pool.max());
    }
}

fn describe(span: &mut Span<'_, Streaming>, record: &StreamRecord, count: usize, max: usize) {
    if span.is_recording() {
        span.set("connection_id", record.connection_id().as_str().to_owned());
        span.set("current_count", count);
        span.set("max_connections", max);
    }
}
