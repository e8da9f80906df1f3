//! Who takes the spans: one request, tried until there is an answer that counts. It knows nothing of other requests.

use super::request;
use crate::span::SpanRecord;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri, header::CONTENT_TYPE};
use lambda_trace_otlp::{
    AttemptLog, CollectorAnswer, CollectorReply, HttpTransport, Tcp, Transport, TransportError, TransportLimits,
    address, with_causes,
};
use prost::Message;
use std::time::{Duration, SystemTime};

/// The number of attempts of a request whose receiver asks for a wait, or cannot be reached.
const ATTEMPTS: u32 = 4;
/// The limit of one attempt.
const ATTEMPT: Duration = Duration::from_secs(30);
/// The limit for opening a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The pause between two attempts, unless the collector names another; and the longest that is waited.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Why nothing could be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The address is not valid.
    #[error("`{0}` is not of the form http://host:port/v1/traces")]
    Address(String),
    /// A header of the request is not valid.
    #[error("`{0}` cannot be a header")]
    Header(String),
}

/// Takes requests: an address, or a transport that knows its own.
pub(super) struct Receiver {
    transport: Box<dyn Transport>,
    to: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What the receiver says of one request.
pub(super) enum Answer {
    Accepted,
    /// This many of the request's spans, permanently.
    Rejected(u64, String),
    /// All of them, permanently.
    Refused(String),
    /// All of them, temporarily, after every attempt: the next request would fare no better.
    Unavailable(String),
}

impl Receiver {
    /// The collector at this address; without a path `/v1/traces` is meant.
    pub(super) fn at(to: &str, headers: &[(String, String)]) -> Result<Self, ReplayError> {
        let wrong = || ReplayError::Address(to.to_owned());
        let mut uri = address::parse(to).ok_or_else(wrong)?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() {
            return Err(wrong());
        }
        if uri.path() == "/" {
            uri = format!("{}/v1/traces", to.trim_end_matches('/')).parse().map_err(|_| wrong())?;
        }
        let header = |(name, value): &(String, String)| {
            let parsed = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(value).ok());
            parsed.ok_or_else(|| ReplayError::Header(name.clone()))
        };
        let headers = headers.iter().map(header).collect::<Result<_, _>>()?;
        let tcp = Tcp::new(uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80)).within(CONNECT);
        Ok(Self { transport: Box::new(HttpTransport::new(tcp)), to: uri, headers })
    }

    /// Over a transport that knows where it sends.
    pub(super) fn over(transport: impl Transport + 'static) -> Self {
        Self { transport: Box::new(transport), to: Uri::from_static("/v1/traces"), headers: Vec::new() }
    }

    pub(super) fn limits(&self) -> TransportLimits {
        self.transport.limits()
    }

    /// Sends one request, with patience.
    pub(super) async fn send(&self, batch: &[&SpanRecord], now: SystemTime) -> Answer {
        let body = Bytes::from(request::of(batch).encode_to_vec());
        let mut attempt = 1;
        loop {
            let (reason, pause) = match self.attempt(body.clone(), now).await {
                Ok(answer) if (200..=299).contains(&answer.status) => {
                    let CollectorAnswer { rejected_spans, words, .. } = answer;
                    return if rejected_spans > 0 { Answer::Rejected(rejected_spans, words) } else { Answer::Accepted };
                }
                Ok(answer) if matches!(answer.status, 408 | 429 | 500..=599) => (said(&answer), answer.retry_after),
                Ok(answer) => return Answer::Refused(self.with_advice(said(&answer), answer)),
                // Waiting would not help.
                Err(Failed::Unsigned(reason)) => return Answer::Unavailable(reason),
                Err(Failed::NoAnswer(reason)) => (reason, None),
            };
            if attempt == ATTEMPTS {
                return Answer::Unavailable(reason);
            }
            attempt += 1;
            tokio::time::sleep(pause.unwrap_or(PAUSE).min(PAUSE_MAX)).await;
        }
    }

    async fn attempt(&self, body: Bytes, now: SystemTime) -> Result<CollectorAnswer, Failed> {
        let mut request = Request::post(&self.to).header(CONTENT_TYPE, "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|error| Failed::Unsigned(with_causes(&error)))?;
        let attempt_log = AttemptLog::default();
        match tokio::time::timeout(ATTEMPT, self.transport.send(request, &attempt_log)).await {
            Ok(Ok(response)) => Ok(CollectorAnswer::read(&response, now)),
            Ok(Err(error @ TransportError::Unsigned(_))) => Err(Failed::Unsigned(with_causes(&error))),
            Ok(Err(error)) => Err(Failed::NoAnswer(with_causes(&error))),
            Err(_) => Err(Failed::NoAnswer(format!("no answer within {} s", ATTEMPT.as_secs()))),
        }
    }

    /// What the transport knows of such an answer.
    fn with_advice(&self, reason: String, answer: CollectorAnswer) -> String {
        match self.transport.advice(&CollectorReply::Answered(answer)) {
            Some(advice) => format!("{reason} ({advice})"),
            None => reason,
        }
    }
}

/// Why there is no answer.
enum Failed {
    Unsigned(String),
    NoAnswer(String),
}

fn said(answer: &CollectorAnswer) -> String {
    let CollectorAnswer { status, words, .. } = answer;
    if words.is_empty() { format!("status {status}") } else { format!("status {status}: {words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_http() {
        for bad in ["https://h", "h:4318", "http://", "http://h/x?a=b", "ftp://h"] {
            assert!(Receiver::at(bad, &[]).is_err(), "{bad}");
        }
        let to = |text| Receiver::at(text, &[]).map(|receiver| receiver.to.to_string()).ok();
        assert_eq!(to("http://h:4318").as_deref(), Some("http://h:4318/v1/traces"));
        assert_eq!(to("http://h:4318/x/v1/traces").as_deref(), Some("http://h:4318/x/v1/traces"));
        let odd = [("a b".to_owned(), "c".to_owned())];
        assert!(matches!(Receiver::at("http://h", &odd), Err(ReplayError::Header(_))));
    }
}
