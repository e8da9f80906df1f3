//! A span as one line of OTLP/JSON in the official mapping (hexadecimal ids, camelCase, enums as numbers, 64-bit
//! numbers as strings), so that a given-up span can be posted to any collector later.

use lambda_trace::Timestamp;
use opentelemetry_proto::{tonic::trace::v1::ResourceSpans, transform::common::tonic::ResourceAttributesWithSchema};
use opentelemetry_sdk::{Resource, trace::SpanData};
use serde::Serialize;

/// Whether a line reports a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The spans are printed because that was configured.
    Info,
    /// The span could not be delivered.
    Error,
}

#[derive(Serialize)]
struct Line {
    #[serde(rename = "resourceSpans")]
    resource_spans: [ResourceSpans; 1],
    timestamp: String,
    level: &'static str,
}

/// Prints spans of one resource.
#[derive(Debug)]
pub(crate) struct OtlpJson {
    resource: ResourceAttributesWithSchema,
}

impl OtlpJson {
    /// Prints spans of this resource.
    pub(crate) fn new(resource: &Resource) -> Self {
        Self { resource: resource.into() }
    }

    /// `{"resourceSpans":[…],…}` with this one span, written at `now`. It is followed by the members by which platforms
    /// date and filter lines; readers of OTLP/JSON ignore members that they do not know.
    pub(crate) fn line(&self, span: SpanData, now: Timestamp, level: Level) -> String {
        let resource_spans = [ResourceSpans::new(span, &self.resource)];
        let level = match level {
            Level::Info => "INFO",
            Level::Error => "ERROR",
        };
        let line = Line { resource_spans, timestamp: now.to_string(), level };
        // There are only maps with string keys, and numbers, so this cannot fail.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BufferedSpan, Guard, Sizes, convert::scope, span_data, testing::span};
    use lambda_trace::Value;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use serde_json::Value as Json;

    #[test]
    fn a_line_is_the_official_mapping_and_can_be_sent_again() {
        let mut finished = span("a\nb", &[("text", "x")], Some("why"));
        finished.attributes.push(("number", Value::Int(i64::MAX)));
        finished.attributes.push(("yes", true.into()));
        let guard = Guard::new(Sizes::new(&Resource::builder_empty().build()), &[]);
        let (trace, id) = (finished.trace.to_bits(), finished.id);
        let data = span_data(&BufferedSpan::new(finished, false, &guard), &scope("tests"));
        let resource = Resource::builder_empty().with_service_name("tests").build();
        let line = OtlpJson::new(&resource).line(data.clone(), Timestamp::from_millis(1), Level::Error);
        assert!(!line.contains('\n'));
        let json: Json = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&json["timestamp"], &json["level"]), (&"1970-01-01T00:00:00.001Z".into(), &"ERROR".into()));
        let resource_spans = &json["resourceSpans"][0];
        assert_eq!(resource_spans["resource"]["attributes"][0]["value"]["stringValue"], "tests");
        let span = &resource_spans["scopeSpans"][0]["spans"][0];
        assert_eq!(span["traceId"], format!("{trace:032x}"));
        assert_eq!(span["spanId"], id.to_string());
        assert_eq!(span["kind"], 3);
        assert_eq!(span["startTimeUnixNano"], "1795000000000000000");
        assert_eq!(span["attributes"][1]["value"]["intValue"], "9223372036854775807");
        assert_eq!(span["attributes"][2]["value"]["boolValue"], true);
        assert_eq!(span["events"][0]["name"], "exception");
        let again: ExportTraceServiceRequest = serde_json::from_str(&line).expect("a request");
        let expected = ResourceSpans::new(data, &(&resource).into());
        assert_eq!(again.resource_spans, [expected]);
    }
}
