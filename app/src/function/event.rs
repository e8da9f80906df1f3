//! From an event to a request: of a Function URL (payload format 2.0) or of an API Gateway REST proxy (payload format 1.0).
//! Reads the fields that are used and no others, so that whatever stands in the rest changes nothing. Any other event is refused
//! with a text that quotes nothing of it: an event holds tokens.

use crate::handler::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, de::IgnoredAny};
use std::collections::BTreeMap;

/// Not an event for this function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadEvent {
    #[error("the event is not JSON")]
    NotJson,
    #[error(
        "this function answers events of Function URLs (payload format 2.0) and of API Gateway REST proxies (payload format 1.0); \
         the event is of another kind"
    )]
    OtherKind,
}

/// An event for this function.
pub(super) enum Incoming {
    Request(Request),
    /// Scheduled, so that the environment stays warm.
    Ping,
}

/// A value where it is of the type that is meant; anything else counts as absent.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Is(T),
    Other(IgnoredAny),
}

type Text = Lenient<String>;
type Texts = BTreeMap<String, Text>;

impl<T> Lenient<T> {
    fn get(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

/// The fields that are used, of every kind of event.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    source: Text,
    version: Text,
    headers: Lenient<Texts>,
    request_context: Option<RequestContext>,
    // Payload format 2.0.
    raw_path: Text,
    raw_query_string: Text,
    // Payload format 1.0.
    resource: Text,
    http_method: Text,
    path: Text,
    multi_value_headers: Lenient<BTreeMap<String, Lenient<Vec<Text>>>>,
    query_string_parameters: Lenient<Texts>,
    multi_value_query_string_parameters: Lenient<BTreeMap<String, Lenient<Vec<Text>>>>,
}

/// Typed, but the rest of the object is ignored without being parsed, for example the claims of an authorizer.
#[derive(Deserialize, Default)]
#[serde(default)]
struct RequestContext {
    http: Option<Http>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Http {
    method: Text,
}

pub(super) fn read(payload: &[u8]) -> Result<Incoming, BadEvent> {
    let event: Event = serde_json::from_slice(payload).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => BadEvent::OtherKind,
        _ => BadEvent::NotJson,
    })?;
    if matches!(&event.source, Lenient::Is(source) if source == "aws.events") {
        return Ok(Incoming::Ping);
    }
    let is_format_2 = matches!(&event.version, Lenient::Is(version) if version == "2.0");
    let request = if is_format_2 { format_2(event) } else { format_1(event) };
    request.map(Incoming::Request).ok_or(BadEvent::OtherKind)
}

fn format_2(event: Event) -> Option<Request> {
    let method = event.request_context?.http?.method.get()?;
    let headers = event.headers.get().unwrap_or_default();
    Some(Request {
        method: Method::from_bytes(method.as_bytes()).ok()?,
        path: event.raw_path.get()?,
        query: event.raw_query_string.get().unwrap_or_default(),
        headers: map(headers.into_iter().filter_map(|(name, value)| Some((name, value.get()?)))),
    })
}

fn format_1(event: Event) -> Option<Request> {
    let method = event.http_method.get()?;
    // A load balancer's event looks much the same, without it.
    event.resource.get()?;
    let headers = pairs(event.multi_value_headers, event.headers);
    let mut query = form_urlencoded::Serializer::new(String::new());
    // Here the values come decoded.
    query.extend_pairs(pairs(event.multi_value_query_string_parameters, event.query_string_parameters));
    Some(Request {
        method: Method::from_bytes(method.as_bytes()).ok()?,
        path: event.path.get()?,
        query: query.finish(),
        headers: map(headers.into_iter()),
    })
}

/// All values of all names: from the fuller of the two maps, if it is there.
fn pairs(full: Lenient<BTreeMap<String, Lenient<Vec<Text>>>>, last: Lenient<Texts>) -> Vec<(String, String)> {
    let one = |name: &String, value: Text| Some((name.clone(), value.get()?));
    match full.get() {
        Some(full) => full
            .into_iter()
            .flat_map(|(name, values)| {
                let values = values.get().unwrap_or_default();
                values.into_iter().filter_map(|value| one(&name, value)).collect::<Vec<_>>()
            })
            .collect(),
        None => last.get().unwrap_or_default().into_iter().filter_map(|(name, value)| one(&name, value)).collect(),
    }
}

/// Names and values that are not valid in a header are left out.
fn map(headers: impl Iterator<Item = (String, String)>) -> HeaderMap {
    let header = |(name, value): (String, String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.filter_map(header) {
        map.append(name, value);
    }
    map
}

#[cfg(test)]
mod tests;
