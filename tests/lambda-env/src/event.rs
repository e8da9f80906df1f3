//! Function URL events in payload format 2.0, as Lambda builds them from an HTTP request.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use crate::{clock::Stamp, ids::Ids};

/// Lambda's own form for the host of a Function URL.
const HOST: &str = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws";

/// An HTTP request to the function's URL.
#[derive(Clone, Debug)]
pub struct FunctionUrl {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    is_base64: bool,
}

impl FunctionUrl {
    /// A request. `target` is the raw path with its query, as in the first line of an HTTP request.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = [("host", HOST), ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")];
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: None,
            is_base64: false,
        }
    }

    /// A GET request.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// Adds a header. Lambda hands names over in lower case, and a repeated one joined by commas.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .entry(name.to_ascii_lowercase())
            .and_modify(|present| {
                present.push(',');
                present.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
        self
    }

    /// Sets the body, as text.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// Sets the body, as bytes in Base64.
    #[must_use]
    pub fn binary_body(mut self, body: &[u8]) -> Self {
        self.body = Some(BASE64_STANDARD.encode(body));
        self.is_base64 = true;
        self
    }

    /// The event as the function gets it.
    pub fn event(&self, ids: &Ids) -> Value {
        let now = Stamp::now();
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": decode(&self.path, false),
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {
                "accountId": "anonymous",
                "apiId": HOST.split('.').next(),
                "domainName": HOST,
                "domainPrefix": HOST.split('.').next(),
                "http": {
                    "method": self.method,
                    "path": decode(&self.path, false),
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.7",
                    "userAgent": self.headers.get("user-agent"),
                },
                "requestId": ids.uuid(),
                "routeKey": "$default",
                "stage": "$default",
                "time": request_time(&now),
                "timeEpoch": now.unix_ms(),
            },
            "isBase64Encoded": self.is_base64,
        });
        if let Some(cookies) = self.headers.get("cookie") {
            event["cookies"] = cookies.split(';').map(str::trim).collect();
        }
        let query = parameters(&self.query);
        if !query.is_empty() {
            event["queryStringParameters"] = Value::Object(query);
        }
        if let Some(body) = &self.body {
            event["body"] = Value::String(body.clone());
        }
        event
    }
}

/// The time in the common log format, `12/Mar/2026:19:03:58 +0000`.
fn request_time(now: &Stamp) -> String {
    let seconds = i64::try_from(now.unix_ms() / 1_000).unwrap_or_default();
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let month = time.month().to_string();
    let (hour, minute, second) = time.to_hms();
    format!("{:02}/{:.3}/{}:{hour:02}:{minute:02}:{second:02} +0000", time.day(), month, time.year())
}

/// Query parameters, decoded; a repeated one is joined by commas.
fn parameters(query: &str) -> Map<String, Value> {
    let mut joined = BTreeMap::<String, String>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value, true);
        joined
            .entry(decode(name, true))
            .and_modify(|present| {
                present.push(',');
                present.push_str(&value);
            })
            .or_insert(value);
    }
    joined.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

/// Percent-decoding; what is not a valid escape stays as it is.
fn decode(text: &str, plus_is_space: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok())).flatten();
        if let Some(value) = escaped.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            out.push(value);
            rest = &tail[2..];
        } else {
            out.push(if byte == b'+' && plus_is_space { b' ' } else { byte });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_a_version_2_event() {
        let url =
            FunctionUrl::get("/api/v2/stream?tickers=A%2CB&tickers=C+D&flag").header("Accept", "text/event-stream");
        let event = url.header("Cookie", "a=1; b=2").event(&Ids::seeded(1));
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["rawPath"], "/api/v2/stream");
        assert_eq!(event["rawQueryString"], "tickers=A%2CB&tickers=C+D&flag");
        assert_eq!(event["queryStringParameters"], json!({"tickers": "A,B,C D", "flag": ""}));
        assert_eq!(event["headers"]["accept"], "text/event-stream");
        assert_eq!(event["requestContext"]["http"]["method"], "GET");
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event.get("body"), None);
    }

    #[test]
    fn a_request_without_query_has_no_parameters_and_broken_escapes_stay() {
        let event = FunctionUrl::new("POST", "/a%zz%").body("x").event(&Ids::seeded(1));
        assert_eq!(event["rawPath"], "/a%zz%");
        assert_eq!(event.get("queryStringParameters"), None);
        assert_eq!(event["body"], "x");
    }
}
