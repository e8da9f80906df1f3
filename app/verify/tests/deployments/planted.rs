//! The faults. Each names the check that was made for it.

use crate::{deployment::Deployment, invocation::call};
use serde_json::{Value, json};
use sse_verify::evidence::{InvokeMode, StreamEnd};
use std::time::Duration;

/// A fault.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) check: &'static str,
    pub(crate) plant: fn(&mut Deployment),
}

const fn fault(name: &'static str, check: &'static str, plant: fn(&mut Deployment)) -> Fault {
    Fault { name, check, plant }
}

pub(crate) const FAULTS: [Fault; 38] = [
    fault("wrong URL: 404", "streams-open", |d| refuse(d, 404, "Not Found")),
    fault("the URL refuses the caller: 403", "streams-open", |d| refuse(d, 403, "Forbidden")),
    fault("a stream breaks off without a final event", "streams-open", |d| {
        d.evidence.streams[1].events.pop();
    }),
    fault("a connection is reset in mid-stream", "streams-open", |d| {
        d.evidence.streams[1].end = StreamEnd::Broken("connection reset".into());
    }),
    fault("no span for the release of a slot", "spans-present", |d| {
        remove(d, 1, |doc| doc["name"] == "connection_release");
    }),
    fault("spans of the streaming phase are not exported at all", "spans-present", |d| {
        (0..6).for_each(|n| remove(d, n, |doc| doc["name"] != "## handler"));
    }),
    fault("missing flush: the last batch stays in the frozen process", "spans-after-return", |d| {
        remove(d, 1, |doc| matches!(doc["name"].as_str(), Some("sse_stream" | "connection_release" | "CloudWatch")));
    }),
    fault("a parent that was never sent", "no-orphans", |d| {
        d.document(1, "connection_acquire")["parent_id"] = "00000000deadbeef".into();
    }),
    fault("the X-Ray SDK discards a subsegment", "no-orphans", |d| {
        line(d, "SegmentNotFoundException: cannot find the current segment");
    }),
    fault("the stream's span covers the construction only", "span-covers-iteration", |d| {
        let stream = d.document(1, "sse_stream");
        stream["end_time"] = stream["start_time"].clone();
    }),
    fault("events are not counted", "span-covers-iteration", |d| {
        d.document(1, "sse_stream")["metadata"]["default"]["events_yielded"] = 2.into();
    }),
    fault("the handler phase is in no trace", "one-trace", |d| remove(d, 1, |doc| doc["name"] == "## handler")),
    fault("the stream hangs under the handler", "one-trace", |d| {
        let handler = d.document(1, "## handler")["id"].clone();
        d.document(1, "sse_stream")["parent_id"] = handler;
    }),
    fault("the layer makes cold starts slow", "cold-start", |d| {
        d.rewrite_log("Init Duration: 180.00", "Init Duration: 580.00");
    }),
    fault("stale context: a warm invocation records into the trace before it", "warm-isolation", stale_context),
    fault("dual emission: a botocore patch beside the span", "one-entry-per-call", |d| {
        let (segment, time) = (d.invocations[1].id(2), d.invocations[1].start + 0.03);
        let mut double = call(&d.invocations[1].id(80), "Query", (time, time + 0.01), "QUERY2-0");
        double["type"] = "subsegment".into();
        double["parent_id"] = segment.into();
        d.ours(1).push(double);
    }),
    fault("a call that nobody answered, by both SDKs", "one-entry-per-call", |d| {
        let (segment, time) = (d.invocations[1].id(2), d.invocations[1].start + d.invocations[1].seconds - 0.01);
        let mut double = call(&d.invocations[1].id(80), "Query", (time, time + 0.01), "");
        double["aws"].as_object_mut().unwrap().remove("request_id");
        double["type"] = "subsegment".into();
        double["parent_id"] = segment.into();
        d.ours(1).push(double);
    }),
    fault("a call twice in the streaming phase", "one-entry-per-call", |d| {
        let mut double = d.document(1, "DynamoDB").clone();
        double["id"] = d.invocations[1].id(81).into();
        d.ours(1).push(double);
    }),
    fault("a lookup without its subsegment", "one-entry-per-call", |d| {
        d.document(5, "## handler").as_object_mut().unwrap().remove("subsegments");
    }),
    fault("memory", "memory", |d| d.rewrite_log("Max Memory Used: 96 MB", "Max Memory Used: 471 MB")),
    fault("dropped batch: the collector accepted spans that X-Ray never got", "ledger", |d| {
        remove(d, 1, |doc| doc["name"] == "sse_event_dispatch");
    }),
    fault("oversized document: X-Ray refused it, the collector did not say so", "ledger", |d| {
        let poll = d.document(1, "DynamoDB")["id"].clone();
        remove(d, 1, |doc| doc["id"] == poll);
    }),
    fault("a span that nobody counts", "ledger", |d| d.rewrite_log(r#""created":16"#, r#""created":17"#)),
    fault("a trace over its quota", "nothing-refused", |d| d.exceeded.push(d.invocations[1].trace.clone())),
    fault("spans given up into the log", "nothing-refused", |d| {
        line(
            d,
            r#"{"timestamp":"2026-11-22T08:00:00.000Z","level":"ERROR","resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"6b02a1020123456789abcdef01234567"}]}]}]}"#,
        );
    }),
    fault("SERVER span: the stream is a segment of its own", "one-service-node", |d| {
        d.document(1, "sse_stream").as_object_mut().unwrap().remove("type");
    }),
    fault("a document over 64 KB", "document-size", |d| {
        d.document(1, "sse_stream")["metadata"]["default"]["text"] = "x".repeat(70_000).into();
    }),
    fault("wrapper set", "no-wrapper", |d| d.variable("AWS_LAMBDA_EXEC_WRAPPER", "/opt/otel-handler")),
    fault("wrong service name in one phase", "service-names", |d| {
        d.variable("OTEL_SERVICE_NAME", "sse-streaming");
        d.variable("POWERTOOLS_SERVICE_NAME", "sse");
    }),
    fault("another sampler", "sampler", |d| d.variable("OTEL_TRACES_SAMPLER", "always_on")),
    fault("tracing mode PassThrough", "tracing-active", |d| {
        d.evidence.function.as_mut().unwrap().tracing_mode = "PassThrough".into();
    }),
    fault("missing permission: InvokeFunction", "url-permissions", |d| {
        d.evidence.policy.as_mut().unwrap().statements.pop();
    }),
    fault("the URL buffers", "response-streaming", |d| {
        d.evidence.url.as_mut().unwrap().invoke_mode = InvokeMode::Buffered;
        for stream in &mut d.evidence.streams {
            stream.events.iter_mut().for_each(|event| event.at = Duration::from_secs(3));
        }
    }),
    fault("too little reserved concurrency", "reserved-concurrency", |d| d.evidence.reserved_concurrency = Ok(Some(2))),
    fault("no alarm on lost spans", "alarms", |d| {
        d.evidence.alarms.as_mut().unwrap().remove(0);
    }),
    fault("lost resume: the cursor claims a ticker that was not read", "resume", |d| {
        let lost = |event: &sse_verify::evidence::Event| event.data["ticker"] == "B";
        d.evidence.streams[2].events.retain(|event| !lost(event));
        d.evidence.streams[3].events.retain(|event| !lost(event));
    }),
    fault("a line that is no JSON", "log-lines", |d| line(d, "thread 'main' panicked at src/main.rs:1:1")),
    fault("slow first event", "first-event", |d| {
        let stream = &mut d.evidence.streams[1];
        stream.events.iter_mut().for_each(|event| event.at += Duration::from_secs(6));
        stream.ended = Duration::from_secs(20);
    }),
];

fn refuse(d: &mut Deployment, status: u16, detail: &str) {
    for stream in &mut d.evidence.streams {
        stream.status = Ok(status);
        stream.content_type = "application/json".into();
        stream.detail = Some(detail.into());
        stream.events.clear();
    }
}

fn remove(d: &mut Deployment, invocation: usize, is_it: impl Fn(&Value) -> bool) {
    d.ours(invocation).retain(|document| !is_it(document));
}

fn line(d: &mut Deployment, text: &str) {
    d.log.push(("environment-1".into(), text.into()));
}

/// The second invocation's spans go into the first one's trace, and its heartbeat and ledger say so.
fn stale_context(d: &mut Deployment) {
    let (stale, own) = (d.invocations[0].trace.clone(), d.invocations[1].trace.clone());
    let segment = d.invocations[0].id(2);
    let (handler, streaming): (Vec<_>, Vec<_>) =
        d.ours(1).drain(..).partition(|document| document["name"] == "## handler");
    d.ours(1).extend(handler);
    d.ours(0).extend(streaming.into_iter().map(|mut document| {
        if document["name"] == "sse_stream" {
            document["parent_id"] = segment.clone().into();
        }
        document
    }));
    d.evidence.streams[1].events[0].data = json!({"trace_id": stale});
    let of_own = format!(r#""trace_id":"{own}""#);
    d.rewrite_log(&of_own, &format!(r#""trace_id":"{stale}""#));
}
