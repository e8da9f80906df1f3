//! Sends spans to a collector again, with their ids.
//!
//! What was answered for is never sent again: the caller keeps [`Replay::settled`] between runs. A request whose answer was
//! not read counts as not settled; its spans go out again in the next run, which X-Ray takes for the same spans.

mod http1;

use crate::span::{SpanRecord, xray_trace_id};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Uri};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

/// As many spans as the collector hands on to X-Ray in one piece: an answer is then true of the whole request.
pub const SPANS_PER_REQUEST: usize = 50;
/// X-Ray refuses documents that began longer ago than this.
pub const MAX_AGE: Duration = Duration::from_hours(28 * 24);
/// A request is tried again so often where the collector asks for patience.
const ATTEMPTS: u32 = 4;
/// The pause between two attempts, unless the collector names another; and the longest that is waited.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Why nothing could be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The address is of another form.
    #[error("`{0}` is not of the form http://host:port/v1/traces")]
    Address(String),
    /// A header of the request is none.
    #[error("`{0}` cannot be a header")]
    Header(String),
}

/// A request that the collector did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// How many spans it held, or how many of them were rejected.
    pub spans: u64,
    /// What was said: status and words, or why there was no answer.
    pub reason: String,
}

/// What became of the spans of one trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceSummary {
    /// Accepted by the collector in this run.
    pub sent: u64,
    /// Refused, or not answered for.
    pub refused: u64,
    /// Older than X-Ray takes: not sent.
    pub too_old: u64,
    /// Settled by an earlier run: not sent.
    pub before: u64,
}

/// What became of all spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By trace, as X-Ray writes its id.
    pub traces: BTreeMap<String, TraceSummary>,
    /// Every refusal, in order.
    pub refusals: Vec<Refusal>,
}

impl Summary {
    /// Whether every span that was to be sent was accepted.
    pub fn is_complete(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// One run.
pub struct Replay {
    to: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    settled: HashSet<String>,
}

enum Answer {
    Accepted,
    /// So many of the request's spans, for good.
    Rejected(u64, String),
    /// All of them, for now or for good.
    Refused(String),
}

impl Replay {
    /// To the collector at this address; without a path `/v1/traces` is meant. `settled` is what earlier runs settled.
    ///
    /// # Errors
    /// [`ReplayError`]: the address or a header cannot be used.
    pub fn new(to: &str, headers: &[(String, String)], settled: HashSet<String>) -> Result<Self, ReplayError> {
        let wrong = || ReplayError::Address(to.to_owned());
        let mut uri: Uri = to.parse().map_err(|_| wrong())?;
        if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            return Err(wrong());
        }
        if uri.path() == "/" {
            uri = format!("{}/v1/traces", to.trim_end_matches('/')).parse().map_err(|_| wrong())?;
        }
        let header = |(name, value): &(String, String)| {
            let parsed = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(value).ok());
            parsed.ok_or_else(|| ReplayError::Header(name.clone()))
        };
        Ok(Self { to: uri, headers: headers.iter().map(header).collect::<Result<_, _>>()?, settled })
    }

    /// What this run and the ones before it settled, one key a span.
    pub const fn settled(&self) -> &HashSet<String> {
        &self.settled
    }

    /// Sends what is neither settled nor too old at `now_ns` (nanoseconds since the Unix epoch); `progress` hears of every
    /// request how many spans it held.
    pub async fn run(&mut self, spans: &[SpanRecord], now_ns: u64, mut progress: impl FnMut(usize)) -> Summary {
        let mut summary = Summary::default();
        let oldest = now_ns.saturating_sub(u64::try_from(MAX_AGE.as_nanos()).unwrap_or(u64::MAX));
        let mut to_send = Vec::new();
        for span in spans.iter().filter(|span| span.otlp.is_some()) {
            let of_trace = summary.traces.entry(span.xray_trace_id()).or_default();
            if self.settled.contains(&key(span)) {
                of_trace.before += 1;
            } else if span.start_ns < oldest {
                of_trace.too_old += 1;
            } else {
                to_send.push(span);
            }
        }
        for batch in to_send.chunks(SPANS_PER_REQUEST) {
            let answer = self.send(batch).await;
            let is_accepted = matches!(answer, Answer::Accepted);
            for span in batch {
                let of_trace = summary.traces.entry(xray_trace_id(&span.trace_id)).or_default();
                if is_accepted { of_trace.sent += 1 } else { of_trace.refused += 1 }
            }
            match answer {
                Answer::Accepted => self.settle(batch),
                Answer::Rejected(spans, reason) => {
                    // Which ones were rejected is not said, and the others were taken: none is sent again.
                    self.settle(batch);
                    summary.refusals.push(Refusal { spans, reason });
                }
                Answer::Refused(reason) => summary.refusals.push(Refusal { spans: batch.len() as u64, reason }),
            }
            progress(batch.len());
        }
        summary
    }

    fn settle(&mut self, batch: &[&SpanRecord]) {
        self.settled.extend(batch.iter().map(|span| key(span)));
    }

    async fn send(&self, batch: &[&SpanRecord]) -> Answer {
        let body = Bytes::from(request(batch).encode_to_vec());
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS {
            let (status, retry_after, answer) = match http1::post(&self.to, &self.headers, body.clone()).await {
                Ok(answer) => answer,
                Err(reason) => return Answer::Refused(reason),
            };
            match status {
                200..=299 => return accepted(&answer),
                408 | 429 | 502..=504 if attempt < ATTEMPTS => {
                    last = words(status, &answer);
                    tokio::time::sleep(retry_after.unwrap_or(PAUSE).min(PAUSE_MAX)).await;
                }
                _ => return Answer::Refused(words(status, &answer)),
            }
        }
        Answer::Refused(last)
    }
}

/// Names a span for good.
fn key(span: &SpanRecord) -> String {
    format!("{}:{}", span.trace_id, span.span_id)
}

fn request(batch: &[&SpanRecord]) -> ExportTraceServiceRequest {
    let mut resource_spans: Vec<ResourceSpans> = Vec::new();
    for (resource, span) in batch.iter().filter_map(|span| span.otlp.clone()) {
        if let Some(of) = resource_spans.iter_mut().find(|of| of.resource == resource) {
            of.scope_spans[0].spans.push(span);
        } else {
            let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
            resource_spans.push(ResourceSpans { resource, scope_spans, ..ResourceSpans::default() });
        }
    }
    ExportTraceServiceRequest { resource_spans }
}

fn accepted(answer: &Bytes) -> Answer {
    let partial = ExportTraceServiceResponse::decode(answer.clone()).ok().and_then(|answer| answer.partial_success);
    match partial {
        Some(partial) if partial.rejected_spans > 0 => {
            Answer::Rejected(u64::try_from(partial.rejected_spans).unwrap_or(0), partial.error_message)
        }
        _ => Answer::Accepted,
    }
}

/// The collector's words as far as they can be read, at most 200 characters.
fn words(status: u16, answer: &Bytes) -> String {
    let text: String = String::from_utf8_lossy(answer).chars().filter(|c| !c.is_control()).take(200).collect();
    if text.is_empty() { format!("status {status}") } else { format!("status {status}: {text}") }
}

#[cfg(test)]
mod tests;
