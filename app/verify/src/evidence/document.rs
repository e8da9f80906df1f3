//! A segment, a subsegment or a span, whichever form it came in: X-Ray's segment documents, with subsegments nested in them,
//! or the span format of Transaction Search.

use serde_json::{Map, Value};

/// What an entry of a trace is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A segment: a node of its own in the service map.
    Segment {
        /// Such as `AWS::Lambda::Function`; `None` in the span format, and for segments that a program sent.
        origin: Option<String>,
    },
    /// Made by X-Ray out of a subsegment with the namespace `aws`, with the same request id: not an entry of its own.
    Inferred,
    /// A subsegment, or a span that is none of the above.
    Subsegment,
}

/// The AWS call that an entry stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Such as `DynamoDB`.
    pub service: String,
    /// Such as `Query`.
    pub operation: String,
    /// The id that AWS answered with.
    pub request_id: Option<String>,
}

/// One entry of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// 16 hex digits.
    pub id: String,
    /// The entry that it lies under.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// Seconds since the epoch.
    pub start: f64,
    /// Seconds since the epoch; `None` while it is in progress.
    pub end: Option<f64>,
    /// The call that it stands for.
    pub call: Option<Call>,
    /// The invocation that Lambda says a segment of its own belongs to.
    pub invocation: Option<String>,
    /// Annotations and attributes together.
    pub attributes: Map<String, Value>,
    /// Its size as JSON without what is nested in it, in bytes.
    pub bytes: usize,
}

impl Node {
    /// An attribute that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key)?.as_str()
    }

    /// An attribute that is a whole number; X-Ray writes some of them as `3.0` or as text.
    pub fn number(&self, key: &str) -> Option<u64> {
        let value = self.attributes.get(key)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.strip_suffix(".0").unwrap_or(&text).parse().ok()
    }

    /// An attribute that is true or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.attributes.get(key)?;
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    /// How long it lasted, in seconds.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.end? - self.start)
    }

    /// All entries of one document, whichever form it has. `None`: no JSON, or neither form.
    pub(super) fn of_document(text: &str) -> Option<Vec<Self>> {
        let json: Value = serde_json::from_str(text).ok()?;
        let mut nodes = Vec::new();
        if json.get("spanId").is_some() {
            nodes.push(span(&json)?);
        } else {
            segment(&json, None, &mut nodes)?;
        }
        Some(nodes)
    }
}

/// A segment or subsegment, then what is nested in it. Nested ones say neither `parent_id` nor `type`.
fn segment(json: &Value, within: Option<&str>, into: &mut Vec<Node>) -> Option<()> {
    let text = |member: &str| json[member].as_str().map(str::to_owned);
    let id = text("id")?;
    let is_subsegment = within.is_some() || json["type"] == "subsegment";
    let kind = match (json["inferred"] == true, is_subsegment) {
        (true, _) => NodeKind::Inferred,
        (false, true) => NodeKind::Subsegment,
        (false, false) => NodeKind::Segment { origin: text("origin") },
    };
    let aws = &json["aws"];
    let call = aws["operation"].as_str().filter(|_| json["namespace"] == "aws").map(|operation| Call {
        service: json["name"].as_str().unwrap_or_default().to_owned(),
        operation: operation.to_owned(),
        request_id: aws["request_id"].as_str().map(str::to_owned),
    });
    let invocation = aws["request_id"].as_str().filter(|_| matches!(kind, NodeKind::Segment { .. })).map(str::to_owned);
    let mut attributes = Map::new();
    for group in json["metadata"].as_object().into_iter().flat_map(Map::values).chain([&json["annotations"]]) {
        attributes.extend(group.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    }
    into.push(Node {
        id: id.clone(),
        parent: within.map(str::to_owned).or_else(|| text("parent_id")),
        name: text("name").unwrap_or_default(),
        kind,
        start: json["start_time"].as_f64()?,
        end: json["end_time"].as_f64(),
        call,
        invocation,
        attributes,
        bytes: own_size(json),
    });
    for nested in json["subsegments"].as_array().into_iter().flatten() {
        segment(nested, Some(&id), into)?;
    }
    Some(())
}

fn own_size(json: &Value) -> usize {
    let nested: usize =
        json["subsegments"].as_array().into_iter().flatten().map(|inner| inner.to_string().len() + 1).sum();
    json.to_string().len() - nested
}

/// The span format of `aws/spans`. Lambda's own segments are converted to it, and so are subsegments.
fn span(json: &Value) -> Option<Node> {
    let text = |member: &str| json[member].as_str().filter(|value| !value.is_empty()).map(str::to_owned);
    let attributes = json["attributes"].as_object().cloned().unwrap_or_default();
    let attribute = |keys: &[&str]| keys.iter().find_map(|key| attributes.get(*key)?.as_str()).map(str::to_owned);
    let operation = attribute(&["rpc.method", "aws.operation"]);
    let is_call = attributes.get("rpc.system").is_some_and(|system| system == "aws-api");
    let call = operation.filter(|_| is_call).map(|operation| Call {
        service: attribute(&["rpc.service"]).unwrap_or_default(),
        operation,
        request_id: attribute(&["aws.request_id", "aws.requestId"]),
    });
    let kind = match text("kind").as_deref() {
        Some("SERVER" | "CONSUMER") => NodeKind::Segment {
            origin: attribute(&["aws.xray.origin", "aws.origin"])
                .or_else(|| json["resource"]["attributes"]["aws.xray.origin"].as_str().map(str::to_owned)),
        },
        _ => NodeKind::Subsegment,
    };
    let is_segment = matches!(kind, NodeKind::Segment { .. });
    Some(Node {
        id: text("spanId")?,
        parent: text("parentSpanId"),
        name: text("name").unwrap_or_default(),
        kind,
        start: seconds(&json["startTimeUnixNano"])?,
        end: seconds(&json["endTimeUnixNano"]),
        call,
        invocation: attribute(&["faas.invocation_id", "aws.request_id"]).filter(|_| is_segment),
        attributes,
        bytes: json.to_string().len(),
    })
}

/// Nanoseconds as a number or as text, in seconds; microseconds are kept, which a double can say.
fn seconds(nanos: &Value) -> Option<f64> {
    let nanos = nanos.as_f64().or_else(|| nanos.as_str()?.parse().ok())?;
    Some(nanos / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_lies_under_what_it_is_nested_in() {
        let text = r#"{"id":"a","name":"f","origin":"AWS::Lambda::Function","start_time":1.681574430822835E9,"end_time":1681574431,
            "parent_id":"s","subsegments":[{"id":"b","name":"DynamoDB","namespace":"aws","start_time":1.5,"end_time":2,
            "aws":{"operation":"Query","request_id":"R"},"metadata":{"default":{"item_count":3.0}},"annotations":{"error_type":"x"}}]}"#;
        let nodes = Node::of_document(text).unwrap();
        assert_eq!((nodes[0].parent.as_deref(), nodes[1].parent.as_deref()), (Some("s"), Some("a")));
        assert_eq!(nodes[0].kind, NodeKind::Segment { origin: Some("AWS::Lambda::Function".into()) });
        assert_eq!(nodes[1].call.as_ref().unwrap().request_id.as_deref(), Some("R"));
        assert_eq!((nodes[1].number("item_count"), nodes[1].text("error_type")), (Some(3), Some("x")));
        assert!(nodes[0].bytes < text.len() - nodes[1].bytes);
    }

    #[test]
    fn a_span_of_transaction_search_is_an_entry_too() {
        let text = r#"{"traceId":"6b","spanId":"b","parentSpanId":"a","name":"dynamodb_poll","kind":"CLIENT","startTimeUnixNano":1500000000,
            "endTimeUnixNano":null,"attributes":{"rpc.system":"aws-api","rpc.service":"DynamoDB","rpc.method":"Query","aws.request_id":"R"}}"#;
        let node = Node::of_document(text).unwrap().remove(0);
        assert_eq!((node.start, node.end), (1.5, None));
        assert_eq!(node.call.unwrap().operation, "Query");
        assert_eq!(Node::of_document("{}"), None);
    }

    #[test]
    fn an_inferred_segment_is_no_entry_of_its_own() {
        let text = r#"{"id":"i","name":"items","inferred":true,"origin":"AWS::DynamoDB::Table","parent_id":"b","start_time":1,
            "namespace":"aws","aws":{"operation":"Query","request_id":"R"}}"#;
        assert_eq!(Node::of_document(text).unwrap()[0].kind, NodeKind::Inferred);
    }
}
