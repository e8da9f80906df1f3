//! What an operator has to know of a collector that does not accept spans, as a port: it is reported once per change,
//! never once per attempt.

use super::line_sink::LineSink;
use lambda_trace::Clock;
use serde_json::json;
use std::{fmt, sync::Arc};

/// Reports to the operator. MUST NOT fail or block its caller.
pub trait CollectorLog: Send + Sync {
    /// The collector rejects spans or cannot accept them, in another way than before.
    fn refused(&self, refusal: &Refusal);
    /// The collector at this address accepts spans again.
    fn recovered(&self, address: &str);
}

/// Why spans were not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where they were sent, without query and user information.
    pub address: String,
    /// The HTTP status; `None` if there was no response.
    pub status: Option<u16>,
    /// The number of spans that a partial success rejected.
    pub rejected_spans: u64,
    /// The collector's own message, or the operating system's; may be empty.
    pub words: String,
    /// What is done with the spans, and what the operator can do.
    pub advice: &'static str,
}

/// Reports to the operator in lines of JSON, for functions without a logger of their own.
pub(super) struct CollectorLines {
    lines: Arc<dyn LineSink>,
    clock: Arc<dyn Clock>,
}

impl CollectorLines {
    pub(super) fn new(lines: Arc<dyn LineSink>, clock: Arc<dyn Clock>) -> Self {
        Self { lines, clock }
    }

    fn line(&self, level: &str, message: &str) {
        let timestamp = self.clock.now().to_string();
        self.lines.line(&json!({ "timestamp": timestamp, "level": level, "message": message }).to_string());
    }
}

impl CollectorLog for CollectorLines {
    fn refused(&self, refusal: &Refusal) {
        self.line("WARN", &refusal.to_string());
    }

    fn recovered(&self, address: &str) {
        self.line("INFO", &format!("{address} takes all spans again"));
    }
}

/// One sentence for a log: what failed, where, why, what to do.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.rejected_spans) {
            (Some(status), 0) => write!(f, "{} answered {status} to spans", self.address)?,
            (Some(_), rejected) => write!(f, "{} rejected {rejected} spans of a request", self.address)?,
            (None, _) => write!(f, "spans could not be sent to {}", self.address)?,
        }
        if !self.words.is_empty() {
            write!(f, ": {}", self.words)?;
        }
        write!(f, " ({})", self.advice)
    }
}

impl Refusal {
    /// Whether an operator who was told `other` knows this one. Messages are compared without what differs from attempt
    /// to attempt: numbers, ids, times.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.status == other.status
            && (self.rejected_spans > 0) == (other.rejected_spans > 0)
            && plain(&self.words).eq(plain(&other.words))
    }
}

fn plain(words: &str) -> impl Iterator<Item = &str> {
    let words = words.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: Option<u16>, rejected_spans: u64, words: &str) -> Refusal {
        let address = "http://localhost:4318/v1/traces".into();
        Refusal { address, status, rejected_spans, words: words.into(), advice: "what to do" }
    }

    #[test]
    fn a_refusal_is_known_by_its_status_and_by_what_its_words_say() {
        let known = refusal(Some(400), 0, "span 00ab17 is 9 days old");
        assert!(refusal(Some(400), 0, "span 11cd42 is 10 days old").is_as(&known));
        for other in [(Some(404), 0, "span 1 is 9 days old"), (Some(400), 0, "no such path"), (None, 0, "")] {
            assert!(!refusal(other.0, other.1, other.2).is_as(&known), "{other:?}");
        }
        assert!(!refusal(Some(200), 1, "").is_as(&refusal(Some(200), 0, "")));
    }

    #[test]
    fn it_is_one_sentence() {
        let text = refusal(Some(404), 0, "page not found").to_string();
        assert_eq!(text, "http://localhost:4318/v1/traces answered 404 to spans: page not found (what to do)");
        let text = refusal(Some(200), 2, "too old").to_string();
        assert_eq!(text, "http://localhost:4318/v1/traces rejected 2 spans of a request: too old (what to do)");
        assert_eq!(
            refusal(None, 0, "").to_string(),
            "spans could not be sent to http://localhost:4318/v1/traces (what to do)"
        );
    }
}
