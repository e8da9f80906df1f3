//! How a check comes to its verdict: a single violation fails it; without one, anything that could not be seen leaves
//! it open.

use crate::evidence::{Evidence, StreamRecord, Trace, Unread};

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was not asked, or it has no meaning for this deployment. It changes no exit code.
    NotApplicable,
    /// What the title states is true.
    Pass,
    /// Something that it needs could not be read.
    CouldNotJudge,
    /// It does not hold.
    Fail,
}

impl Verdict {
    /// As reports name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Pass => "pass",
            Self::CouldNotJudge => "could_not_judge",
            Self::Fail => "fail",
        }
    }
}

/// A verdict and its reasons, the decisive one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Trace ids, documents, log lines, numbers, in words.
    pub evidence: Vec<String>,
}

/// A check in progress.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    wrong: Vec<String>,
    unknown: Vec<String>,
    seen: Vec<String>,
}

impl Judgement {
    pub(super) fn fail(&mut self, why: impl Into<String>) {
        self.wrong.push(why.into());
    }

    pub(super) fn unknown(&mut self, why: impl Into<String>) {
        self.unknown.push(why.into());
    }

    pub(super) fn saw(&mut self, what: impl Into<String>) {
        self.seen.push(what.into());
    }

    /// What was read, or a note that it could not be.
    pub(super) fn need<'r, T>(&mut self, reading: &'r Result<T, Unread>) -> Option<&'r T> {
        match reading {
            Ok(value) => Some(value),
            Err(unread) => {
                // Several streams may miss the same thing.
                if !self.unknown.contains(&unread.0) {
                    self.unknown(unread.0.clone());
                }
                None
            }
        }
    }

    /// Every stream that was served, with its trace; those whose trace cannot be seen are noted.
    pub(super) fn traces<'e>(&mut self, evidence: &'e Evidence) -> Vec<(&'e StreamRecord, &'e Trace)> {
        let mut found = Vec::new();
        for stream in evidence.served() {
            let Some(id) = stream.trace_id() else {
                self.unknown(format!("{stream} is not sampled: its first heartbeat names no trace"));
                continue;
            };
            match evidence.traces.get(id) {
                Some(reading) => found.extend(self.need(reading).map(|trace| (stream, trace))),
                None => self.unknown(format!("trace {id} was not read")),
            }
        }
        found
    }

    /// A check that sees nothing at all does not pass.
    pub(super) fn finding(mut self) -> Finding {
        let verdict = match () {
            () if !self.wrong.is_empty() => Verdict::Fail,
            () if !self.unknown.is_empty() => Verdict::CouldNotJudge,
            () if self.seen.is_empty() => {
                self.unknown("no stream was served");
                Verdict::CouldNotJudge
            }
            () => Verdict::Pass,
        };
        Finding { verdict, evidence: [self.wrong, self.unknown, self.seen].concat() }
    }

    pub(super) fn not_applicable(why: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::NotApplicable, evidence: vec![why.into()] }
    }
}
