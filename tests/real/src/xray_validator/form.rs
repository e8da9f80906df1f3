//! The form of a segment document, from X-Ray's guide. It knows no quota and no other document.

use super::Refusal;
use lambda_env::Stamp;
use serde_json::{Map, Value};

/// A document, in bytes.
const DOCUMENT_BYTES_MAX: usize = 64 * 1_024;
const NAME_CHARS_MAX: usize = 200;
const ANNOTATION_CHARS_MAX: usize = 1_000;
/// Trace ids carry their date, in seconds: so far back, so far ahead.
const TRACE_AGE_MAX_S: u64 = 28 * 24 * 3_600;
const TRACE_AHEAD_MAX_S: u64 = 5 * 60;

pub(super) fn check(document: &Value, bytes: usize, now: Stamp) -> Result<(), Refusal> {
    let Some(members) = document.as_object() else {
        return Err(Refusal::new("JSONFormatError", "no JSON object"));
    };
    if bytes > DOCUMENT_BYTES_MAX {
        return Err(Refusal::new("SegmentTooLarge", format!("{bytes} bytes")));
    }
    trace_id(members, now)?;
    let has_parent = members.get("parent_id").is_some_and(|id| is_hex(id, 16));
    if members.contains_key("parent_id") && !has_parent {
        return Err(Refusal::new("InvalidParentId", members["parent_id"].to_string()));
    }
    match members.get("type").map(Value::as_str) {
        None => {}
        Some(Some("subsegment")) if has_parent => {}
        Some(Some("subsegment")) => return Err(Refusal::new("MissingParentId", "a subsegment by itself needs one")),
        Some(_) => return Err(Refusal::new("InvalidType", members["type"].to_string())),
    }
    entry(members)
}

/// What holds for a document and for each subsegment within it.
fn entry(members: &Map<String, Value>) -> Result<(), Refusal> {
    if !members.get("id").is_some_and(|id| is_hex(id, 16)) {
        return Err(Refusal::new("InvalidId", format!("{:?}", members.get("id"))));
    }
    let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
    let in_form = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/%&#=+\\-@".contains(c);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(in_form) {
        return Err(Refusal::new("InvalidName", name));
    }
    let time = |member: &str| members.get(member).and_then(Value::as_f64);
    let is_open = members.get("in_progress") == Some(&Value::Bool(true));
    match (time("start_time"), time("end_time")) {
        (Some(start), Some(end)) if end >= start && !is_open => {}
        (Some(_), None) if is_open => {}
        times => return Err(Refusal::new("InvalidTime", format!("{name}: {times:?}"))),
    }
    match members.get("namespace").map(Value::as_str) {
        None | Some(Some("aws" | "remote")) => {}
        Some(other) => return Err(Refusal::new("InvalidNamespace", format!("{other:?}"))),
    }
    annotations(members)?;
    for nested in members.get("subsegments").and_then(Value::as_array).into_iter().flatten() {
        let Some(members) = nested.as_object() else {
            return Err(Refusal::new("InvalidSubsegment", nested.to_string()));
        };
        entry(members)?;
    }
    Ok(())
}

fn annotations(members: &Map<String, Value>) -> Result<(), Refusal> {
    for (key, value) in members.get("annotations").and_then(Value::as_object).into_iter().flatten() {
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_value = match value {
            Value::String(text) => text.chars().count() <= ANNOTATION_CHARS_MAX,
            Value::Number(_) | Value::Bool(_) => true,
            _ => false,
        };
        if !is_key || !is_value {
            return Err(Refusal::new("InvalidAnnotation", key));
        }
    }
    Ok(())
}

fn trace_id(members: &Map<String, Value>, now: Stamp) -> Result<(), Refusal> {
    let id = members.get("trace_id").and_then(Value::as_str).unwrap_or_default();
    let refuse = || Refusal::new("InvalidTraceId", id);
    let (date, rest) = id.strip_prefix("1-").and_then(|id| id.split_once('-')).ok_or_else(refuse)?;
    if date.len() != 8 || rest.len() != 24 || !rest.bytes().all(is_digit) {
        return Err(refuse());
    }
    let date = u64::from_str_radix(date, 16).map_err(|_| refuse())?;
    let now = now.unix_ms() / 1_000;
    if date + TRACE_AGE_MAX_S < now || date > now + TRACE_AHEAD_MAX_S {
        return Err(Refusal::new("InvalidTraceId", format!("{id} is out of its time")));
    }
    Ok(())
}

fn is_hex(id: &Value, digits: usize) -> bool {
    id.as_str().is_some_and(|id| id.len() == digits && id.bytes().all(is_digit))
}

const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// The ids of a document and of everything within it.
pub(super) fn ids(document: &Value) -> Vec<&str> {
    let nested = document["subsegments"].as_array().into_iter().flatten();
    document["id"].as_str().into_iter().chain(nested.flat_map(ids)).collect()
}
