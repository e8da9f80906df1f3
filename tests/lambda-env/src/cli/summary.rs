//! What a run came to.

use std::{collections::BTreeMap, time::Duration};

use super::{
    palette::Palette,
    text::{counted, outcome, short},
    traces::Counts,
};
use crate::{
    environment::{Phase, Shutdown},
    notice::{Event, Notice},
};

/// The figures of a run.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) duration: Duration,
    /// Requests that an environment got.
    pub(super) requests: usize,
    /// How they ended, in words.
    pub(super) outcomes: BTreeMap<String, usize>,
    pub(super) throttled: usize,
    pub(super) not_started: usize,
    pub(super) cold_starts: usize,
    pub(super) freezes: usize,
    pub(super) violations: usize,
    pub(super) chunks: usize,
    pub(super) bytes: usize,
    pub(super) traces: Counts,
    /// Datagrams that were no documents.
    pub(super) malformed: usize,
    /// Environments that ended by themselves after SIGTERM, and those that were killed.
    pub(super) terminated: usize,
    pub(super) killed: usize,
    first_bytes: Vec<Duration>,
    durations: Vec<Duration>,
}

impl Summary {
    /// Counts what happened.
    pub(super) fn count(&mut self, notice: &Notice) {
        match &notice.event {
            Event::Phase(Phase::Started(_)) => self.cold_starts += 1,
            Event::Phase(Phase::Frozen) => self.freezes += 1,
            Event::Violation(_) => self.violations += 1,
            Event::Throttled(_) => self.throttled += 1,
            Event::StartFailed(..) => self.not_started += 1,
            Event::Ended(ended) => {
                self.requests += 1;
                *self.outcomes.entry(outcome(&ended.outcome)).or_default() += 1;
                self.chunks += ended.chunks;
                self.bytes += ended.bytes;
                self.first_bytes.extend(ended.first_byte);
                self.durations.push(ended.duration);
            }
            _ => {}
        }
    }

    /// Requests that are over, in whatever way.
    pub(super) fn over(&self) -> usize {
        self.requests + self.throttled + self.not_started
    }

    /// Counts how environments ended.
    pub(super) fn count_ends(&mut self, ends: &[(usize, Shutdown)]) {
        self.terminated += ends.iter().filter(|(_, end)| end.terminated && !end.killed).count();
        self.killed += ends.iter().filter(|(_, end)| end.killed).count();
    }

    /// The figures for people.
    pub(super) fn lines(&self, palette: Palette) -> Vec<String> {
        let row = |name: &str, what: &str| format!("  {name:<14}{what}");
        let outcomes = self.outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}"));
        let others = [(self.throttled, "throttled (429)"), (self.not_started, "without an environment (502)")];
        let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let ended = outcomes.chain(others).collect::<Vec<_>>().join(", ");
        let mut lines = vec![palette.bold(&format!("{} in {}", counted(self.over(), "request"), short(self.duration)))];
        lines.push(row("ended", if ended.is_empty() { "-" } else { &ended }));
        let starts = format!("{}, frozen {}", counted(self.cold_starts, "start"), counted(self.freezes, "time"));
        lines.push(row(
            "environments",
            &format!("{starts}; in the end {} after SIGTERM, {} by SIGKILL", self.terminated, self.killed),
        ));
        if let Some(times) = times(&self.first_bytes) {
            lines.push(row("first byte", &times));
        }
        if let Some(times) = times(&self.durations) {
            lines.push(row(
                "whole answer",
                &format!("{times}; {}, {}", counted(self.chunks, "chunk"), counted(self.bytes, "byte")),
            ));
        }
        let Counts { segments, subsegments, spans, refused, late } = self.traces;
        let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
        let malformed = if self.malformed > 0 { format!(", {} malformed", self.malformed) } else { String::new() };
        let late = if late > 0 { palette.bad(&format!(", {late} too late")) } else { ", none too late".to_owned() };
        let received = format!(
            "{segments} of Lambda's own, {}, {} by OTLP",
            counted(subsegments, "subsegment"),
            counted(spans, "span")
        );
        lines.push(row("traces", &format!("{received}{refused}{malformed}{late}")));
        let violations = counted(self.violations, "violation");
        lines.push(row(
            "protocol",
            &if self.violations > 0 { palette.bad(&violations) } else { "no violation".to_owned() },
        ));
        lines
    }
}

/// Median and slowest.
fn times(all: &[Duration]) -> Option<String> {
    let mut all = all.to_vec();
    all.sort_unstable();
    let (median, slowest) = (all.get(all.len() / 2)?, all.last()?);
    Some(format!("median {}, slowest {}", short(*median), short(*slowest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;

    #[test]
    fn a_run_without_requests_is_told_too() {
        let mut summary = Summary::default();
        summary.count(&Notice { at: Stamp::now(), environment: Some(1), event: Event::Phase(Phase::Frozen) });
        let lines = summary.lines(Palette::detect(true));
        assert_eq!(lines[0], "0 requests in 0 ms");
        assert!(lines.iter().any(|line| line.contains("frozen 1 time;")), "{lines:?}");
    }
}
