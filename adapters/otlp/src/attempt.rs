//! One attempt to send a batch, and what becomes of its spans.

use super::{
    attempt_log::CollectorReply, buffer::SpanCounts, buffered::BufferedSpan, patience::Patience, pipeline::Pipeline,
    store::BufferId,
};
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
    /// The collector cannot take them now, or cannot be reached: it is asked again later.
    Unavailable,
}

impl ExportOutcome {
    fn of(reply: Option<&CollectorReply>) -> Self {
        match reply {
            Some(CollectorReply::Answered(answer)) => match (answer.status, answer.rejected_spans) {
                (200..=299, 0) => Self::Delivered,
                (200..=299, rejected) => Self::Partly(rejected),
                (408 | 429 | 500..=599, _) => Self::Unavailable,
                _ => Self::Rejected,
            },
            Some(CollectorReply::None(_)) => Self::Unavailable,
            // A request that the exporter could not even build.
            None => Self::Rejected,
        }
    }

    pub(super) const fn flush_outcome(self) -> FlushOutcome {
        match self {
            Self::Delivered => FlushOutcome::Ok,
            Self::Unavailable => FlushOutcome::Refused,
            Self::Partly(_) | Self::Rejected => FlushOutcome::Rejected,
        }
    }
}

/// A batch on its way. Dropped before its answer is read, it goes back, and is known to have been tried.
pub(super) struct Attempt<'a> {
    of: &'a Pipeline,
    id: BufferId,
    batch: Vec<BufferedSpan>,
    until: Timestamp,
}

impl<'a> Attempt<'a> {
    /// `until`: its caller's limit.
    pub(super) fn begin(of: &'a Pipeline, id: BufferId, batch: Vec<BufferedSpan>, until: Timestamp) -> Self {
        of.attempt_log.begin();
        Self { of, id, batch, until }
    }

    pub(super) async fn make(self, exporter: &SpanExporter) -> ExportOutcome {
        let spans = self.of.convert(&self.batch);
        // The exporter's own result says less than the log of the attempt.
        let _ = exporter.export(spans).await;
        let reply = self.of.attempt_log.take_reply();
        let outcome = ExportOutcome::of(reply.as_ref());
        if let Some(reply) = &reply {
            self.of.collector_watch.saw(reply);
        }
        self.over(outcome, reply.as_ref());
        outcome
    }

    fn over(mut self, outcome: ExportOutcome, reply: Option<&CollectorReply>) {
        let spans = self.batch.len() as u64;
        let (delivered, logged) = match outcome {
            ExportOutcome::Delivered => (spans, 0),
            ExportOutcome::Partly(rejected) => (spans - rejected.min(spans), rejected.min(spans)),
            ExportOutcome::Rejected => (0, spans),
            ExportOutcome::Unavailable => {
                // If an answer was read, the spans are known not to have arrived.
                let is_unread = matches!(reply, Some(CollectorReply::None(_))) && self.of.attempt_log.is_sent();
                let patience = reply.map(|reply| Patience::asked_by(reply, self.of.clock.now()));
                return self.give_back(is_unread, patience);
            }
        };
        let became = SpanCounts { delivered, logged, resent: self.resent() };
        let batch = std::mem::take(&mut self.batch);
        self.of.store().settle(self.id, batch.len(), became);
        if logged > 0 {
            // Of a partial success nobody says which ones were refused: all are written, as many as were refused are counted.
            self.of.print(&batch);
        }
    }

    fn give_back(&mut self, may_have_arrived: bool, patience: Option<Patience>) {
        let resent = self.resent();
        let mut batch = std::mem::take(&mut self.batch);
        for buffered in &mut batch {
            // Once in doubt, always in doubt: a later refusal says nothing about the attempt before.
            buffered.is_unread |= may_have_arrived;
        }
        let given_up = {
            let mut store = self.of.store();
            if let Some(patience) = patience {
                store.wait(patience);
            }
            store.give_back(self.id, batch, resent)
        };
        self.of.print(&given_up);
    }

    /// How many spans this attempt sent that an earlier one may have delivered.
    fn resent(&self) -> u64 {
        if self.of.attempt_log.is_sent() {
            self.batch.iter().filter(|buffered| buffered.is_unread).count() as u64
        } else {
            0
        }
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
