//! Rule: FR-058.

use super::*;
use crate::{BufferedSpan, convert::scope, span_data, testing::span, transport::TransportLimits};
use opentelemetry::{Array, KeyValue, Value as Sdk};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::time::UNIX_EPOCH;

fn limits() -> Guard {
    Guard::new(Sizes::new(&resource()), &["connection_id"])
}

fn resource() -> Resource {
    let groups = Sdk::Array(Array::String(vec!["/aws/lambda/a-function-of-some-name".into()]));
    let attributes = [
        KeyValue::new("cloud.account.id", "123456789012"),
        KeyValue::new("aws.log.group.names", groups),
        KeyValue::new("faas.name", "a-function-of-some-name"),
    ];
    Resource::builder_empty().with_attributes(attributes).build()
}

/// The document as the collector's exporter prints it: with its keys, and Go's escapes.
fn printed(span: &SpanData) -> String {
    let seconds = |t: std::time::SystemTime| t.duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let text = |key: &str| {
        let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
        found.map_or_else(String::new, |pair| pair.value.as_str().into_owned())
    };
    let indexed = text(ANNOTATIONS);
    let (mut annotations, mut metadata) = (Map::new(), Map::new());
    let in_aws = ["rpc.method", "aws.region", "aws.request_id", "aws.table_name"];
    for pair in &span.attributes {
        let key = pair.key.as_str();
        if key == ANNOTATIONS || in_aws.contains(&key) {
            continue;
        }
        let value = match &pair.value {
            Sdk::Bool(b) => Json::from(*b),
            Sdk::I64(n) => Json::from(*n),
            other => Json::from(other.as_str()),
        };
        let map = if indexed.contains(&format!("\"{key}\"")) { &mut annotations } else { &mut metadata };
        map.insert(key.to_owned(), value);
    }
    let event = |key: &str| {
        let mut pairs = span.events.iter().flat_map(|event| event.attributes.iter());
        pairs.find(|pair| pair.key.as_str() == key).map(|pair| pair.value.as_str().into_owned())
    };
    let mut whole = json!({
        "id": "53995c3f42cd8ad8", "trace_id": "1-67891233-abcdef012345678912345678", "parent_id": "53995c3f42cd8ad8",
        "name": span.name, "start_time": seconds(span.start_time), "end_time": seconds(span.end_time),
        "fault": false, "error": false, "throttle": false, "type": "subsegment", "namespace": "remote",
        "aws": {
            "account_id": "123456789012", "cloudwatch_logs": [{"log_group": "/aws/lambda/a-function-of-some-name"}],
            "xray": {"auto_instrumentation": false}, "operation": text("rpc.method"), "region": text("aws.region"),
            "request_id": text("aws.request_id"), "table_name": text("aws.table_name"),
        },
        "annotations": annotations, "metadata": {"default": metadata},
    });
    if let Some(message) = event("exception.message") {
        let exception =
            json!({"id": "53995c3f42cd8ad8", "type": event("exception.type"), "message": message, "remote": true});
        whole["cause"] = json!({"exceptions": [exception]});
    }
    let go = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    go.iter().fold(whole.to_string(), |text, (from, to)| text.replace(*from, to))
}

fn chars(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.chars().count(),
        Value::List(texts) => texts.iter().map(|text| text.chars().count()).max().unwrap_or(0),
        Value::Int(_) | Value::Bool(_) => 0,
    }
}

/// As it is sent, without being guarded once more.
fn data(span: FinishedSpan<Streaming>) -> SpanData {
    let buffered =
        BufferedSpan { span, is_stream: false, dropped_attributes: 0, document: 0, memory: 0, is_unread: false };
    span_data(&buffered, &scope("tests"))
}

/// Text with everything in it that JSON and UTF-8 make expensive.
fn text(max: usize) -> impl Strategy<Value = String> {
    let chars = prop_oneof![
        4 => any::<char>(),
        4 => proptest::char::range(' ', '~'),
        1 => Just('\u{1}'), 1 => Just('"'), 1 => Just('<'), 1 => Just('\u{2028}'), 1 => Just('𝄞'),
    ];
    // Long texts are short ones repeated: what matters is their length, not that every character is new.
    (proptest::collection::vec(chars, 0..12), 0..max / 4).prop_map(|(chars, times)| {
        let piece: String = chars.into_iter().collect();
        piece.repeat(times / 3)
    })
}

const KEYS: [&str; 10] = [
    "rpc.system",
    "rpc.method",
    "connection_id",
    "aws.table_name",
    "aws.region",
    "aws.request_id",
    "session_id",
    "some.attribute",
    "another_attribute",
    "event_type",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_span_comes_out_within_its_limits(
        values in proptest::collection::vec(text(20_000), 0..KEYS.len()),
        indexed in proptest::collection::vec(0..KEYS.len(), 0..60),
        message in proptest::option::of(text(40_000)),
        max in 2_000..TransportLimits::COLLECTOR.document_bytes,
    ) {
        let texts: Vec<_> = KEYS.into_iter().zip(values.iter().map(String::as_str)).collect();
        let mut span = span("dynamodb_poll", &texts, message.as_deref());
        let keys = indexed.into_iter().map(|i| Cow::Borrowed(KEYS[i])).collect();
        span.attributes.push((ANNOTATIONS, Value::List(keys)));
        span.attributes.push(("a_number", Value::Int(i64::MIN)));
        let before = span.attributes.len();
        let mut dropped_in_all = 0;
        // What one transport takes, and then what another takes, or the budget has left.
        for bound in [TransportLimits::COLLECTOR.document_bytes, max] {
            let guard = Guard::new(Sizes::new(&resource()).with_document_max(bound), &["connection_id"]);
            let Guarded { document, dropped } = guard.guard(&mut span);
            prop_assert!(document <= bound, "{document} > {bound}");
            prop_assert_eq!(document, guard.document(&span), "the size is kept up to date");
            prop_assert!(guard.floor(&span) <= document);
            dropped_in_all += dropped;
            let kept = span.attributes.len() + usize::try_from(dropped_in_all).expect("few");
            prop_assert_eq!(kept, before, "what is dropped is counted");
            prop_assert!(span.attributes.iter().all(|(_, value)| chars(value) <= TEXT_CHARS_MAX));
            let message = span.exception.as_ref().map_or(0, |exception| exception.message.chars().count());
            prop_assert!(message <= ERROR_TEXT_CHARS_MAX);
        }
        let printed = printed(&data(span));
        prop_assert!(printed.len() <= max, "{} > {}: {}", printed.len(), max, printed);
    }

    #[test]
    fn what_is_within_its_limits_stays_as_it_is(values in proptest::collection::vec("[a-z]{0,100}", 0..KEYS.len())) {
        let texts: Vec<_> = KEYS.into_iter().zip(values.iter().map(String::as_str)).collect();
        let mut span = span("dynamodb_poll", &texts, Some("short"));
        let before = (span.attributes.clone(), span.exception.clone());
        limits().guard(&mut span);
        prop_assert_eq!((span.attributes, span.exception), before);
    }
}

#[test]
fn texts_are_cut_between_characters_at_their_own_limits() {
    let name: &'static str = format!("a{}", "é".repeat(150)).leak();
    let mut span = span(name, &[("a", &"é".repeat(1_500))], Some(&"𝄞".repeat(3_000)));
    limits().guard(&mut span);
    assert_eq!(span.name, format!("a{}", "é".repeat(99)));
    assert_eq!(chars(&span.attributes[0].1), TEXT_CHARS_MAX);
    let message = span.exception.map(|exception| exception.message.chars().count());
    assert_eq!(message, Some(ERROR_TEXT_CHARS_MAX));
}

#[test]
fn the_error_text_goes_before_the_attributes_and_those_that_place_a_span_go_last() {
    let long = "x".repeat(300);
    let texts = [("rpc.system", "aws-api"), ("some.attribute", &long), ("connection_id", "c")];
    let mut span = span("dynamodb_poll", &texts, Some(&"m".repeat(2_000)));
    let Guarded { document, dropped } = limits().shrink(&mut span, 1_300);
    assert!(document <= 1_300 && dropped == 0);
    let Guarded { document, dropped } = limits().shrink(&mut span, 800);
    assert!(document <= 800);
    let keys: Vec<_> = span.attributes.iter().map(|(key, _)| *key).collect();
    assert_eq!((keys, dropped), (vec!["rpc.system", "connection_id"], 1));
}
