//! The identity of a client as the client states it: it correlates connections in traces, and decides nothing.

use super::{query, response::Request};
use sse_core::{
    digest::Digest,
    identity::{ConnectionId, StreamIdentity},
};

/// Longer ones are ignored: an annotation's value is bounded, and so is what a client may write into a trace.
const VALUE_MAX_CHARS: usize = 128;

pub(super) fn identity(request: &Request, connection_id: ConnectionId) -> StreamIdentity {
    let said = |header: &str, name: &str| {
        let value = request.header(header).map(ToOwned::to_owned);
        value.or_else(|| query::value(&request.query, name)).filter(|value| is_plain(value))
    };
    StreamIdentity {
        connection_id,
        session_id: said("x-sse-session-id", "sse_session_id"),
        previous_trace_id: said("x-sse-previous-trace", "sse_previous_trace"),
        connection_sequence: said("x-sse-connection-seq", "sse_connection_seq"),
    }
}

fn is_plain(value: &str) -> bool {
    value.len() <= VALUE_MAX_CHARS && value.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// The cursor that the client sent: in its header, or else in its query under either name. An unknown value counts as
/// none.
pub(super) fn cursor(request: &Request) -> Option<Digest> {
    let query = |name| query::value(&request.query, name);
    match request.header("last-event-id") {
        Some(header) => Digest::parse(header),
        None => Digest::parse(&query("last_event_id").or_else(|| query("lastEventId"))?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn request(headers: &[(&'static str, &str)], query: &str) -> Request {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        Request {
            method: Method::GET,
            path: String::new(),
            query: query.to_owned(),
            headers: headers.iter().map(header).collect::<HeaderMap>(),
        }
    }

    #[test]
    fn headers_come_before_queries_and_odd_values_are_ignored() {
        let id = ConnectionId::from_random(1);
        let long = "x".repeat(VALUE_MAX_CHARS + 1);
        let headers = [("x-sse-session-id", "s-1"), ("x-sse-previous-trace", &long)];
        let query = "sse_session_id=s-2&sse_previous_trace=p&sse_connection_seq=4";
        let said = identity(&request(&headers, query), id.clone());
        assert_eq!(said.session_id.as_deref(), Some("s-1"));
        assert_eq!(said.previous_trace_id, None);
        assert_eq!(said.connection_sequence.as_deref(), Some("4"));
        let said = identity(&request(&[], "sse_session_id=%C3%A9&sse_connection_seq=a%0Ab"), id);
        assert!(said.session_id.is_none() && said.connection_sequence.is_none());
    }

    #[test]
    fn the_cursor_is_found_in_three_places() {
        let digest = Digest::default().to_string();
        let other = "nonsense";
        for (header, query, found) in [
            (Some(digest.as_str()), format!("last_event_id={other}"), true),
            (None, format!("last_event_id={digest}&lastEventId={other}"), true),
            (None, format!("lastEventId={digest}"), true),
            (None, format!("last_event_id=&lastEventId={digest}"), true),
            (Some(other), format!("last_event_id={digest}"), false),
            (None, String::new(), false),
        ] {
            let headers: Vec<_> = header.map(|h| ("last-event-id", h)).into_iter().collect();
            assert_eq!(cursor(&request(&headers, &query)).is_some(), found, "{header:?} {query}");
        }
    }
}
