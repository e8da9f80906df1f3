//! Sending what the books hold: one attempt at a time, one account a request, and nothing lost whatever happens to the
//! future that does it.

use super::{
    attempt_log::CollectorReply, buffer::SpanCounts, buffered::BufferedSpan, pipeline::Pipeline, store::BufferId,
};
use lambda_trace::{FlushOutcome, Timestamp};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SpanExporter as _;

/// A collector beside the function answers in less, in milliseconds. With less than this left an attempt would be dropped with its
/// answer unread, and its spans sent twice.
const ATTEMPT_MS: u64 = 20;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportOutcome {
    Delivered,
    /// So many of the batch were refused for good; which ones, nobody says.
    Partly(u64),
    /// Refused for good: trying again cannot help.
    Rejected,
    /// The collector answered that it cannot take them now.
    Unavailable,
    /// Nobody answered.
    Unreachable,
}

impl ExportOutcome {
    /// `is_ok` is what the exporter made of it; without an answer it tells a broken attempt from one never made.
    fn of(answer: Option<CollectorReply>) -> Self {
        match answer {
            Some(CollectorReply::Status { status: 200..=299, rejected_spans: 0 }) => Self::Delivered,
            Some(CollectorReply::Status { status: 200..=299, rejected_spans }) => Self::Partly(rejected_spans),
            Some(CollectorReply::Status { status: 408 | 429 | 500..=599, .. }) => Self::Unavailable,
            Some(CollectorReply::None) => Self::Unreachable,
            // Another status, or a request that the exporter could not even build.
            Some(CollectorReply::Status { .. }) | None => Self::Rejected,
        }
    }

    const fn outcome(self) -> FlushOutcome {
        match self {
            Self::Delivered => FlushOutcome::Ok,
            Self::Unavailable | Self::Unreachable => FlushOutcome::Refused,
            Self::Partly(_) | Self::Rejected => FlushOutcome::Rejected,
        }
    }
}

impl Pipeline {
    /// Own spans first, then what was retained.
    pub(super) async fn send_all(&self, own: Option<BufferId>, until: Timestamp) -> FlushOutcome {
        if !self.store().has_work(own) {
            return FlushOutcome::Ok;
        }
        let latest = self.latest(until);
        let _late = LateLines(self);
        let exporter = self.exporter.lock().await;
        let mut worst = FlushOutcome::Ok;
        let retained = self.store().with_retained();
        let others = retained.into_iter().filter(|id| Some(*id) != own);
        for id in own.into_iter().chain(others) {
            let outcome = self.send_account(&exporter, id, Some(id) == own, latest).await;
            worst = worst.max(outcome.map_or(FlushOutcome::Timeout, ExportOutcome::outcome));
            if let None | Some(ExportOutcome::Unreachable) = outcome {
                break;
            }
        }
        worst
    }

    /// Every stream with something fresh, what failed of it before first; then, if the collector takes them, the others' failed spans.
    /// Nothing at all if something is being sent: an export that waited for its turn might get it when its stream, which drives
    /// it, is about to end.
    pub(super) async fn send_fresh(&self, now: Timestamp, until: Timestamp) {
        let Some(exporter) = self.exporter.try_lock() else { return };
        let latest = self.latest(until);
        let _late = LateLines(self);
        self.store().export_begins(now);
        let pending = self.store().with_pending();
        for id in pending {
            match self.send_account(&exporter, id, true, latest).await {
                Some(ExportOutcome::Delivered | ExportOutcome::Partly(_) | ExportOutcome::Rejected) => {}
                None | Some(ExportOutcome::Unavailable | ExportOutcome::Unreachable) => return,
            }
        }
        self.store().export_succeeded();
        let retained = self.store().with_retained();
        for id in retained {
            if let None | Some(ExportOutcome::Unreachable) = self.send_account(&exporter, id, false, latest).await {
                return;
            }
        }
    }

    /// The last moment for an attempt to begin: near the limit none does, unless that was near from the start.
    fn latest(&self, until: Timestamp) -> Timestamp {
        until.minus_ms(ATTEMPT_MS).max(self.clock.now())
    }

    /// All of one account, until an attempt fails: the next one would not fare better. `None` if there is no time for it.
    async fn send_account(
        &self,
        exporter: &SpanExporter,
        id: BufferId,
        pending: bool,
        latest: Timestamp,
    ) -> Option<ExportOutcome> {
        let mut worst = ExportOutcome::Delivered;
        while self.store().has_batch(id, pending) {
            if self.clock.now() > latest {
                return None;
            }
            let batch = self.store().take_batch(id, pending);
            match self.attempt(exporter, id, batch).await {
                ExportOutcome::Delivered => {}
                refused @ (ExportOutcome::Partly(_) | ExportOutcome::Rejected) => worst = refused,
                retained @ (ExportOutcome::Unavailable | ExportOutcome::Unreachable) => return Some(retained),
            }
        }
        Some(worst)
    }

    async fn attempt(&self, exporter: &SpanExporter, id: BufferId, batch: Vec<BufferedSpan>) -> ExportOutcome {
        let spans = self.convert(&batch);
        let attempt = Attempt { of: self, id, batch };
        self.attempt_log.begin();
        // The exporter's own result says less than the report.
        let _ = exporter.export(spans).await;
        let outcome = ExportOutcome::of(self.attempt_log.answer());
        attempt.over(outcome);
        outcome
    }
}

/// A batch on its way. Dropped before its answer is read, it goes back, and is known to have been tried.
struct Attempt<'a> {
    of: &'a Pipeline,
    id: BufferId,
    batch: Vec<BufferedSpan>,
}

impl Attempt<'_> {
    fn over(mut self, outcome: ExportOutcome) {
        let spans = self.batch.len() as u64;
        let (delivered, logged) = match outcome {
            ExportOutcome::Delivered => (spans, 0),
            ExportOutcome::Partly(rejected) => (spans - rejected.min(spans), rejected.min(spans)),
            ExportOutcome::Rejected => (0, spans),
            // The answer was read: the spans are known not to have arrived.
            ExportOutcome::Unavailable => return self.give_back(false),
            ExportOutcome::Unreachable => return self.give_back(self.of.attempt_log.is_sent()),
        };
        let became = SpanCounts { delivered, logged, resent: self.resent() };
        let batch = std::mem::take(&mut self.batch);
        self.of.store().settle(self.id, batch.len(), became);
        if logged > 0 {
            // Of a partial success nobody says which ones were refused: all are written, as many as were refused are counted.
            self.of.print(&batch);
        }
    }

    fn give_back(&mut self, may_have_arrived: bool) {
        let resent = self.resent();
        let mut batch = std::mem::take(&mut self.batch);
        for buffered in &mut batch {
            // Once in doubt, always in doubt: a later refusal says nothing about the attempt before.
            buffered.is_unread |= may_have_arrived;
        }
        let given_up = self.of.store().give_back(self.id, batch, resent);
        self.of.print(&given_up);
    }

    /// How many spans this attempt sent that an earlier one, or its own first try, may have delivered.
    fn resent(&self) -> u64 {
        if !self.of.attempt_log.is_sent() {
            return 0;
        }
        let in_doubt = self.batch.iter().filter(|buffered| buffered.is_unread).count() as u64;
        let twice = if self.of.attempt_log.is_sent_twice() { self.batch.len() as u64 } else { 0 };
        in_doubt + twice
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.batch.is_empty() {
            self.give_back(self.of.attempt_log.is_sent());
        }
    }
}

/// Writes the late lines of a flush, however it ends.
struct LateLines<'a>(&'a Pipeline);

impl Drop for LateLines<'_> {
    fn drop(&mut self) {
        self.0.write_late_lines();
    }
}
