//! One attempt to send a batch, and what becomes of its spans.

use super::{attempt_log::CollectorReply, batch::Batch, patience::Patience, pipeline::Shared, span_counts::SpanCounts};
use lambda_trace::{FlushOutcome, Timestamp};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SpanExporter as _;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportOutcome {
    Delivered,
    /// So many of the batch were refused for good; which ones, nobody says.
    Partly(u64),
    /// Refused for good: trying again cannot help.
    Rejected,
    /// Refused for good, and of several streams: each of them is to be tried by itself.
    ToBeParted,
    /// The collector cannot take them now, or cannot be reached: it is asked again later.
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
            // A request that the exporter could not even build.
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

/// A batch on its way. Dropped before its answer is read, it goes back, and is known to have been tried.
pub(super) struct Attempt<'a> {
    of: &'a Shared,
    batch: Batch,
    until: Timestamp,
}

impl<'a> Attempt<'a> {
    /// `until`: its caller's limit.
    pub(super) fn begin(of: &'a Shared, batch: Batch, until: Timestamp) -> Self {
        of.attempt_log.begin();
        Self { of, batch, until }
    }

    pub(super) async fn make(self, exporter: &SpanExporter) -> ExportOutcome {
        let spans = self.of.convert(self.batch.spans());
        // The exporter's own result says less than the log of the attempt.
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
                // If an answer was read, the spans are known not to have arrived.
                let is_unread = matches!(reply, Some(CollectorReply::None(_))) && self.of.attempt_log.is_sent();
                let patience = reply.map(|reply| Patience::asked_by(reply, self.of.clock.now()));
                return self.give_back(is_unread, patience);
            }
        };
        let batch = std::mem::take(&mut self.batch);
        self.settle(&batch, rejected);
        if rejected > 0 {
            // Of a partial success nobody says which ones were refused: all are written, as many as were refused are counted.
            self.of.print(batch.spans());
        }
    }

    /// So many of the batch, at most all, were refused. Nobody says which: the first streams bear it.
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
            // Dropped before its limit it was not the collector that took too long: the stream that drove it is gone.
            let now = self.of.clock.now();
            let patience = (now >= self.until).then(|| Patience::after_timeout(now));
            if patience.is_some() {
                self.of.collector_watch.timed_out();
            }
            self.give_back(self.of.attempt_log.is_sent(), patience);
        }
    }
}
