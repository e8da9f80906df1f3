//! From an HTTP request to an event. What a caller may not say for itself (host, trace header) is the platform's.

use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::{event::FunctionUrl, trace::TraceHeader};

/// Lambda's limit for the payload of a request.
const BODY_LIMIT: usize = 6 * 1_024 * 1_024;

/// Headers that the platform sets anew or takes away.
const KEPT_BACK: [&str; 7] =
    ["host", "connection", "transfer-encoding", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-proto", "te"];

/// Why a request becomes no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// More than Lambda takes.
    TooLarge,
    /// The caller broke off.
    Broken,
}

/// The event's request, with the trace header that the function gets.
pub(super) async fn event(request: Request<Incoming>, trace: &TraceHeader) -> Result<FunctionUrl, Unreadable> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let kept = head.headers.iter().filter(|(name, _)| !KEPT_BACK.contains(&name.as_str()));
    let url = kept.fold(FunctionUrl::new(head.method.as_str(), target), |url, (name, value)| {
        url.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))
    });
    let url = url.header("x-amzn-trace-id", &format!("Root={}", trace.root));
    let body = Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .map_err(|error| if error.is::<LengthLimitError>() { Unreadable::TooLarge } else { Unreadable::Broken })?;
    let body = body.to_bytes();
    Ok(match std::str::from_utf8(&body) {
        Ok("") => url,
        Ok(text) if is_text(&head.headers) => url.body(text),
        _ => url.binary_body(&body),
    })
}

/// What Lambda hands over as it is; everything else comes in Base64.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let kind = String::from_utf8_lossy(kind).to_ascii_lowercase();
    kind.starts_with("text/")
        || ["json", "xml", "javascript", "x-www-form-urlencoded"].iter().any(|part| kind.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_handed_over_as_it_is() {
        let kind = |kind: &'static str| HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        for text in
            ["text/plain; charset=utf-8", "application/json", "Application/XML", "application/x-www-form-urlencoded"]
        {
            assert!(is_text(&kind(text)), "{text}");
        }
        assert!(!is_text(&kind("application/octet-stream")) && !is_text(&HeaderMap::new()));
    }
}
