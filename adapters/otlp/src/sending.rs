//! Sending what the store holds: one attempt at a time, one stream a request, and nothing lost whatever happens to the
//! future that does it.

use super::{
    attempt::{Attempt, ExportOutcome},
    buffer::SpanCounts,
    buffered::BufferedSpan,
    pipeline::Pipeline,
    store::BufferId,
};
use lambda_trace::{FlushOutcome, Timestamp};
use opentelemetry_otlp::SpanExporter;

/// The limit of a flush or an export.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    /// When its caller drops it, or soon after.
    pub(super) until: Timestamp,
    /// The last moment for an attempt to begin.
    latest: Timestamp,
}

/// What became of the spans of one stream.
#[derive(Clone, Copy)]
enum Sent {
    /// Each request was answered for good.
    All(FlushOutcome),
    /// Nothing more is to be sent now, of this stream or of another.
    Stopped(FlushOutcome),
}

impl Pipeline {
    /// Own spans first, then what was retained.
    pub(super) async fn send_all(&self, own: Option<BufferId>, until: Timestamp) -> FlushOutcome {
        if !self.store().has_work(own) {
            return FlushOutcome::Ok;
        }
        if let Some(outcome) = self.store().held_back(self.clock.now()) {
            return outcome;
        }
        let limit = self.limit(until);
        let _late = LateLines(self);
        let exporter = self.exporter.lock().await;
        let mut worst = FlushOutcome::Ok;
        let retained = self.store().with_retained();
        let others = retained.into_iter().filter(|id| Some(*id) != own);
        for id in own.into_iter().chain(others) {
            match self.send_stream(&exporter, id, Some(id) == own, limit).await {
                Sent::All(outcome) => worst = worst.max(outcome),
                Sent::Stopped(outcome) => return worst.max(outcome),
            }
        }
        self.collector_watch.all_taken(worst);
        worst
    }

    /// Every stream with something pending, what failed of it before first; then, if the collector takes them, the others' retained
    /// spans. Nothing at all if something is being sent: an export that waited for its turn might get it when its stream, which
    /// drives it, is about to end.
    pub(super) async fn send_pending(&self, until: Timestamp) {
        let Some(exporter) = self.exporter.try_lock() else { return };
        let limit = self.limit(until);
        let _late = LateLines(self);
        let pending = self.store().with_pending();
        let mut worst = FlushOutcome::Ok;
        for id in pending {
            match self.send_stream(&exporter, id, true, limit).await {
                Sent::All(outcome) => worst = worst.max(outcome),
                Sent::Stopped(_) => return,
            }
        }
        let retained = self.store().with_retained();
        for id in retained {
            match self.send_stream(&exporter, id, false, limit).await {
                Sent::All(outcome) => worst = worst.max(outcome),
                Sent::Stopped(_) => return,
            }
        }
        self.collector_watch.all_taken(worst);
    }

    /// Near the limit no attempt begins, unless that was near from the start.
    fn limit(&self, until: Timestamp) -> Limit {
        Limit { until, latest: until.minus(self.limits.attempt).max(self.clock.now()) }
    }

    /// All spans of one stream, until an attempt asks for patience.
    async fn send_stream(&self, exporter: &SpanExporter, id: BufferId, pending: bool, limit: Limit) -> Sent {
        let mut worst = FlushOutcome::Ok;
        while self.store().has_batch(id, pending) {
            let now = self.clock.now();
            // An export that this flush waited for may have begun the wait.
            if let Some(outcome) = self.store().held_back(now) {
                return Sent::Stopped(worst.max(outcome));
            }
            if now > limit.latest {
                return Sent::Stopped(FlushOutcome::Timeout);
            }
            let batch = self.take_batch(id, pending, now);
            if batch.is_empty() {
                worst = worst.max(FlushOutcome::Rejected);
                continue;
            }
            let outcome = Attempt::begin(self, id, batch, limit.until).make(exporter).await;
            worst = worst.max(outcome.flush_outcome());
            if outcome == ExportOutcome::Unavailable {
                return Sent::Stopped(worst);
            }
        }
        Sent::All(worst)
    }

    /// The next request of a stream. Spans that are too old for the far side are written to the log instead: they would be refused, and
    /// a request that holds one may be refused whole.
    fn take_batch(&self, id: BufferId, pending: bool, now: Timestamp) -> Vec<BufferedSpan> {
        let is_too_old = |buffered: &BufferedSpan| now.since(buffered.span.start) > self.limits.span_age;
        let batch = self.store().take_batch(id, pending);
        let (too_old, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_too_old);
        if !too_old.is_empty() {
            let logged = too_old.len() as u64;
            self.store().settle(id, too_old.len(), SpanCounts { logged, ..SpanCounts::default() });
            self.print(&too_old);
        }
        batch
    }
}

/// Writes the late lines of a flush, however it ends.
struct LateLines<'a>(&'a Pipeline);

impl Drop for LateLines<'_> {
    fn drop(&mut self) {
        self.0.write_late_lines();
    }
}
