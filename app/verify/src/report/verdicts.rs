//! The verdicts of one run, with what they say together: counts, exit code. It prints nothing.

use crate::{
    checks::{Judged, Verdict, judge},
    evidence::Evidence,
};
use std::time::Duration;

/// How long readers waited for their first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstEvent {
    /// The shortest wait.
    pub min: Duration,
    /// The middle one.
    pub median: Duration,
    /// The longest.
    pub max: Duration,
}

/// Verdicts of one run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The address that was judged.
    pub target: String,
    /// The function behind it, if it is known.
    pub function: Option<String>,
    /// Every check with its finding.
    pub judged: Vec<Judged>,
    /// The traces of the streams that were opened.
    pub traces: Vec<String>,
    /// Waits for the first event; `None` if no stream was served.
    pub first_event: Option<FirstEvent>,
    /// How long the run took.
    pub took: Duration,
}

impl Report {
    /// Makes all checks on the evidence.
    pub fn new(evidence: &Evidence, took: Duration) -> Self {
        let mut waits: Vec<_> = evidence.served().filter_map(crate::evidence::StreamRecord::first_event).collect();
        waits.sort_unstable();
        let at = |index: usize| waits.get(index).copied();
        let first_event = at(0).zip(at(waits.len() / 2)).zip(waits.last().copied());
        Self {
            target: evidence.target.clone(),
            function: evidence.function.as_ref().ok().map(|function| function.name.clone()),
            judged: judge(evidence),
            traces: evidence.served().filter_map(|stream| stream.trace_id().map(str::to_owned)).collect(),
            first_event: first_event.map(|((min, median), max)| FirstEvent { min, median, max }),
            took,
        }
    }

    /// How many checks came to a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judged.iter().filter(|judged| judged.finding.verdict == verdict).count()
    }

    /// 0 only if nothing failed and everything could be judged; 1 if something failed; 3 if something could not be judged.
    pub fn exit_code(&self) -> u8 {
        match (self.count(Verdict::Fail), self.count(Verdict::CouldNotJudge)) {
            (0, 0) => 0,
            (0, _) => 3,
            _ => 1,
        }
    }
}
