//! The properties that hold in every run, whatever was done to the function: compares what the collector, the X-Ray
//! daemon, the log and the client each say. It starts nothing and waits for nothing; it names what does not fit.

mod accounts;
mod clients;
mod documents;
mod freeze;
mod shape;

use std::collections::BTreeMap;

use lambda_env::{ReceivedSpan, Response, Span, Stamp};

use crate::{
    evidence::Evidence,
    ledger::{Late, Ledger, ParsedLog},
};

/// Figures of a run, for people.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) invocations: usize,
    pub(crate) created: u64,
    pub(crate) delivered: u64,
    pub(crate) retained: u64,
    pub(crate) logged: u64,
    pub(crate) folded: u64,
    pub(crate) resent: u64,
    pub(crate) duplicates: u64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.invocations += other.invocations;
        self.created += other.created;
        self.delivered += other.delivered;
        self.retained += other.retained;
        self.logged += other.logged;
        self.folded += other.folded;
        self.resent += other.resent;
        self.duplicates += other.duplicates;
    }
}

/// One sampled invocation that streamed, with every copy of every span of it.
struct Trace<'a> {
    response: &'a Response,
    ledger: &'a Ledger,
    late: Late,
    /// By span id: every receipt, in order.
    received: BTreeMap<&'a str, Vec<&'a ReceivedSpan>>,
    /// By span id: every line.
    printed: BTreeMap<&'a str, Vec<&'a (Stamp, Span)>>,
}

/// Everything that does not fit, each with the request id it is about. Nothing may be retained any more: the function was
/// shut down, or its last flush left nothing.
pub(crate) fn check(evidence: &Evidence) -> (Figures, Vec<String>) {
    let told = ParsedLog::read(&evidence.lines);
    let mut problems: Vec<String> = told.unreadable.iter().map(|line| format!("log: {line}")).collect();
    problems.extend(evidence.violations.iter().map(|violation| format!("Runtime API: {violation:?}")));
    let malformed = evidence.requests.iter().filter_map(|request| request.malformed.as_ref());
    problems.extend(malformed.map(|what| format!("collector: {what}")));
    documents::check(evidence, &mut problems);
    let traces = traces(evidence, &told, &mut problems);
    let mut figures = Figures { invocations: evidence.streams.len() + evidence.plain.len(), ..Figures::default() };
    for trace in traces.values() {
        let mut own = Vec::new();
        accounts::check(trace, evidence, &mut figures, &mut own);
        shape::check(trace, &told, &mut own);
        freeze::check(trace, evidence, &mut own);
        problems.extend(own.into_iter().map(|problem| format!("{}: {problem}", trace.response.request_id)));
    }
    accounts::sums(traces.values(), &figures, &mut problems);
    shape::ends(evidence, &told, &mut problems);
    evidence.streams.iter().for_each(|response| clients::check(response, &told, &mut problems));
    (figures, problems)
}

/// Fails with everything that does not fit.
pub(crate) fn passes(evidence: &Evidence) -> Figures {
    let (figures, problems) = check(evidence);
    let shown = problems.iter().take(20).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(problems.is_empty(), "{} problems\n  {shown}", problems.len());
    figures
}

fn traces<'a>(evidence: &'a Evidence, told: &'a ParsedLog, problems: &mut Vec<String>) -> BTreeMap<String, Trace<'a>> {
    let mut traces = BTreeMap::new();
    let mut expected = 0;
    for response in evidence.streams.iter().filter(|response| is_sampled(response)) {
        expected += 1;
        let lines = told.ledgers.get(&response.request_id).map_or(&[][..], Vec::as_slice);
        let [ledger] = lines else {
            problems.push(format!("{}: {} ledger lines", response.request_id, lines.len()));
            continue;
        };
        let late = told.late.get(&response.request_id).copied().unwrap_or_default();
        let (received, printed) = (BTreeMap::new(), BTreeMap::new());
        let trace = Trace { response, ledger, late, received, printed };
        traces.insert(response.trace.as_ref().map_or_else(String::new, lambda_env::TraceHeader::trace_id), trace);
    }
    let lines: usize = told.ledgers.values().map(Vec::len).sum();
    if lines != expected {
        problems.push(format!("{lines} ledger lines for {expected} sampled streams"));
    }
    for receipt in &evidence.received {
        match traces.get_mut(&receipt.span.trace_id) {
            Some(trace) => trace.received.entry(&receipt.span.span_id).or_default().push(receipt),
            None => problems.push(format!("received in a trace that is nobody's: {:?}", receipt.span)),
        }
    }
    for line in &told.printed {
        match traces.get_mut(&line.1.trace_id) {
            Some(trace) => trace.printed.entry(&line.1.span_id).or_default().push(line),
            None => problems.push(format!("printed in a trace that is nobody's: {:?}", line.1)),
        }
    }
    traces
}

pub(super) fn is_sampled(response: &Response) -> bool {
    response.trace.as_ref().is_some_and(|trace| trace.sampled)
}

impl<'a> Trace<'a> {
    /// Every span that is known, once: accepted by the collector or in the log. What was sent and not accepted is neither.
    fn spans(&self) -> BTreeMap<&'a str, &'a Span> {
        let accepted = self.accepted().map(|receipt| &receipt.span);
        let printed = self.printed.values().flatten().map(|line| &line.1);
        accepted.chain(printed).map(|span| (span.span_id.as_str(), span)).collect()
    }

    /// How many spans the collector accepted, each counted once.
    fn accepted_spans(&self) -> u64 {
        self.received.values().filter(|copies| copies.iter().any(|copy| copy.accepted)).count() as u64
    }

    fn accepted(&self) -> impl Iterator<Item = &'a ReceivedSpan> + '_ {
        self.received.values().flatten().copied().filter(|receipt| receipt.accepted)
    }
}
