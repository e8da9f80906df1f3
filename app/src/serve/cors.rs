//! Pages on other local origins may read streams: a front end in development has its own port. Nobody else may.

use super::host;
use http::{
    HeaderMap, HeaderValue, Method, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

/// What a page may send, as the deployed Function URL allows it (`terraform/module/url.tf`; a test compares the two).
const ALLOWED_HEADERS: &str = "authorization, cache-control, last-event-id, x-amzn-trace-id, x-sse-connection-seq, \
    x-sse-previous-trace, x-sse-session-id, x-user-authorization";
/// What a page may read of an answer, beside what every page may.
const EXPOSED_HEADERS: &str = "retry-after, x-amzn-trace-id";

/// The headers that let the page of this request read the answer; none for pages from elsewhere.
pub(super) fn headers(request: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = local_origin(request) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
    headers
}

/// The answer to a preflight from a local page; `None` for any other request.
pub(super) fn preflight(method: &Method, request: &HeaderMap) -> Option<HeaderMap> {
    if method != Method::OPTIONS || !request.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    local_origin(request)?;
    let mut headers = headers(request);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    Some(headers)
}

fn local_origin(request: &HeaderMap) -> Option<&HeaderValue> {
    let origin = request.get(ORIGIN)?;
    let uri: Uri = origin.to_str().ok()?.parse().ok()?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    (is_web && host::is_loopback(uri.host()?)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: &str) -> HeaderMap {
        let origin = (ORIGIN, HeaderValue::from_str(origin).unwrap());
        let method = (ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
        [origin, method].into_iter().collect()
    }

    #[test]
    fn local_origins_may_read_and_nobody_else() {
        for (origin, may) in [
            ("http://localhost:3000", true),
            ("https://localhost", true),
            ("http://127.0.0.1:5173", true),
            ("http://[::1]:8080", true),
            ("http://app.localhost:1", true),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("https://example.com", false),
            ("http://192.168.1.2", false),
            ("file://localhost", false),
            ("null", false),
        ] {
            let allowed = headers(&from(origin)).get(ACCESS_CONTROL_ALLOW_ORIGIN).cloned();
            assert_eq!(allowed.is_some_and(|a| a == origin), may, "{origin}");
            assert_eq!(preflight(&Method::OPTIONS, &from(origin)).is_some(), may, "{origin}");
        }
    }

    #[test]
    fn only_a_preflight_is_one() {
        assert!(preflight(&Method::GET, &from("http://localhost")).is_none());
        let mut plain = from("http://localhost");
        plain.remove(ACCESS_CONTROL_REQUEST_METHOD);
        assert!(preflight(&Method::OPTIONS, &plain).is_none());
    }
}
