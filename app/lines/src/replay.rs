//! Sends spans again, with their ids, over a transport of the pipeline: to a collector, or to X-Ray itself.
//!
//! A span whose request got a final response is never sent again: the caller keeps [`Replay::settled`] between runs. A
//! request whose response was not read counts as not settled; its spans are sent again in the next run, and X-Ray
//! treats them as the same spans.

mod batches;
mod receiver;
mod request;
mod summary;

pub use batches::SPANS_PER_REQUEST;
pub use receiver::ReplayError;
pub use summary::{Refusal, Summary, TraceSummary};

use crate::span::SpanRecord;
use lambda_trace_otlp::Transport;
use receiver::{Answer, Receiver};
use std::{
    collections::HashSet,
    time::{Duration, UNIX_EPOCH},
};

/// One run.
pub struct Replay {
    receiver: Receiver,
    settled: HashSet<String>,
}

impl Replay {
    /// Sends to the collector at this address; without a path `/v1/traces` is meant. `settled` is what earlier runs
    /// settled.
    ///
    /// # Errors
    /// [`ReplayError`]: the address or a header cannot be used.
    pub fn new(to: &str, headers: &[(String, String)], settled: HashSet<String>) -> Result<Self, ReplayError> {
        Ok(Self { receiver: Receiver::at(to, headers)?, settled })
    }

    /// Sends over a transport that knows its address.
    pub fn over(transport: impl Transport + 'static, settled: HashSet<String>) -> Self {
        Self { receiver: Receiver::over(transport), settled }
    }

    /// Older spans are not sent: X-Ray would refuse them.
    pub fn age_max(&self) -> Duration {
        self.receiver.limits().span_age
    }

    /// What this run and the ones before it settled, one key a span.
    pub const fn settled(&self) -> &HashSet<String> {
        &self.settled
    }

    /// Sends the spans that are neither settled nor too old at `now_ns` (nanoseconds since the Unix epoch); `progress`
    /// is called for every request with its number of spans.
    pub async fn run(&mut self, spans: &[SpanRecord], now_ns: u64, mut progress: impl FnMut(usize)) -> Summary {
        let mut summary = Summary::default();
        let limits = self.receiver.limits();
        let now = UNIX_EPOCH + Duration::from_nanos(now_ns);
        let oldest = now_ns.saturating_sub(u64::try_from(limits.span_age.as_nanos()).unwrap_or(u64::MAX));
        let mut to_send = Vec::new();
        for span in spans.iter().filter(|span| span.otlp.is_some()) {
            let of_trace = summary.traces.entry(span.xray_trace_id()).or_default();
            if self.settled.contains(&key(span)) {
                of_trace.before += 1;
            } else if span.start_ns < oldest {
                of_trace.too_old += 1;
                summary.too_old.push(format!("{} {} {}", span.xray_trace_id(), span.span_id, span.name));
            } else {
                to_send.push(span);
            }
        }
        let mut batches = batches::within(to_send, limits.request_span).into_iter();
        while let Some(batch) = batches.next() {
            let answer = self.receiver.send(&batch, now).await;
            let is_accepted = matches!(answer, Answer::Accepted);
            summary.count(&batch, is_accepted);
            progress(batch.len());
            let spans = batch.len() as u64;
            match answer {
                Answer::Accepted => self.settle(&batch),
                Answer::Rejected(spans, reason) => {
                    // The response does not say which ones were rejected, and the others were accepted: none is sent
                    // again.
                    self.settle(&batch);
                    summary.refusals.push(Refusal { spans, reason });
                }
                Answer::Refused(reason) => summary.refusals.push(Refusal { spans, reason }),
                Answer::Unavailable(reason) => {
                    let rest: Vec<_> = batches.by_ref().flatten().collect();
                    summary.count(&rest, false);
                    summary.refusals.push(Refusal { spans: spans + rest.len() as u64, reason });
                }
            }
        }
        summary
    }

    fn settle(&mut self, batch: &[&SpanRecord]) {
        self.settled.extend(batch.iter().map(|span| key(span)));
    }
}

/// The identity of a span across runs.
fn key(span: &SpanRecord) -> String {
    format!("{}:{}", span.trace_id, span.span_id)
}

#[cfg(test)]
mod tests;
