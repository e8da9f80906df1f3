//! Spans out of OTLP/JSON, the form in which a function prints what it could not deliver. Read by hand and strictly where
//! the form is easy to get wrong (ids in hex, 64-bit numbers as strings), so that it is a check and no echo of the writer.

use std::sync::Arc;

use serde_json::{Value, json};

use super::span::{Attributes, Span, SpanEvent};

impl Span {
    /// The spans of one OTLP/JSON line, `{"resourceSpans":[..]}`. `None` if the text is something else; an error names what
    /// is wrong with a line that claims to be OTLP.
    ///
    /// # Errors
    /// A field is missing or has another form than OTLP/JSON gives it.
    pub fn of_json(line: &str) -> Result<Option<Vec<Self>>, String> {
        let Ok(whole) = serde_json::from_str::<Value>(line) else {
            return Ok(None);
        };
        let Some(groups) = whole["resourceSpans"].as_array() else {
            return Ok(None);
        };
        let mut spans = Vec::new();
        for group in groups {
            let resource = Arc::new(attributes(&group["resource"])?.0);
            for scoped in group["scopeSpans"].as_array().ok_or("no scopeSpans")? {
                let scope = scoped["scope"]["name"].as_str().unwrap_or_default();
                for span in scoped["spans"].as_array().ok_or("no spans")? {
                    spans.push(of_span(span, &resource, scope)?);
                }
            }
        }
        Ok(Some(spans))
    }
}

fn of_span(span: &Value, resource: &Arc<Attributes>, scope: &str) -> Result<Span, String> {
    let (found, repeated_keys) = attributes(span)?;
    let list = |name: &str| span[name].as_array().cloned().unwrap_or_default();
    let events = list("events").iter().map(event).collect::<Result<_, _>>()?;
    let link = |link: &Value| Ok::<_, String>((id(link, "traceId", 32)?, id(link, "spanId", 16)?));
    let links = list("links").iter().map(link).collect::<Result<_, _>>()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parent = text(&span["parentSpanId"]);
    Ok(Span {
        trace_id: id(span, "traceId", 32)?,
        span_id: id(span, "spanId", 16)?,
        parent_id: if parent.is_empty() { parent } else { id(span, "parentSpanId", 16)? },
        name: span["name"].as_str().ok_or("no name")?.to_owned(),
        kind: span["kind"].as_i64().ok_or("kind is no number")?,
        start_ns: number(span, "startTimeUnixNano")?,
        end_ns: number(span, "endTimeUnixNano")?,
        status: span["status"]["code"].as_i64().unwrap_or(0),
        status_message: text(&span["status"]["message"]),
        attributes: found,
        repeated_keys,
        events,
        links,
        resource: Arc::clone(resource),
        scope: scope.to_owned(),
    })
}

fn event(event: &Value) -> Result<SpanEvent, String> {
    Ok(SpanEvent {
        name: event["name"].as_str().unwrap_or_default().to_owned(),
        at_ns: number(event, "timeUnixNano")?,
        attributes: attributes(event)?.0,
    })
}

fn attributes(holder: &Value) -> Result<(Attributes, Vec<String>), String> {
    let mut found = Attributes::new();
    let mut repeated = Vec::new();
    for pair in holder["attributes"].as_array().into_iter().flatten() {
        let key = pair["key"].as_str().ok_or("attribute without key")?;
        if found.insert(key.to_owned(), value(&pair["value"])?).is_some() {
            repeated.push(key.to_owned());
        }
    }
    Ok((found, repeated))
}

fn value(any: &Value) -> Result<Value, String> {
    let Some((form, inner)) = any.as_object().and_then(|any| any.iter().next()) else {
        return Ok(Value::Null);
    };
    match form.as_str() {
        "stringValue" | "boolValue" | "doubleValue" => Ok(inner.clone()),
        "intValue" => {
            let text = inner.as_str().ok_or("intValue is no string")?;
            text.parse::<i64>().map(|number| json!(number)).map_err(|_| format!("intValue {text:?}"))
        }
        "arrayValue" => inner["values"].as_array().into_iter().flatten().map(value).collect(),
        other => Err(format!("attribute of form {other:?}")),
    }
}

fn id(holder: &Value, name: &str, digits: usize) -> Result<String, String> {
    let text = holder[name].as_str().ok_or_else(|| format!("no {name}"))?;
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { Ok(text.to_ascii_lowercase()) } else { Err(format!("{name} is not {digits} hex digits: {text:?}")) }
}

fn number(holder: &Value, name: &str) -> Result<u64, String> {
    let text = holder[name].as_str().ok_or_else(|| format!("{name} is no string"))?;
    text.parse().map_err(|_| format!("{name}: {text:?}"))
}

#[cfg(test)]
mod tests {
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
    fn other_lines_are_none_and_wrong_forms_are_named() {
        assert_eq!(Span::of_json("plain text").unwrap(), None);
        assert_eq!(Span::of_json("{\"message\":\"x\"}").unwrap(), None);
        for (wrong, what) in [
            (SPAN.replace("\"53995c3f42cd8ad8\"", "\"U5lcP0LNitg=\""), "spanId"),
            (SPAN.replace("\"startTimeUnixNano\":\"1\"", "\"startTimeUnixNano\":1"), "startTimeUnixNano"),
            (SPAN.replace("\"intValue\":\"5\"", "\"intValue\":5"), "intValue"),
            (SPAN.replace("\"kind\":1", "\"kind\":\"INTERNAL\""), "kind"),
        ] {
            assert!(Span::of_json(&wrong).unwrap_err().contains(what));
        }
    }
}
