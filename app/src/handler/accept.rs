//! Whether a client reads events: a browser's EventSource takes any status but 200 as final.

use http::{HeaderMap, header::ACCEPT};

/// Whether `Accept` names `text/event-stream`; `*/*` does not name it.
pub(super) fn names_event_stream(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn it_has_to_be_named() {
        for (accept, named) in [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream;q=0.9", true),
            ("*/*", false),
            ("text/*", false),
            ("text/event-stream-x", false),
            ("", false),
        ] {
            let headers = [(ACCEPT, HeaderValue::from_static(accept))].into_iter().collect();
            assert_eq!(names_event_stream(&headers), named, "{accept}");
        }
        assert!(!names_event_stream(&HeaderMap::new()));
    }
}
