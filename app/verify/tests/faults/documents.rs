//! One invocation's documents in the forms in which AWS hands them out: subsegments merged into the function's segment, in the
//! old form within `Invocation`, in the new one directly; a segment inferred from each call, with the same request id; and the
//! span format of Transaction Search.

use super::deployment::Form;
use serde_json::{Map, Value, json};

pub(crate) const FUNCTION: &str = "sse-prod";
pub(crate) const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:sse-prod";

/// One invocation.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) number: u32,
    pub(crate) trace: String,
    pub(crate) request_id: String,
    /// When it began, in seconds since the epoch.
    pub(crate) start: f64,
    /// How long its stream lasted, in seconds.
    pub(crate) seconds: f64,
    pub(crate) events: u32,
    pub(crate) is_cold: bool,
    pub(crate) has_lookup: bool,
}

impl Invocation {
    pub(crate) fn id(&self, what: u32) -> String {
        format!("{:08x}{what:08x}", self.number + 0xa0)
    }

    /// The subsegments that we send, by themselves: handler phase first.
    pub(crate) fn ours(&self) -> Vec<Value> {
        let at = |offset: f64| self.start + offset;
        let segment = self.id(2);
        let mut handler = json!({"id": self.id(3), "parent_id": segment, "name": "## handler", "start_time": at(0.001), "end_time": at(0.02),
            "annotations": {"ColdStart": self.is_cold, "Service": "sse-streaming"}});
        if self.has_lookup {
            let lookup = call(
                &self.id(4),
                None,
                "DynamoDB",
                "GetItem",
                (at(0.002), at(0.01)),
                &format!("LOOKUP{}", self.number),
            );
            handler["subsegments"] = json!([lookup]);
        }
        let stream = self.id(5);
        let span = |id: u32, name: &str, from: f64, to: f64, metadata: Value| {
            json!({"id": self.id(id), "parent_id": stream, "name": name, "start_time": at(from), "end_time": at(to),
                "metadata": {"default": metadata}})
        };
        let mut ours = vec![
            handler,
            json!({"id": stream, "parent_id": segment, "name": "sse_stream", "start_time": at(0.021), "end_time": at(0.021 + self.seconds),
                "annotations": {"connection_id": format!("c-{}", self.number), "end_reason": "stream_max", "is_cold_start": self.is_cold},
                "metadata": {"default": {"events_yielded": self.events, "polls_shared": 0, "spans_folded": 0}}}),
            span(6, "connection_acquire", 0.021, 0.022, json!({"current_count": 1, "max_connections": 1})),
            span(7, "connection_release", 0.02 + self.seconds, 0.021 + self.seconds, json!({"current_count": 0})),
        ];
        for (n, partition) in (0_u32..).zip(["positive", "neutral", "negative"]) {
            let times = (at(0.03), at(0.04 + f64::from(n) / 100.0));
            let id = self.id(10 + n);
            let request = format!("QUERY{}-{n}", self.number);
            let mut poll = call(&id, Some(&stream), "DynamoDB", "Query", times, &request);
            poll["metadata"]["default"]["sentiment_type"] = partition.into();
            ours.push(poll);
        }
        let put = format!("PUT{}", self.number);
        let times = (at(self.seconds - 0.1), at(self.seconds - 0.05));
        ours.push(call(&self.id(13), Some(&stream), "CloudWatch", "PutMetricData", times, &put));
        for n in 0..self.events {
            let offset = 0.05 + f64::from(n) / 100.0;
            let data = json!({"event_type": "sentiment_update", "latency_ms": 12});
            ours.push(span(20 + n, "sse_event_dispatch", offset, offset + 0.001, data));
        }
        ours
    }

    /// Spans of the streaming phase, which are what the ledger counts.
    pub(crate) fn spans(&self) -> usize {
        self.ours().len() - 1
    }

    /// Everything in the form asked for.
    pub(crate) fn documents(&self, form: Form, ours: Vec<Value>) -> Vec<Value> {
        let service = json!({"id": self.id(1), "name": FUNCTION, "trace_id": self.trace, "start_time": self.start, "origin": "AWS::Lambda",
            "end_time": self.start + self.seconds + 0.1, "http": {"response": {"status": 200}}, "resource_arn": ARN,
            "aws": {"request_id": self.request_id}});
        let mut function = json!({"id": self.id(2), "name": FUNCTION, "trace_id": self.trace, "parent_id": self.id(1),
            "start_time": self.start, "end_time": self.start + self.seconds + 0.1, "origin": "AWS::Lambda::Function",
            "aws": {"account_id": "123456789012", "function_arn": ARN, "resource_names": [FUNCTION]}});
        if form == Form::Spans {
            let mut all = vec![span(&self.trace, &service, "SERVER"), span(&self.trace, &function, "SERVER")];
            for document in &ours {
                spans(&self.trace, document, &mut all);
            }
            return all;
        }
        let inferred: Vec<_> = ours.iter().flat_map(inferred).collect();
        let segment = self.id(2);
        let (within, alone): (Vec<_>, Vec<_>) = merge(ours, &segment);
        function["subsegments"] = match form {
            Form::Invocation => json!([{"id": self.id(90), "name": "Invocation", "start_time": self.start,
                "end_time": self.start + self.seconds, "subsegments": within},
                {"id": self.id(91), "name": "Overhead", "start_time": self.start + self.seconds, "end_time": self.start + self.seconds + 0.1}]),
            _ => within.into(),
        };
        let with_trace = |mut document: Value| {
            document["trace_id"] = self.trace.clone().into();
            document
        };
        [service, function].into_iter().chain(inferred).chain(alone).map(with_trace).collect()
    }
}

pub(crate) fn call(
    id: &str,
    parent: Option<&str>,
    service: &str,
    operation: &str,
    times: (f64, f64),
    request: &str,
) -> Value {
    let mut document = json!({"id": id, "name": service, "namespace": "aws", "start_time": times.0, "end_time": times.1,
        "aws": {"operation": operation, "region": "eu-central-1", "request_id": request}, "metadata": {"default": {"attempts": 1}}});
    if let Some(parent) = parent {
        document["parent_id"] = parent.into();
    }
    document
}

/// What X-Ray makes of each subsegment with the namespace `aws`.
fn inferred(document: &Value) -> Vec<Value> {
    let nested = document["subsegments"].as_array().into_iter().flatten().flat_map(inferred);
    let mut all: Vec<_> = nested.collect();
    if document["namespace"] == "aws" {
        let id = document["id"].as_str().unwrap();
        all.push(json!({"id": format!("f{}", &id[1..]), "parent_id": id, "name": "items", "inferred": true, "origin": "AWS::DynamoDB::Table",
            "start_time": document["start_time"], "end_time": document["end_time"], "aws": document["aws"]}));
    }
    all
}

/// Subsegments lie within their parent's document, without what they said of themselves. Segments, and subsegments whose parent
/// never came, stay alone.
fn merge(documents: Vec<Value>, segment: &str) -> (Vec<Value>, Vec<Value>) {
    let ids: Vec<_> = documents.iter().map(|document| document["id"].clone()).collect();
    let is_alone = |document: &Value| {
        document.get("origin").is_some()
            || document["kind"] == "segment"
            || (document["parent_id"] != segment && !ids.contains(&document["parent_id"]))
    };
    let (alone, merged): (Vec<_>, Vec<_>) = documents.into_iter().partition(is_alone);
    let alone_ids: Vec<_> = alone.iter().map(|document| document["id"].clone()).collect();
    let within = take(segment, &merged);
    let alone = alone.into_iter().map(|mut document| {
        if alone_ids.contains(&document["id"]) && document["kind"] == "segment" {
            let id = document["id"].as_str().unwrap().to_owned();
            document["subsegments"] = take(&id, &merged).into();
            document.as_object_mut().unwrap().remove("kind");
        } else {
            document["type"] = "subsegment".into();
        }
        document
    });
    (within, alone.collect())
}

fn take(parent: &str, documents: &[Value]) -> Vec<Value> {
    let of_parent = documents.iter().filter(|document| document["parent_id"] == parent);
    let nest = |document: &Value| {
        let mut document = document.clone();
        let id = document["id"].as_str().unwrap().to_owned();
        let mut nested = document["subsegments"].as_array().cloned().unwrap_or_default();
        nested.extend(take(&id, documents));
        let members = document.as_object_mut().unwrap();
        members.remove("parent_id");
        if !nested.is_empty() {
            members.insert("subsegments".into(), nested.into());
        }
        document
    };
    of_parent.map(nest).collect()
}

fn spans(trace: &str, document: &Value, into: &mut Vec<Value>) {
    into.push(span(trace, document, if document["namespace"] == "aws" { "CLIENT" } else { "INTERNAL" }));
    for nested in document["subsegments"].as_array().into_iter().flatten() {
        let mut nested = nested.clone();
        nested["parent_id"] = document["id"].clone();
        spans(trace, &nested, into);
    }
}

fn span(trace: &str, document: &Value, kind: &str) -> Value {
    let mut attributes = Map::new();
    for group in [&document["annotations"], &document["metadata"]["default"]] {
        attributes.extend(group.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    }
    if document["namespace"] == "aws" {
        attributes.insert("rpc.system".into(), "aws-api".into());
        attributes.insert("rpc.service".into(), document["name"].clone());
        attributes.insert("rpc.method".into(), document["aws"]["operation"].clone());
    }
    if let Some(id) = document["aws"]["request_id"].as_str() {
        attributes.insert("aws.request_id".into(), id.into());
    }
    let nanos = |member: &str| document[member].as_f64().map(|seconds| (seconds * 1e9).round());
    json!({"traceId": trace.replace("1-", "").replace('-', ""), "spanId": document["id"], "parentSpanId": document["parent_id"],
        "name": document["name"], "kind": kind, "startTimeUnixNano": nanos("start_time"), "endTimeUnixNano": nanos("end_time"),
        "attributes": attributes, "status": {"code": "UNSET"}})
}
