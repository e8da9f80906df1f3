//! Converts a finished handler phase into a datagram: a header line and one JSON document, with its children nested.

use super::text::{cut, key, name};
use lambda_trace::{ANNOTATIONS, Exception, FinishedSpan, Handler, SpanKind, Timestamp, TraceId, Value};
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;

/// The first line of every datagram.
const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";
/// A datagram has at most 65,507 bytes; below that is X-Ray's own limit of 64 kB, with a margin.
pub(super) const DATAGRAM_BYTES_MAX: usize = 60_000;
/// FR-058.
const ANNOTATION_CHARS_MAX: usize = 1_000;
/// FR-058.
const ERROR_TEXT_CHARS_MAX: usize = 2_048;
const ERROR_TYPE_CHARS_MAX: usize = 200;
const TEXT_CHARS_MAX: usize = 1_000;

/// The datagram. If it is too large, children first lose their metadata, and are then removed, the last ones first.
pub(super) fn datagram(span: FinishedSpan<Handler>) -> Vec<u8> {
    let mut document = subsegment(span, None);
    let mut bytes = print(&document);
    if bytes.len() > DATAGRAM_BYTES_MAX {
        for child in children(&mut document).into_iter().flatten() {
            child.as_object_mut().map(|c| c.remove("metadata"));
        }
        bytes = print(&document);
    }
    let mut dropped = 0_u64;
    while bytes.len() > DATAGRAM_BYTES_MAX && children(&mut document).is_some_and(|c| c.pop().is_some()) {
        dropped += 1;
        document["metadata"]["default"]["dropped_subsegments"] = dropped.into();
        bytes = print(&document);
    }
    bytes
}

fn children(document: &mut Json) -> Option<&mut Vec<Json>> {
    document.get_mut("subsegments").and_then(Json::as_array_mut)
}

fn print(document: &Json) -> Vec<u8> {
    format!("{HEADER}{document}").into_bytes()
}

/// A nested subsegment omits what its parent states: trace, parent, type.
fn subsegment(span: FinishedSpan<Handler>, within: Option<TraceId>) -> Json {
    let mut document = Map::new();
    if within.is_none() {
        document.insert("type".into(), "subsegment".into());
        document.insert("trace_id".into(), span.trace.to_string().into());
        document.insert("parent_id".into(), span.parent.to_string().into());
    }
    document.insert("id".into(), span.id.to_string().into());
    document.insert("name".into(), name(span.name).into());
    document.insert("start_time".into(), seconds(span.start));
    document.insert("end_time".into(), seconds(span.end));
    if span.kind == SpanKind::Client {
        document.insert("namespace".into(), "aws".into());
    }
    if let Some(exception) = &span.exception {
        blame(&mut document, exception, &span.id.to_string());
    }
    describe(&mut document, &span.attributes);
    if !span.children.is_empty() {
        let nested = span.children.into_iter().map(|child| subsegment(child, Some(span.trace)));
        document.insert("subsegments".into(), nested.collect());
    }
    Json::Object(document)
}

/// Annotations, the `aws` block, and the rest as metadata.
fn describe(document: &mut Map<String, Json>, attributes: &[(&'static str, Value)]) {
    let listed = attributes.iter().find(|(k, _)| *k == ANNOTATIONS);
    let indexed: &[Cow<'static, str>] = match listed {
        Some((_, Value::List(keys))) => keys,
        _ => &[],
    };
    let (mut annotations, mut aws, mut metadata) = (Map::new(), Map::new(), Map::new());
    for (k, value) in attributes {
        let of_call = match *k {
            ANNOTATIONS | "rpc.system" | "rpc.service" => continue,
            "rpc.method" => Some("operation"),
            "aws.region" => Some("region"),
            "aws.table_name" => Some("table_name"),
            "aws.request_id" => Some("request_id"),
            _ => None,
        };
        if let Some(field) = of_call {
            aws.insert(field.into(), plain(value, TEXT_CHARS_MAX));
        } else if *k == "attempts" {
            let attempts = value.as_int().unwrap_or(1);
            aws.insert("retries".into(), attempts.saturating_sub(1).max(0).into());
        } else if indexed.iter().any(|i| i == k) {
            annotations.insert(key(k), plain(value, ANNOTATION_CHARS_MAX));
        } else {
            metadata.insert((*k).into(), plain(value, TEXT_CHARS_MAX));
        }
    }
    for (field, map) in [("annotations", annotations), ("aws", aws)] {
        if !map.is_empty() {
            document.insert(field.into(), map.into());
        }
    }
    if !metadata.is_empty() {
        document.insert("metadata".into(), json!({ "default": metadata }));
    }
}

/// `throttle` implies `error`; a failure that is neither the caller's fault nor a throttle is a `fault`.
fn blame(document: &mut Map<String, Json>, exception: &Exception, id: &str) {
    match kind_of(&exception.error_type) {
        Kind::Throttle => {
            document.insert("throttle".into(), true.into());
            document.insert("error".into(), true.into());
        }
        Kind::Error => {
            document.insert("error".into(), true.into());
        }
        Kind::Fault => {
            document.insert("fault".into(), true.into());
        }
    }
    let exception = json!({
        "id": id,
        "type": cut(&exception.error_type, ERROR_TYPE_CHARS_MAX),
        "message": cut(&exception.message, ERROR_TEXT_CHARS_MAX),
        "remote": true,
    });
    document.insert("cause".into(), json!({ "exceptions": [exception] }));
}

enum Kind {
    Throttle,
    Error,
    Fault,
}

/// A finished span has the name of its error only; AWS's names are the same for all services of a kind.
fn kind_of(error_type: &str) -> Kind {
    let has = |parts: &[&str]| parts.iter().any(|part| error_type.contains(part));
    if has(&["Throttl", "throttled", "ThroughputExceeded", "TooManyRequests", "RequestLimitExceeded"]) {
        Kind::Throttle
    } else if has(&[
        "Validation",
        "AccessDenied",
        "ResourceNotFound",
        "UnrecognizedClient",
        "InvalidSignature",
        "ExpiredToken",
        "IncompleteSignature",
        "MissingAuthentication",
        "ConditionalCheckFailed",
        "Serialization",
        "denied",
        "refused",
    ]) {
        Kind::Error
    } else {
        Kind::Fault
    }
}

fn plain(value: &Value, max: usize) -> Json {
    match value {
        Value::Str(text) => cut(text, max).into(),
        Value::Int(n) => (*n).into(),
        Value::Bool(b) => (*b).into(),
        Value::List(texts) => texts.iter().map(|text| Json::from(cut(text, max))).collect(),
    }
}

/// Seconds with fractions. A double is exact to the microsecond until the year 2255.
fn seconds(at: Timestamp) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 microseconds")]
    let us = at.micros() as f64;
    (us / 1e6).into()
}
