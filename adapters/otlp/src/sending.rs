//! Sending what the store holds: one attempt at a time, and nothing lost whatever happens to the future that does it. A stream's
//! own spans go first. Where they leave room in a request, those of other streams that end at the same time go with them, so that a
//! thousand ends cost the collector as many requests as their spans fill, and not a thousand.

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
    /// When the caller drops it, or soon after.
    pub(super) until: Timestamp,
    /// The last moment for an attempt to begin.
    latest: Timestamp,
}

/// The result of sending some spans.
#[derive(Clone, Copy)]
enum Sent {
    /// Each request had a final response.
    All(FlushOutcome),
    /// Nothing more is to be sent now, neither of this stream nor of another.
    Stopped(FlushOutcome),
}

impl Shared {
    /// Sends the stream's own spans first, then retained ones.
    pub(super) async fn send_all(&self, own: Option<BufferId>, until: Timestamp) -> FlushOutcome {
        if !self.store().has_work(own) {
            return FlushOutcome::Ok;
        }
        if let Some(outcome) = self.store().held_back(self.clock.now()) {
            return outcome;
        }
        if let Some(own) = own {
            self.store().ends(own);
        }
        let limit = self.limit(until);
        let _late = LateLines(self);
        let exporter = self.exporter.lock().await;
        let mut worst = FlushOutcome::Ok;
        if let Some(own) = own {
            match self.send_ending(&exporter, own, limit).await {
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

    /// Every stream with something pending, as many of them a request as fit into it, what failed of one before first; then, if the
    /// collector takes them, the others' retained spans. Nothing at all if something is being sent: an export that waited for its
    /// turn might get it when its stream, which drives it, is about to end.
    pub(super) async fn send_pending(&self, until: Timestamp) {
        let Some(exporter) = self.exporter.try_lock() else { return };
        let limit = self.limit(until);
        let _late = LateLines(self);
        let mut worst = FlushOutcome::Ok;
        // What comes meanwhile is for the next export.
        let mut streams = self.store().with_pending();
        while !streams.is_empty() && self.held_back(limit).is_none() {
            let batch = self.store().take_pending(&mut streams);
            match self.send_shared(&exporter, batch, limit).await {
                Sent::All(outcome) => worst = worst.max(outcome),
                Sent::Stopped(_) => return,
            }
        }
        if let Sent::All(outcome) = self.send_retained(&exporter, limit).await {
            self.collector_watch.all_taken(worst.max(outcome));
        }
    }

    /// No attempt begins near the limit, unless the limit was near from the start.
    fn limit(&self, until: Timestamp) -> Limit {
        Limit { until, latest: until.minus(self.limits.attempt).max(self.clock.now()) }
    }

    /// All spans of a stream that ends, until an attempt asks for patience. Another one that ended may have taken them along: how that
    /// went counts here, too.
    async fn send_ending(&self, exporter: &SpanExporter, own: BufferId, limit: Limit) -> Sent {
        while self.store().has_batch(own) {
            if let Some(outcome) = self.held_back(limit) {
                return Sent::Stopped(self.store().outcome_of(own).max(outcome));
            }
            let batch = self.store().take_ending(own);
            if let Sent::Stopped(outcome) = self.send_shared(exporter, batch, limit).await {
                return Sent::Stopped(self.store().outcome_of(own).max(outcome));
            }
        }
        Sent::All(self.store().outcome_of(own))
    }

    /// What is retained of all streams, as many of them a request as fit into it, until an attempt asks for patience.
    async fn send_retained(&self, exporter: &SpanExporter, limit: Limit) -> Sent {
        let mut worst = FlushOutcome::Ok;
        while self.store().has_retained() {
            if let Some(outcome) = self.held_back(limit) {
                return Sent::Stopped(worst.max(outcome));
            }
            let batch = self.store().take_retained(None);
            match self.send_shared(exporter, batch, limit).await {
                Sent::All(outcome) => worst = worst.max(outcome),
                Sent::Stopped(outcome) => return Sent::Stopped(worst.max(outcome)),
            }
        }
        Sent::All(worst)
    }

    /// One request, perhaps of several streams. One that is refused for good is parted: otherwise what a collector never takes would
    /// cost the spans of another stream.
    async fn send_shared(&self, exporter: &SpanExporter, batch: Batch, limit: Limit) -> Sent {
        if batch.is_empty() {
            return Sent::All(FlushOutcome::Ok);
        }
        let streams: Vec<_> = batch.parts.iter().map(|part| part.id).collect();
        let outcome = self.attempt(exporter, batch, limit).await;
        let mut worst = outcome.flush_outcome();
        match outcome {
            ExportOutcome::Unavailable => return Sent::Stopped(worst),
            ExportOutcome::ToBeParted => {
                for id in streams {
                    match self.send_again(exporter, id, limit).await {
                        Sent::All(outcome) => worst = worst.max(outcome),
                        Sent::Stopped(outcome) => return Sent::Stopped(worst.max(outcome)),
                    }
                }
            }
            ExportOutcome::Delivered | ExportOutcome::Partly(_) | ExportOutcome::Rejected => {}
        }
        Sent::All(worst)
    }

    /// What was retained of one stream, by itself.
    async fn send_again(&self, exporter: &SpanExporter, id: BufferId, limit: Limit) -> Sent {
        let mut worst = FlushOutcome::Ok;
        while self.store().has_retained_of(id) {
            if let Some(outcome) = self.held_back(limit) {
                return Sent::Stopped(worst.max(outcome));
            }
            let batch = self.store().take_retained(Some(id));
            let outcome = self.attempt(exporter, batch, limit).await;
            worst = worst.max(outcome.flush_outcome());
            if outcome == ExportOutcome::Unavailable {
                return Sent::Stopped(worst);
            }
        }
        Sent::All(worst)
    }

    /// One attempt with what is not too old of a batch; a final response is noted for each of its streams.
    async fn attempt(&self, exporter: &SpanExporter, batch: Batch, limit: Limit) -> ExportOutcome {
        let batch = self.without_too_old(batch);
        if batch.is_empty() {
            return ExportOutcome::Rejected;
        }
        let streams: Vec<_> = batch.parts.iter().map(|part| part.id).collect();
        let outcome = Attempt::begin(self, batch, limit.until).make(exporter).await;
        if !matches!(outcome, ExportOutcome::Unavailable | ExportOutcome::ToBeParted) {
            self.store().note_outcome(&streams, outcome.flush_outcome());
        }
        outcome
    }

    /// Those of a batch that are too old for the far side are written to the log: they would be refused, and a request that holds one
    /// may be refused whole.
    fn without_too_old(&self, mut batch: Batch) -> Batch {
        let now = self.clock.now();
        let too_old = batch.take_out(|buffered| now.since(buffered.span.start) > self.limits.span_age);
        for part in &too_old.parts {
            let logged = part.spans.len() as u64;
            let mut store = self.store();
            store.settle(part.id, part.spans.len(), SpanCounts { logged, ..SpanCounts::default() });
            store.note_outcome(&[part.id], FlushOutcome::Rejected);
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

/// Writes the late ledger lines of a flush, however it ends.
struct LateLines<'a>(&'a Shared);

impl Drop for LateLines<'_> {
    fn drop(&mut self) {
        self.0.write_late_lines();
    }
}
