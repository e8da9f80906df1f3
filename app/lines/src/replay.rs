//! Sends spans again, with their ids, over a transport of the pipeline: to a collector, or to X-Ray itself.
//!
//! What was answered for is never sent again: the caller keeps [`Replay::settled`] between runs. A request whose answer was
//! not read counts as not settled; its spans go out again in the next run, which X-Ray takes for the same spans.

mod batches;

use crate::span::{SpanRecord, xray_trace_id};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri, header::CONTENT_TYPE};
use lambda_trace_otlp::{
    AttemptLog, CollectorAnswer, CollectorReply, HttpTransport, Tcp, Transport, TransportError, address,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;
use std::{
    collections::{BTreeMap, HashSet},
    error::Error,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// As many spans as the collector hands on to X-Ray in one piece: an answer is then true of the whole request.
pub const SPANS_PER_REQUEST: usize = 50;
/// A request is tried so often where its receiver asks for patience, or cannot be reached.
const ATTEMPTS: u32 = 4;
/// One attempt, in which nobody else waits for anything.
const ATTEMPT: Duration = Duration::from_secs(30);
/// Opening a connection.
const CONNECT: Duration = Duration::from_secs(5);
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
    /// How many spans it held, or how many of them were rejected; with those that were not tried any more after it.
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
    /// Spans that are too old to be sent, by their ids, with their names.
    pub too_old: Vec<String>,
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
    transport: Box<dyn Transport>,
    to: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    settled: HashSet<String>,
}

enum Answer {
    Accepted,
    /// So many of the request's spans, for good.
    Rejected(u64, String),
    /// All of them, for good.
    Refused(String),
    /// All of them, for now, however often it was tried: the next request would fare no better.
    Unavailable(String),
}

impl Replay {
    /// To the collector at this address; without a path `/v1/traces` is meant. `settled` is what earlier runs settled.
    ///
    /// # Errors
    /// [`ReplayError`]: the address or a header cannot be used.
    pub fn new(to: &str, headers: &[(String, String)], settled: HashSet<String>) -> Result<Self, ReplayError> {
        let wrong = || ReplayError::Address(to.to_owned());
        let mut uri = address::parse(to).ok_or_else(wrong)?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() {
            return Err(wrong());
        }
        if uri.path() == "/" {
            uri = format!("{}/v1/traces", to.trim_end_matches('/')).parse().map_err(|_| wrong())?;
        }
        let header = |(name, value): &(String, String)| {
            let parsed = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(value).ok());
            parsed.ok_or_else(|| ReplayError::Header(name.clone()))
        };
        let headers = headers.iter().map(header).collect::<Result<_, _>>()?;
        let tcp = Tcp::new(uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80)).within(CONNECT);
        Ok(Self { transport: Box::new(HttpTransport::new(tcp)), to: uri, headers, settled })
    }

    /// Over a transport that knows where it sends.
    pub fn over(transport: impl Transport + 'static, settled: HashSet<String>) -> Self {
        Self { transport: Box::new(transport), to: Uri::from_static("/v1/traces"), headers: Vec::new(), settled }
    }

    /// Older spans are not sent: X-Ray would refuse them.
    pub fn age_max(&self) -> Duration {
        self.transport.limits().span_age
    }

    /// What this run and the ones before it settled, one key a span.
    pub const fn settled(&self) -> &HashSet<String> {
        &self.settled
    }

    /// Sends what is neither settled nor too old at `now_ns` (nanoseconds since the Unix epoch); `progress` hears of every
    /// request how many spans it held.
    pub async fn run(&mut self, spans: &[SpanRecord], now_ns: u64, mut progress: impl FnMut(usize)) -> Summary {
        let mut summary = Summary::default();
        let limits = self.transport.limits();
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
            let answer = self.send(&batch, now).await;
            let is_accepted = matches!(answer, Answer::Accepted);
            count(&mut summary, &batch, is_accepted);
            progress(batch.len());
            let spans = batch.len() as u64;
            match answer {
                Answer::Accepted => self.settle(&batch),
                Answer::Rejected(spans, reason) => {
                    // Which ones were rejected is not said, and the others were taken: none is sent again.
                    self.settle(&batch);
                    summary.refusals.push(Refusal { spans, reason });
                }
                Answer::Refused(reason) => summary.refusals.push(Refusal { spans, reason }),
                Answer::Unavailable(reason) => {
                    let rest: Vec<_> = batches.by_ref().flatten().collect();
                    count(&mut summary, &rest, false);
                    summary.refusals.push(Refusal { spans: spans + rest.len() as u64, reason });
                }
            }
        }
        summary
    }

    fn settle(&mut self, batch: &[&SpanRecord]) {
        self.settled.extend(batch.iter().map(|span| key(span)));
    }

    async fn send(&self, batch: &[&SpanRecord], now: SystemTime) -> Answer {
        let body = Bytes::from(request(batch).encode_to_vec());
        let mut attempt = 1;
        loop {
            let (reason, pause) = match self.attempt(body.clone(), now).await {
                Ok(answer) if (200..=299).contains(&answer.status) => {
                    let CollectorAnswer { rejected_spans, words, .. } = answer;
                    return if rejected_spans > 0 { Answer::Rejected(rejected_spans, words) } else { Answer::Accepted };
                }
                Ok(answer) if matches!(answer.status, 408 | 429 | 500..=599) => (said(&answer), answer.retry_after),
                Ok(answer) => return Answer::Refused(self.with_advice(said(&answer), answer)),
                // Nothing becomes better by waiting.
                Err(Failed::Unsigned(reason)) => return Answer::Unavailable(reason),
                Err(Failed::NoAnswer(reason)) => (reason, None),
            };
            if attempt == ATTEMPTS {
                return Answer::Unavailable(reason);
            }
            attempt += 1;
            tokio::time::sleep(pause.unwrap_or(PAUSE).min(PAUSE_MAX)).await;
        }
    }

    async fn attempt(&self, body: Bytes, now: SystemTime) -> Result<CollectorAnswer, Failed> {
        let mut request = Request::post(&self.to).header(CONTENT_TYPE, "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|error| Failed::Unsigned(chain(&error)))?;
        let attempt_log = AttemptLog::default();
        match tokio::time::timeout(ATTEMPT, self.transport.send(request, &attempt_log)).await {
            Ok(Ok(response)) => Ok(CollectorAnswer::read(&response, now)),
            Ok(Err(error @ TransportError::Unsigned(_))) => Err(Failed::Unsigned(chain(&error))),
            Ok(Err(error)) => Err(Failed::NoAnswer(chain(&error))),
            Err(_) => Err(Failed::NoAnswer(format!("no answer within {} s", ATTEMPT.as_secs()))),
        }
    }

    /// What the transport knows of such an answer.
    fn with_advice(&self, reason: String, answer: CollectorAnswer) -> String {
        match self.transport.advice(&CollectorReply::Answered(answer)) {
            Some(advice) => format!("{reason} ({advice})"),
            None => reason,
        }
    }
}

/// Why there is no answer.
enum Failed {
    Unsigned(String),
    NoAnswer(String),
}

fn count(summary: &mut Summary, spans: &[&SpanRecord], is_accepted: bool) {
    for span in spans {
        let of_trace = summary.traces.entry(xray_trace_id(&span.trace_id)).or_default();
        if is_accepted { of_trace.sent += 1 } else { of_trace.refused += 1 }
    }
}

fn said(answer: &CollectorAnswer) -> String {
    let CollectorAnswer { status, words, .. } = answer;
    if words.is_empty() { format!("status {status}") } else { format!("status {status}: {words}") }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
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

#[cfg(test)]
mod tests;
