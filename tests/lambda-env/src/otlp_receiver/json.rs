//! Spans out of OTLP/JSON, the form in which a function prints what it could not deliver. The messages' own deserializer
//! reads it; it takes ids in hex only, and 64-bit
//! numbers as strings or as numbers, as the form allows its readers.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value;

use super::span::Span;

impl Span {
    /// The spans of one OTLP/JSON line, `{"resourceSpans":[..]}`. `None` if the text is something else; an error says what
    /// is wrong with a line that claims to be OTLP.
    ///
    /// # Errors
    /// A field is missing or has another form than OTLP/JSON gives it.
    pub fn of_json(line: &str) -> Result<Option<Vec<Self>>, String> {
        let Ok(whole) = serde_json::from_str::<Value>(line) else {
            return Ok(None);
        };
        if !whole["resourceSpans"].is_array() {
            return Ok(None);
        }
        let request: ExportTraceServiceRequest = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        let spans = Self::of_request(&request);
        let is_whole = |span: &Self| span.trace_id.len() == 32 && span.span_id.len() == 16;
        match spans.iter().find(|span| !is_whole(span) || !matches!(span.parent_id.len(), 0 | 16)) {
            Some(span) => Err(format!("an id of span {:?} has another length", span.name)),
            None => Ok(Some(spans)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SPAN: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},
        "scopeSpans":[{"scope":{"name":"sse"},"spans":[{"traceId":"67891233abcdef012345678912345678",
        "spanId":"53995c3f42cd8ad8","parentSpanId":"53995c3f42cd8ad9","name":"sse_stream","kind":1,
        "startTimeUnixNano":"1","endTimeUnixNano":"2","status":{"code":2,"message":"no"},
        "attributes":[{"key":"n","value":{"intValue":"5"}},{"key":"n","value":{"intValue":"6"}}],
        "events":[{"name":"exception","timeUnixNano":"1"}]}]}]}]}"#;

    #[test]
    fn a_printed_span_reads_as_a_received_one() {
        let spans = Span::of_json(SPAN).unwrap().unwrap();
        assert_eq!(spans.len(), 1);
        assert_eq!((spans[0].name.as_str(), spans[0].number("n"), spans[0].status), ("sse_stream", Some(6), 2));
        assert_eq!(spans[0].repeated_keys, ["n"]);
        assert_eq!((&spans[0].resource["service.name"], spans[0].events.len()), (&json!("s"), 1));
    }

    #[test]
    fn other_lines_are_none_and_wrong_forms_are_errors() {
        assert_eq!(Span::of_json("plain text").unwrap(), None);
        assert_eq!(Span::of_json("{\"message\":\"x\"}").unwrap(), None);
        for wrong in [
            SPAN.replace("\"53995c3f42cd8ad8\"", "\"U5lcP0LNitg=\""),
            SPAN.replace("\"53995c3f42cd8ad8\"", "\"53995c3f42cd8ad8ff\""),
            SPAN.replace("\"startTimeUnixNano\":\"1\"", "\"startTimeUnixNano\":\"x\""),
            SPAN.replace("\"kind\":1", "\"kind\":\"INTERNAL\""),
        ] {
            assert!(Span::of_json(&wrong).is_err(), "{wrong}");
        }
    }
}
