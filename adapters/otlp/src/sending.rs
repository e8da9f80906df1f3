//! Sending what the store holds: one attempt at a time, and nothing lost whatever happens to the future that does it. A stream's
//! own spans are requests of their own; what several streams had to retain shares requests.

use super::{
    attempt::{Attempt, ExportOutcome},
    batch::Batch,
    pipeline::Shared,
    span_counts::SpanCounts,
    stream_id::BufferId,
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

/// What became of some spans.
#[derive(Clone, Copy)]
enum Sent {
    /// Each request was answered for good.
    All(FlushOutcome),
    /// Nothing more is to be sent now, of this stream or of another.
    Stopped(FlushOutcome),
}

impl Shared {
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
        if let Some(own) = own {
            match self.send_stream(&exporter, own, true, limit).await {
                Sent::All(outcome) => worst = outcome,
                Sent::Stopped(outcome) => return outcome,
            }
        }
        match self.send_retained(&exporter, limit).await {
            Sent::All(outcome) => worst = worst.max(outcome),
            Sent::Stopped(outcome) => return worst.max(outcome),
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
        if let Sent::All(outcome) = self.send_retained(&exporter, limit).await {
            self.collector_watch.all_taken(worst.max(outcome));
        }
    }

    /// Near the limit no attempt begins, unless that was near from the start.
    fn limit(&self, until: Timestamp) -> Limit {
        Limit { until, latest: until.minus(self.limits.attempt).max(self.clock.now()) }
    }

    /// All spans of one stream, until an attempt asks for patience.
    async fn send_stream(&self, exporter: &SpanExporter, id: BufferId, pending: bool, limit: Limit) -> Sent {
        let mut worst = FlushOutcome::Ok;
        while self.store().has_batch(id, pending) {
            if let Some(outcome) = self.held_back(limit) {
                return Sent::Stopped(worst.max(outcome));
            }
            let batch = self.store().take_batch(id, pending);
            let batch = self.without_too_old(batch);
            if batch.is_empty() {
                worst = worst.max(FlushOutcome::Rejected);
                continue;
            }
            let outcome = Attempt::begin(self, batch, limit.until).make(exporter).await;
            worst = worst.max(outcome.flush_outcome());
            if outcome == ExportOutcome::Unavailable {
                return Sent::Stopped(worst);
            }
        }
        Sent::All(worst)
    }

    /// What is retained of all streams, as many of them a request as fit into it, until an attempt asks for patience. A request that
    /// is refused for good is parted: otherwise what a collector never takes would cost the spans of another stream.
    async fn send_retained(&self, exporter: &SpanExporter, limit: Limit) -> Sent {
        let mut worst = FlushOutcome::Ok;
        while self.store().has_retained() {
            if let Some(outcome) = self.held_back(limit) {
                return Sent::Stopped(worst.max(outcome));
            }
            let batch = self.store().take_retained();
            let batch = self.without_too_old(batch);
            if batch.is_empty() {
                worst = worst.max(FlushOutcome::Rejected);
                continue;
            }
            let streams: Vec<_> = batch.parts.iter().map(|part| part.id).collect();
            let outcome = Attempt::begin(self, batch, limit.until).make(exporter).await;
            worst = worst.max(outcome.flush_outcome());
            match outcome {
                ExportOutcome::Unavailable => return Sent::Stopped(worst),
                ExportOutcome::ToBeParted => {
                    for id in streams {
                        match self.send_stream(exporter, id, false, limit).await {
                            Sent::All(outcome) => worst = worst.max(outcome),
                            Sent::Stopped(outcome) => return Sent::Stopped(worst.max(outcome)),
                        }
                    }
                }
                ExportOutcome::Delivered | ExportOutcome::Partly(_) | ExportOutcome::Rejected => {}
            }
        }
        Sent::All(worst)
    }

    /// Those of a batch that are too old for the far side are written to the log: they would be refused, and a request that holds one
    /// may be refused whole.
    fn without_too_old(&self, mut batch: Batch) -> Batch {
        let now = self.clock.now();
        let too_old = batch.take_out(|buffered| now.since(buffered.span.start) > self.limits.span_age);
        for part in &too_old.parts {
            let logged = part.spans.len() as u64;
            self.store().settle(part.id, part.spans.len(), SpanCounts { logged, ..SpanCounts::default() });
        }
        self.print(too_old.spans());
        batch
    }

    /// How a flush ends now though there is more to send: because of patience that an export which it waited for was asked for, or
    /// because its limit is near.
    fn held_back(&self, limit: Limit) -> Option<FlushOutcome> {
        let now = self.clock.now();
        self.store().held_back(now).or_else(|| (now > limit.latest).then_some(FlushOutcome::Timeout))
    }
}

/// Writes the late lines of a flush, however it ends.
struct LateLines<'a>(&'a Shared);

impl Drop for LateLines<'_> {
    fn drop(&mut self) {
        self.0.write_late_lines();
    }
}
