//! X-Ray's own OTLP endpoint as a transport of the streaming pipeline: requests are signed and compressed, the clock is
//! corrected by the response's date, and refusals are reported with what to do about them. Knows nothing of spans.
//!
//! A request gets a connection of its own, as with a collector (docs/adr/0010-a-request-drives-its-connection.md), so
//! that none from before a freeze is used.

mod address;
mod advice;
mod skew;

pub use address::AddressError;

use crate::aws::{
    Aws,
    sign::{Scope, sign_request},
    tls::{CONNECT_TIMEOUT, Tls},
};
use async_trait::async_trait;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderValue, Request, Response, StatusCode, Uri,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use lambda_trace::{Clock, OTLP_TRACE_AGE_MAX};
use lambda_trace_otlp::{AttemptLog, CollectorReply, HttpTransport, Tcp, Transport, TransportError, TransportLimits};
use skew::ClockSkew;
use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

/// What the endpoint takes (AWS's page "OTLP Endpoints"): 200 KB a span, 16 KB a resource with its scope, 14 days back, 24 h in a
/// request. Of a request it takes 5 MB and 10,000 spans, which the pipeline's batches never come near. A span stays as small as it is for a collector, since
/// X-Ray keeps it beside segments, whose documents end at 64 KB. The endpoint is a round trip of TCP, one of TLS and one of HTTP away.
const LIMITS: TransportLimits = TransportLimits {
    document_bytes: TransportLimits::COLLECTOR.document_bytes,
    resource_bytes: 16_000,
    span_age: OTLP_TRACE_AGE_MAX,
    request_span: Duration::from_hours(24),
    attempt: Duration::from_millis(50),
};
/// Credentials that expire within this time are fetched anew.
const CREDENTIALS_MARGIN: Duration = Duration::from_mins(5);

/// Sends OTLP to X-Ray.
pub struct XrayTransport {
    url: Uri,
    http: HttpTransport,
    scope: Scope,
    provider: SharedCredentialsProvider,
    /// Kept only if they have an expiry: fetching such credentials may be a call.
    credentials: Mutex<Option<Credentials>>,
    skew: ClockSkew,
    clock: Arc<dyn Clock>,
}

impl XrayTransport {
    /// Sends to the endpoint of the region, or of `AWS_ENDPOINT_URL_XRAY`, with the credentials of the SDK. Opens no
    /// connection yet.
    ///
    /// # Errors
    /// [`AddressError`]: the address cannot be connected to.
    pub fn new(aws: &Aws, clock: Arc<dyn Clock>) -> Result<Self, AddressError> {
        let url = address::traces_url(aws)?;
        let wrong = || AddressError(url.to_string());
        let host = url.host().ok_or_else(wrong)?;
        let http = if url.scheme_str() == Some("https") {
            let tls = Tls::new(host, url.port_u16().unwrap_or(443), aws.roots().clone()).ok_or_else(wrong)?;
            HttpTransport::new(tls)
        } else {
            HttpTransport::new(Tcp::new(host, url.port_u16().unwrap_or(80)).within(CONNECT_TIMEOUT))
        };
        Ok(Self {
            http,
            scope: Scope { region: aws.region().to_owned(), service: "xray" },
            provider: aws.credentials_provider(),
            credentials: Mutex::default(),
            skew: ClockSkew::default(),
            clock,
            url,
        })
    }

    /// The address that spans are sent to.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    async fn attempt(
        &self,
        body: &Bytes,
        at: SystemTime,
        attempt_log: &AttemptLog,
    ) -> Result<Response<Bytes>, TransportError> {
        let credentials = self.credentials(at).await?;
        let mut request = Request::post(&self.url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"))
            .header(CONTENT_ENCODING, HeaderValue::from_static("gzip"))
            .body(body.clone())
            .map_err(|error| TransportError::Unsigned(error.into()))?;
        sign_request(&mut request, credentials, &self.scope, at).map_err(TransportError::Unsigned)?;
        self.http.send(request, attempt_log).await
    }

    async fn credentials(&self, at: SystemTime) -> Result<Credentials, TransportError> {
        use aws_credential_types::provider::ProvideCredentials;
        let is_good = |kept: &Credentials| kept.expiry().is_some_and(|end| end > at + CREDENTIALS_MARGIN);
        let kept = self.kept().clone();
        if let Some(kept) = kept.filter(is_good) {
            return Ok(kept);
        }
        let fetched = self.provider.provide_credentials().await;
        let fetched = fetched.map_err(|error| TransportError::Unsigned(error.into()))?;
        *self.kept() = Some(fetched.clone()).filter(is_good);
        Ok(fetched)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Credentials>> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for XrayTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XrayTransport").field("url", &self.url).finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for XrayTransport {
    /// The exporter's own headers are not sent, because they may contain the key of another vendor
    /// (`OTEL_EXPORTER_OTLP_HEADERS`). A request that was refused for its date is made a second time with the date of
    /// the response; nothing of the first one was accepted.
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError> {
        let body = gzip(request.body()).map_err(|error| TransportError::Unsigned(error.into()))?;
        let at = self.skew.corrected(self.clock.now());
        let answer = self.attempt(&body, at, attempt_log).await?;
        if self.skew.is_corrected_by(&answer, at, self.clock.now()) {
            return self.attempt(&body, self.skew.corrected(self.clock.now()), attempt_log).await;
        }
        if answer.status() == StatusCode::FORBIDDEN {
            // The credentials may have been revoked.
            *self.kept() = None;
        }
        Ok(answer)
    }

    fn limits(&self) -> TransportLimits {
        LIMITS
    }

    fn advice(&self, reply: &CollectorReply) -> Option<&'static str> {
        Some(advice::of(reply))
    }
}

/// Fast rather than small, because a flush waits for it, on a fraction of a core.
fn gzip(body: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    Ok(encoder.finish()?.into())
}

#[cfg(test)]
mod figures;
#[cfg(test)]
mod tests;
