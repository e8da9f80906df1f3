//! What became of the spans that the function began, by name and number, and how long its client waited after it had said all.

use crate::{faults::Kind, run::Evidence};
use lambda_env::{Outcome, Response, Span, Stamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

#[cfg(test)]
mod tests;

/// Shorter waits are what a busy machine makes of none.
const WAIT_MIN: Duration = Duration::from_millis(300);

/// Request, span and number.
type Key = (String, String, u64);

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    begun: usize,
    lost: usize,
    logged: usize,
    stale: usize,
    twice: usize,
    orphaned: usize,
    elsewhere: usize,
    waits: Duration,
    is_stuck: bool,
    failed: Option<String>,
}

impl Account {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let lines: Vec<_> = evidence.log.iter().filter_map(|line| Some((line.at, line.json()?))).collect();
        let begun: BTreeSet<Key> = lines
            .iter()
            .filter_map(|(_, line)| {
                let text = |key: &str| line[key].as_str().map(str::to_owned);
                Some((text("request")?, text("begun")?, line["n"].as_u64()?))
            })
            .collect();
        let printed = evidence.log.iter().filter_map(|line| printed(&line.text)).flatten();
        let printed: BTreeSet<Key> = printed.filter_map(|span| key(&span)).collect();
        let mut delivered = BTreeMap::<Key, Vec<Stamp>>::new();
        for received in evidence.spans.iter().filter(|received| received.accepted) {
            if let Some(key) = key(&received.span) {
                delivered.entry(key).or_default().push(received.at);
            }
        }
        let mut account = Self { begun: begun.len(), ..Self::default() };
        let turn = |request: &str| evidence.turns.iter().find(|turn| turn.response.request_id == request);
        for key in &begun {
            match delivered.get(key).map(Vec::as_slice) {
                None | Some([]) if printed.contains(key) => account.logged += 1,
                None | Some([]) => account.lost += 1,
                Some([first, again @ ..]) => {
                    let still = turn(&key.0).and_then(|turn| turn.still);
                    account.stale += usize::from(still.is_some_and(|still| still < *first));
                    account.twice += usize::from(!again.is_empty());
                }
            }
        }
        account.places(evidence);
        for turn in &evidence.turns {
            let request = &turn.response.request_id;
            let said =
                lines.iter().filter(|(_, line)| line["done"].as_str() == Some(request)).map(|(at, _)| *at).next_back();
            let waited = said.zip(turn.response.ended).map(|(said, ended)| ended.since(&said)).unwrap_or_default();
            account.waits = account.waits.max(waited);
            account.is_stuck |= turn.is_stuck;
        }
        account.failed = evidence.turns.iter().find_map(|turn| unexpected(&turn.response, evidence.fault));
        account
    }

    /// Of the spans that the collector has, those of the libraries among them: the wrong trace, or a parent that nobody has.
    fn places(&mut self, evidence: &Evidence) {
        let ids: BTreeSet<&str> =
            evidence.spans.iter().filter(|s| s.accepted).map(|s| s.span.span_id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for span in evidence.spans.iter().filter(|s| s.accepted).map(|s| &s.span) {
            let request = request(span);
            let response = evidence.turns.iter().map(|turn| &turn.response).find(|r| Some(&*r.request_id) == request);
            let Some(header) = response.and_then(|response| response.trace.as_ref()) else { continue };
            if !seen.insert(&span.span_id) {
                continue;
            }
            if span.trace_id != header.trace_id() {
                self.elsewhere += 1;
            } else if span.parent_id != header.parent && !ids.contains(span.parent_id.as_str()) {
                self.orphaned += 1;
            }
        }
    }
}

/// Spans in a line of the log that can be sent again: OTLP/JSON, as ours writes it, or in the frame of `opentelemetry-lambda-extension`.
fn printed(line: &str) -> Option<Vec<Span>> {
    let framed = serde_json::from_str::<serde_json::Value>(line).ok()?;
    let inner = &framed["otlp_fallback"]["request"];
    let text = if inner.is_object() { inner.to_string() } else { line.to_owned() };
    Span::of_json(&text).ok().flatten()
}

fn key(span: &Span) -> Option<Key> {
    let request = span.attributes.get("request")?.as_str()?;
    Some((request.to_owned(), span.name.clone(), span.attributes.get("n")?.as_u64()?))
}

/// The invocation that a span belongs to: ours say it, and so do those that the libraries make of an invocation.
fn request(span: &Span) -> Option<&str> {
    ["request", "faas.invocation_id", "requestId"].iter().find_map(|key| span.attributes.get(*key)?.as_str())
}

/// An end that the fault does not explain.
fn unexpected(response: &Response, fault: Kind) -> Option<String> {
    let outcome = response.outcome.as_ref()?;
    let is_explained = match outcome {
        Outcome::Complete => true,
        Outcome::Cut => fault == Kind::ReaderGone,
        Outcome::Exited => fault == Kind::Sigterm,
        Outcome::Truncated => matches!(fault, Kind::Sigterm | Kind::Panic),
        Outcome::Error { .. } | Outcome::ErrorTrailers { .. } => fault == Kind::Panic,
        _ => false,
    };
    (!is_explained).then(|| match outcome {
        Outcome::TimedOut => "killed at its time limit".to_owned(),
        other => format!("ended with {other:?}"),
    })
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (count, word) in
            [(self.lost, "lost"), (self.logged, "in the log"), (self.stale, "stale"), (self.twice, "twice")]
        {
            if count > 0 {
                parts.push(format!("{word} {count} of {}", self.begun));
            }
        }
        for (count, word) in [(self.orphaned, "orphaned"), (self.elsewhere, "in another trace")] {
            if count > 0 {
                parts.push(format!("{word} {count}"));
            }
        }
        if self.waits >= WAIT_MIN {
            parts.push(format!("waits {:.1} s", self.waits.as_secs_f64()));
        }
        if self.is_stuck {
            parts.push("killed at its time limit".to_owned());
        } else if let Some(failed) = &self.failed {
            parts.push(failed.clone());
        }
        f.write_str(if parts.is_empty() { "all" } else { "" })?;
        f.write_str(&parts.join("; "))
    }
}
