//! One healthy invocation: its events, the documents that are sent of it, and its log lines.

use serde_json::{Value, json};

pub(crate) const FUNCTION: &str = "sse-prod";
const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:sse-prod";
const TICKERS: [&str; 3] = ["A", "B", "C"];

/// The form of Lambda's own segment, and of everything where there is Transaction Search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Segments; ours lie within `Invocation`.
    Invocation,
    /// Segments; ours lie directly under the function's.
    Flat,
    /// Spans.
    Spans,
}

/// One invocation.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) number: u32,
    pub(crate) trace: String,
    pub(crate) request_id: String,
    /// When it began, in seconds since the epoch.
    pub(crate) start: f64,
    /// How long its stream lasts, in seconds.
    pub(crate) seconds: f64,
    pub(crate) is_cold: bool,
    pub(crate) has_lookup: bool,
    /// A client that comes back with all of the state is sent none of it.
    pub(crate) is_resumed: bool,
}

/// An event: milliseconds after the request, name, data, id.
pub(crate) type Sent = (u64, &'static str, Value, Option<&'static str>);

impl Invocation {
    pub(crate) fn id(&self, what: u32) -> String {
        format!("{:08x}{what:08x}", self.number + 0xa0)
    }

    pub(crate) fn events(&self) -> Vec<Sent> {
        let mut events = vec![(120, "heartbeat", json!({"trace_id": self.trace, "degraded": false}), None)];
        if !self.is_resumed {
            let metrics =
                json!({"total": 3, "positive": 1, "neutral": 1, "negative": 1, "by_tag": {"A": 1, "B": 1, "C": 1}});
            events.push((140, "metrics", metrics, Some("x")));
            for (at, ticker) in (150..).zip(TICKERS) {
                let data = json!({"ticker": ticker, "score": 0.25, "label": "positive", "confidence": 1.0, "count": 1});
                // The last one of a write claims all of it.
                events.push((at, "sentiment_update", data, (ticker == "C").then_some("y")));
            }
        }
        events.push((3_000, "done", json!({"reason": "stream_max"}), None));
        events
    }

    /// Lambda's own two segments.
    pub(crate) fn lambda_segments(&self, form: Form) -> Vec<Value> {
        let end = self.start + self.seconds + 0.1;
        let service = json!({"id": self.id(1), "name": FUNCTION, "trace_id": self.trace, "start_time": self.start, "origin": "AWS::Lambda",
            "end_time": end, "http": {"response": {"status": 200}}, "resource_arn": ARN, "aws": {"request_id": self.request_id}});
        let mut function = json!({"id": self.id(2), "name": FUNCTION, "trace_id": self.trace, "parent_id": self.id(1),
            "start_time": self.start, "end_time": end, "origin": "AWS::Lambda::Function",
            "aws": {"account_id": "123456789012", "function_arn": ARN, "resource_names": [FUNCTION]}});
        if form == Form::Invocation {
            function["subsegments"] = json!([
                {"id": self.id(90), "name": "Invocation", "start_time": self.start, "end_time": self.start + self.seconds},
                {"id": self.id(91), "name": "Overhead", "start_time": self.start + self.seconds, "end_time": end}]);
        }
        vec![service, function]
    }

    /// The subsegments that the function and its collector send, by themselves: handler phase first.
    pub(crate) fn ours(&self) -> Vec<Value> {
        let at = |offset: f64| self.start + offset;
        let (segment, stream) = (self.id(2), self.id(5));
        let mut handler = json!({"id": self.id(3), "parent_id": segment, "name": "## handler", "start_time": at(0.001), "end_time": at(0.02),
            "annotations": {"ColdStart": self.is_cold, "Service": "sse-streaming"}});
        if self.has_lookup {
            let request = format!("LOOKUP{}", self.number);
            handler["subsegments"] = json!([call(&self.id(4), "GetItem", (at(0.002), at(0.01)), &request)]);
        }
        let span = |id: u32, name: &str, from: f64, to: f64, metadata: Value| {
            json!({"id": self.id(id), "parent_id": stream, "name": name, "start_time": at(from), "end_time": at(to),
                "metadata": {"default": metadata}})
        };
        let events = self.events().len();
        let mut ours = vec![
            handler,
            json!({"id": stream, "parent_id": segment, "name": "sse_stream", "start_time": at(0.021), "end_time": at(0.021 + self.seconds),
                "annotations": {"connection_id": format!("c-{}", self.number), "end_reason": "stream_max", "is_cold_start": self.is_cold},
                "metadata": {"default": {"events_yielded": events, "polls_shared": 0, "spans_folded": 0}}}),
            span(6, "connection_acquire", 0.021, 0.022, json!({"current_count": 1, "max_connections": 1})),
            span(7, "connection_release", 0.02 + self.seconds, 0.021 + self.seconds, json!({"current_count": 0})),
        ];
        for n in 0..3_u32 {
            let times = (at(0.03), at(0.04 + f64::from(n) / 100.0));
            ours.push(call(&self.id(10 + n), "Query", times, &format!("QUERY{}-{n}", self.number)));
        }
        // The round that the stream's end cancels: nobody answered, and all three began at once.
        for (n, partition) in (60..).zip(["positive", "neutral", "negative"]) {
            let mut poll = call(&self.id(n), "Query", (at(self.seconds - 0.01), at(self.seconds)), "");
            poll["aws"].as_object_mut().unwrap().remove("request_id");
            poll["metadata"]["default"] = json!({"sentiment_type": partition, "cancelled": true, "attempts": 1});
            ours.push(poll);
        }
        let times = (at(self.seconds - 0.1), at(self.seconds - 0.05));
        ours.push(call(&self.id(13), "PutMetricData", times, &format!("PUT{}", self.number)));
        for (n, (_, name, ..)) in (0_u32..).zip(self.events()) {
            let offset = 0.05 + f64::from(n) / 100.0;
            let data = json!({"event_type": name, "latency_ms": 12});
            ours.push(span(20 + n, "sse_event_dispatch", offset, offset + 0.001, data));
        }
        for document in &mut ours {
            document["trace_id"] = self.trace.clone().into();
            document["type"] = "subsegment".into();
            if document["namespace"] == "aws" {
                document["parent_id"] = stream.clone().into();
            }
        }
        ours
    }

    /// As Managed Instances write them: in JSON, and of an invocation's end its duration alone.
    pub(crate) fn managed_log_lines(&self) -> Vec<String> {
        let own = self.log_lines().into_iter().filter(|line| line.starts_with('{'));
        let header = format!("Root={};Parent={};Sampled=1", self.trace, self.id(2));
        let record = json!({"requestId": self.request_id, "metrics": {"durationMs": 3010.0}, "status": "success",
            "tracing": {"spanId": self.id(2), "type": "X-Amzn-Trace-Id", "value": header}});
        let report = json!({"time": "2026-11-22T08:00:00.000Z", "type": "platform.report", "record": record});
        own.chain([report.to_string()]).collect()
    }

    pub(crate) fn log_lines(&self) -> Vec<String> {
        let Self { request_id, trace, .. } = self;
        // All but the handler's subsegment.
        let spans = self.ours().len() - 1;
        let init = if self.is_cold { "\tInit Duration: 180.00 ms" } else { "" };
        vec![
            format!("START RequestId: {request_id} Version: 3"),
            json!({"timestamp": "2026-11-22T08:00:00.000Z", "level": "INFO", "message": "telemetry ledger", "request_id": request_id,
                "trace_id": trace, "created": spans, "delivered": spans, "retained": 0, "logged": 0, "folded": 0, "resent": 0,
                "flush_ms": 4, "flush_outcome": "ok"})
            .to_string(),
            format!("END RequestId: {request_id}"),
            format!("REPORT RequestId: {request_id}\tDuration: 3010.00 ms\tBilled Duration: 3010 ms\tMemory Size: 512 MB\tMax Memory Used: 96 MB{init}\t\nXRAY TraceId: {trace}\tSegmentId: {}\tSampled: true\t\n", self.id(2)),
        ]
    }
}

pub(crate) fn call(id: &str, operation: &str, times: (f64, f64), request: &str) -> Value {
    let name = if operation == "PutMetricData" { "CloudWatch" } else { "DynamoDB" };
    json!({"id": id, "name": name, "namespace": "aws", "start_time": times.0, "end_time": times.1,
        "aws": {"operation": operation, "region": "eu-central-1", "request_id": request}, "metadata": {"default": {"attempts": 1}}})
}
