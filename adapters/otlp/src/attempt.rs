//! One attempt to send a batch, and what becomes of its spans.

use super::{attempt_log::CollectorReply, batch::Batch, patience::Patience, pipeline::Shared, span_counts::SpanCounts};
use lambda_trace::{FlushOutcome, Timestamp};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SpanExporter as _;

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportOutcome {
    Delivered,
    /// This many spans of the batch were rejected permanently; the response does not say which.
    Partly(u64),
    /// Rejected permanently: another attempt cannot succeed.
    Rejected,
    /// Rejected permanently, and the batch has spans of several streams: each stream's are to be tried separately.
    ToBeParted,
    /// The collector cannot accept them now, or cannot be reached: it is asked again later.
    Unavailable,
}

impl ExportOutcome {
    fn of(reply: Option<&CollectorReply>, streams: usize) -> Self {
        let rejected = if streams > 1 { Self::ToBeParted } else { Self::Rejected };
        match reply {
            Some(CollectorReply::Answered(answer)) => match (answer.status, answer.rejected_spans) {
                (200..=299, 0) => Self::Delivered,
                (200..=299, rejected) => Self::Partly(rejected),
                (408 | 429 | 500..=599, _) => Self::Unavailable,
                _ => rejected,
            },
            Some(CollectorReply::None(_)) => Self::Unavailable,
            // The exporter could not even build the request.
            None => rejected,
        }
    }

    pub(super) const fn flush_outcome(self) -> FlushOutcome {
        match self {
            Self::Delivered | Self::ToBeParted => FlushOutcome::Ok,
            Self::Unavailable => FlushOutcome::Refused,
            Self::Partly(_) | Self::Rejected => FlushOutcome::Rejected,
        }
    }
}

/// A batch in flight. If it is dropped before the response is read, its spans go back, and are marked as tried.
pub(super) struct Attempt<'a> {
    of: &'a Shared,
    batch: Batch,
    until: Timestamp,
}

impl<'a> Attempt<'a> {
    /// `until` is the caller's limit.
    pub(super) fn begin(of: &'a Shared, batch: Batch, until: Timestamp) -> Self {
        of.attempt_log.begin();
        Self { of, batch, until }
    }

    pub(super) async fn make(self, exporter: &SpanExporter) -> ExportOutcome {
        let spans = self.of.convert(self.batch.spans());
        // The exporter's own result contains less than the log of the attempt.
        let _ = exporter.export(spans).await;
        let reply = self.of.attempt_log.take_reply();
        let outcome = ExportOutcome::of(reply.as_ref(), self.batch.parts.len());
        if let Some(reply) = &reply {
            self.of.collector_watch.saw(reply);
        }
        self.over(outcome, reply.as_ref());
        outcome
    }

    fn over(mut self, outcome: ExportOutcome, reply: Option<&CollectorReply>) {
        let rejected = match outcome {
            ExportOutcome::Delivered => 0,
            ExportOutcome::Partly(rejected) => rejected,
            ExportOutcome::Rejected => u64::MAX,
            ExportOutcome::ToBeParted => return self.give_back(false, None),
            ExportOutcome::Unavailable => {
                // If a response was read, the spans are known not to have arrived.
                let is_unread = matches!(reply, Some(CollectorReply::None(_))) && self.of.attempt_log.is_sent();
                let patience = reply.map(|reply| Patience::asked_by(reply, self.of.clock.now()));
                return self.give_back(is_unread, patience);
            }
        };
        let batch = std::mem::take(&mut self.batch);
        self.settle(&batch, rejected);
        if rejected > 0 {
            // A partial success does not say which spans were rejected: all are written to the log, and as many as were
            // rejected are counted.
            self.of.print(batch.spans());
        }
    }

    /// This many spans of the batch, at most all, were rejected. The response does not say which, so the first streams
    /// bear them.
    fn settle(&self, batch: &Batch, mut rejected: u64) {
        let is_sent = self.of.attempt_log.is_sent();
        let mut store = self.of.store();
        for part in &batch.parts {
            let spans = part.spans.len() as u64;
            let logged = rejected.min(spans);
            rejected -= logged;
            let resent = if is_sent { part.unread() } else { 0 };
            store.settle(part.id, part.spans.len(), SpanCounts { delivered: spans - logged, logged, resent });
        }
    }

    fn give_back(&mut self, may_have_arrived: bool, patience: Option<Patience>) {
        let batch = std::mem::take(&mut self.batch);
        let is_sent = self.of.attempt_log.is_sent();
        let given_up = {
            let mut store = self.of.store();
            if let Some(patience) = patience {
                store.wait(patience);
            }
            store.give_back(batch, is_sent, may_have_arrived)
        };
        self.of.print(&given_up);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.batch.is_empty() {
            // If it is dropped before its limit, the collector was not too slow: the stream that drove it is gone.
            let now = self.of.clock.now();
            let patience = (now >= self.until).then(|| Patience::after_timeout(now));
            if patience.is_some() {
                self.of.collector_watch.timed_out();
            }
            self.give_back(self.of.attempt_log.is_sent(), patience);
        }
    }
}
