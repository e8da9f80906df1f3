//! One stream, opened and read to its end.

use super::sse::SseParser;
use crate::{
    aws::{client::Aws, sign::sign_request},
    evidence::{Event, Purpose, StreamEnd, StreamRecord},
    options::Token,
    ports::{Answer, TransportError},
    redact::redact,
};
use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderValue, Request};
use lambda_trace::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The whole answer of an error.
const DETAIL_LIMIT: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Opening<'o> {
    /// With its path, without a query.
    pub(super) url: String,
    pub(super) purpose: Purpose,
    pub(super) token: Option<&'o Token>,
    pub(super) last_event_id: Option<String>,
    pub(super) read_limit: Duration,
    /// Whether the URL asks for signatures.
    pub(super) is_signed: bool,
}

/// Opens a stream and reads it. `on_event` sees all events whenever one more has come.
pub(super) async fn read(aws: &Aws, opening: Opening<'_>, mut on_event: impl FnMut(&[Event])) -> StreamRecord {
    let began = aws.ports.clock.now();
    let sent_trace = trace_id(began, (aws.ports.random)());
    let mut record = StreamRecord {
        purpose: opening.purpose.clone(),
        sent_trace: sent_trace.clone(),
        status: Err(String::new()),
        content_type: String::new(),
        detail: None,
        events: Vec::new(),
        ended: Duration::ZERO,
        end: StreamEnd::Complete,
    };
    let limit = began.plus(opening.read_limit);
    match open(aws, &opening, &sent_trace, began, limit).await {
        Err(why) => record.status = Err(why),
        Ok(answer) => follow(aws, answer, &opening, limit, (&mut record, began), &mut on_event).await,
    }
    record.ended = since(aws.ports.clock.now(), began);
    record
}

async fn open(
    aws: &Aws,
    opening: &Opening<'_>,
    trace: &str,
    now: Timestamp,
    limit: Timestamp,
) -> Result<Answer, String> {
    let mut request =
        Request::get(&opening.url).body(Bytes::new()).map_err(|error| format!("{}: {error}", opening.url))?;
    let mut header = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).map_err(|_| format!("{name} holds what no header can"))?;
        request.headers_mut().insert(name, value);
        Ok::<_, String>(())
    };
    header("accept", "text/event-stream")?;
    if let Some(token) = opening.token {
        // The signature owns `Authorization`.
        let name = if opening.is_signed { "x-user-authorization" } else { "authorization" };
        header(name, &format!("Bearer {}", token.reveal()))?;
    }
    if let Some(id) = &opening.last_event_id {
        header("last-event-id", id)?;
    }
    if opening.is_signed {
        let credentials = aws.ports.credentials.credentials().await.map_err(|error| error.to_string())?;
        sign_request(&mut request, &credentials, &aws.region, "lambda", now)?;
    }
    // Not signed: what lies in front of the function may add to it.
    let root = HeaderValue::from_str(&format!("Root={trace};Sampled=1")).map_err(|error| error.to_string())?;
    request.headers_mut().insert("x-amzn-trace-id", root);
    match select(Box::pin(aws.ports.http.send(request)), aws.ports.clock.sleep_until(limit)).await {
        Either::Left((answer, _)) => answer.map_err(|error| format!("no answer: {error}")),
        Either::Right(_) => Err("no answer in the time that was waited".to_owned()),
    }
}

async fn follow(
    aws: &Aws,
    mut answer: Answer,
    opening: &Opening<'_>,
    limit: Timestamp,
    (record, began): (&mut StreamRecord, Timestamp),
    on_event: &mut impl FnMut(&[Event]),
) {
    record.status = Ok(answer.status);
    let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    content_type.unwrap_or_default().clone_into(&mut record.content_type);
    if answer.status != 200 || !record.content_type.starts_with("text/event-stream") {
        record.detail = detail(aws, &mut answer, opening).await;
        return;
    }
    let mut parser = SseParser::default();
    loop {
        let chunk = match select(answer.body.next(), aws.ports.clock.sleep_until(limit)).await {
            Either::Left((chunk, _)) => chunk,
            Either::Right(_) => {
                record.end = StreamEnd::GivenUp;
                return;
            }
        };
        match chunk {
            Ok(Some(bytes)) => {
                for event in parser.push(&bytes, since(aws.ports.clock.now(), began)) {
                    record.events.push(event);
                    on_event(&record.events);
                }
            }
            Ok(None) => return,
            Err(TransportError(why)) => {
                record.end = StreamEnd::Broken(redact(&why, []));
                return;
            }
        }
    }
}

/// What an answer without events says: `detail` is ours, `Message` Lambda's.
async fn detail(aws: &Aws, answer: &mut Answer, opening: &Opening<'_>) -> Option<String> {
    let limit = aws.ports.clock.now().plus(DETAIL_LIMIT);
    let body = match select(Box::pin(answer.read()), aws.ports.clock.sleep_until(limit)).await {
        Either::Left((body, _)) => body.ok()?,
        Either::Right(_) => return None,
    };
    let json: Value = serde_json::from_slice(&body).ok()?;
    let text = ["detail", "Message", "message"].iter().find_map(|member| json[*member].as_str())?;
    Some(redact(text, opening.token.map(Token::reveal)))
}

/// A root that is dated now, as X-Ray wants it.
fn trace_id(now: Timestamp, random: u128) -> String {
    format!("1-{:08x}-{:024x}", now.millis() / 1_000, random & ((1 << 96) - 1))
}

fn since(now: Timestamp, earlier: Timestamp) -> Duration {
    Duration::from_micros(now.micros().saturating_sub(earlier.micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_has_its_date_and_96_random_bits() {
        let id = trace_id(Timestamp::from_millis(1_795_334_400_000), u128::MAX);
        assert_eq!(id, "1-6b02a100-ffffffffffffffffffffffff");
        assert_eq!(trace_id(Timestamp::from_millis(0), 1).len(), 35);
    }
}
