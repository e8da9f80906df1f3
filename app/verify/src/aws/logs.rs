//! CloudWatch Logs: every event of a group over a time, by `FilterLogEvents`.

use super::{
    CallError,
    client::{Aws, Operation},
    endpoint::Service,
    permission::FILTER_LOG,
};
use lambda_trace::{Failure, Timestamp};
use serde_json::{Value, json};

/// Pages of one reading: beyond it the log is too large to be read whole.
const PAGES_MAX: usize = 200;
const TARGET: (&str, &str) = ("application/x-amz-json-1.1", "Logs_20140328.FilterLogEvents");

/// One event of a log.
#[derive(Clone, Debug)]
pub(crate) struct LogEvent {
    pub(crate) stream: String,
    pub(crate) message: String,
}

/// The events since a moment, in pages: empty pages with a token are usual. `pattern` narrows them to those that contain it.
pub(crate) async fn events(
    aws: &Aws,
    group: &str,
    since: Timestamp,
    pattern: Option<&str>,
) -> Result<Vec<LogEvent>, CallError> {
    let mut events = Vec::new();
    let mut token = Value::Null;
    for _ in 0..PAGES_MAX {
        let mut body = json!({"logGroupName": group, "startTime": since.millis()});
        if let Some(pattern) = pattern {
            body["filterPattern"] = format!("\"{pattern}\"").into();
        }
        if token.is_string() {
            body["nextToken"] = token;
        }
        let page = aws.call(&Operation::json(Service::Logs, FILTER_LOG, TARGET, body)).await?;
        events.extend(page["events"].as_array().into_iter().flatten().filter_map(event));
        token = page["nextToken"].clone();
        if !token.is_string() {
            return Ok(events);
        }
    }
    let text = format!("{group} holds more than {PAGES_MAX} pages over this time: a shorter --since");
    Err(CallError::Refused { action: FILTER_LOG.action, status: 200, failure: Failure::Unreadable, text })
}

fn event(json: &Value) -> Option<LogEvent> {
    let stream = json["logStreamName"].as_str().unwrap_or_default().to_owned();
    Some(LogEvent { stream, message: json["message"].as_str()?.to_owned() })
}
