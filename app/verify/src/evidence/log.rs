//! The function's log over the run: ledger lines, reports of invocations, given-up spans, and what does not belong there.

use super::{
    log_entry::{LateLedger, Ledger, MemoryReport},
    log_line::{Line, classify},
};
use std::collections::BTreeMap;

/// Lines that are quoted in evidence, at most.
const QUOTED_MAX: usize = 20;

/// The log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The log group.
    pub group: String,
    /// Lines that were read.
    pub lines: usize,
    /// Ledger lines.
    pub ledgers: Vec<Ledger>,
    /// Late ledger lines.
    pub late: Vec<LateLedger>,
    /// Reports of invocations.
    pub reports: Vec<MemoryReport>,
    /// Spans that were given up, by trace (`1-8hex-24hex`).
    pub given_up: BTreeMap<String, usize>,
    /// Lines of no known form, the first of them, cut.
    pub odd: Vec<String>,
    /// How many those are.
    pub odd_count: usize,
    /// Lines that tell of documents or segments that were discarded or refused, the first of them, cut.
    pub discards: Vec<String>,
}

impl Log {
    /// An empty one.
    pub fn new(group: &str) -> Self {
        Self { group: group.to_owned(), ..Self::default() }
    }

    /// Takes one line.
    pub fn push(&mut self, log_stream: &str, message: &str) {
        self.lines += 1;
        match classify(message) {
            Line::Ledger(ledger) => self.ledgers.push(ledger),
            Line::Late(late) => self.late.push(late),
            Line::Report(report) => self.reports.push(MemoryReport { log_stream: log_stream.to_owned(), ..report }),
            Line::GivenUp(traces) => {
                for trace in traces {
                    *self.given_up.entry(trace).or_default() += 1;
                }
            }
            Line::Discard(text) => keep(&mut self.discards, text),
            Line::Odd(text) => {
                self.odd_count += 1;
                keep(&mut self.odd, text);
            }
            Line::Known => {}
        }
    }

    /// The ledger of a trace.
    pub fn ledger(&self, trace_id: &str) -> Option<&Ledger> {
        self.ledgers.iter().find(|ledger| ledger.trace_id == trace_id)
    }

    /// The report of an invocation.
    pub fn report(&self, request_id: &str) -> Option<&MemoryReport> {
        self.reports.iter().find(|report| report.request_id == request_id)
    }

    /// What later flushes settled of an invocation: accepted, given up.
    pub fn settled_late(&self, request_id: &str) -> (u64, u64) {
        let of = self.late.iter().filter(|late| late.request_id == request_id);
        of.fold((0, 0), |(delivered, logged), late| (delivered + late.delivered, logged + late.logged))
    }

    /// The environment that served a trace, by its log stream.
    pub fn environment(&self, trace_id: &str) -> Option<&str> {
        let by_request = self.ledger(trace_id).and_then(|ledger| self.report(&ledger.request_id));
        let report = by_request.or_else(|| self.reports.iter().find(|r| r.trace_id.as_deref() == Some(trace_id)))?;
        Some(&report.log_stream)
    }
}

fn keep(lines: &mut Vec<String>, text: String) {
    if lines.len() < QUOTED_MAX {
        lines.push(text);
    }
}
