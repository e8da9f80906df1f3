//! One POST over a connection of its own. Requests are few, and a collector may be restarted between two.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::{net::TcpStream, time::timeout};

/// A request is given up after this long.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A longer answer is not read to its end, in bytes.
const ANSWER_MAX: usize = 65_536;

/// Status, `Retry-After` and body of the answer; or why there is none.
pub(super) async fn post(
    to: &Uri,
    headers: &[(HeaderName, HeaderValue)],
    body: Bytes,
) -> Result<(u16, Option<Duration>, Bytes), String> {
    match timeout(TIMEOUT, exchange(to, headers, body)).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", TIMEOUT.as_secs())),
    }
}

async fn exchange(
    to: &Uri,
    headers: &[(HeaderName, HeaderValue)],
    body: Bytes,
) -> Result<(u16, Option<Duration>, Bytes), Box<dyn std::error::Error + Send + Sync>> {
    let host = to.host().unwrap_or_default().trim_matches(['[', ']']);
    let socket = TcpStream::connect((host, to.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    drop(tokio::spawn(connection));
    let path = to.path_and_query().map_or("/v1/traces", http::uri::PathAndQuery::as_str);
    let mut request = Request::builder().method(Method::POST).uri(path);
    if let Some(authority) = to.authority() {
        request = request.header(HOST, authority.as_str());
    }
    request = request.header(CONTENT_TYPE, "application/x-protobuf");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = sender.send_request(request.body(Full::new(body))?).await?;
    let (status, pause) = (answer.status().as_u16(), retry_after(answer.headers()));
    let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await?.to_bytes();
    Ok((status, pause, body))
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()?;
    Duration::try_from(date - OffsetDateTime::now_utc()).ok()
}
