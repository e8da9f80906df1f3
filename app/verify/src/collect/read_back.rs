//! Reads again and again what the streams left, until it is complete and stays as it is, or patience is over.

use super::{deployment, settled::unsettled};
use crate::{
    aws::{client::Aws, logs, xray},
    evidence::{Evidence, Log, Reading, StreamRecord, Trace, TraceStore, Unread},
    options::{FunctionName, Options},
};
use lambda_trace::Timestamp;
use std::time::Duration;

/// Between two readings.
const PAUSE: Duration = Duration::from_secs(5);
/// The clocks of AWS and of this machine may differ, and a log line is dated by the function's.
const CLOCKS_APART: Duration = Duration::from_secs(30);

pub(super) async fn read(aws: &Aws, options: &Options, began: Timestamp, evidence: &mut Evidence) {
    let limit = aws.ports.clock.now().plus(options.patience);
    let ids: Vec<String> = evidence.served().filter_map(|stream| stream.trace_id().map(str::to_owned)).collect();
    let (traces_since, log_since) = (began.minus(CLOCKS_APART), began.minus(CLOCKS_APART + options.since));
    let destination = xray::destination(aws).await;
    let mut function = options.function.clone();
    let mut is_deployment_read = false;
    let mut last = None;
    loop {
        if !ids.is_empty() {
            evidence.traces = xray::traces(aws, &destination, &ids, traces_since).await;
        }
        function = function.or_else(|| named_by_lambda(evidence));
        if let (Some(function), false) = (&function, is_deployment_read) {
            deployment::read(aws, options, function, evidence).await;
            is_deployment_read = true;
        }
        if let Some(function) = &function {
            read_logs(aws, function, log_since, evidence).await;
        }
        let missing = unsettled(evidence).len();
        // Without the log nobody says how much there should be: what has not changed for a while is taken as all.
        let seen = size(evidence);
        let is_over = missing == 0 && (evidence.log.is_ok() || last == Some(seen));
        let now = aws.ports.clock.now();
        if is_over || now >= limit {
            return;
        }
        last = Some(seen);
        let left = limit.since(now).as_secs();
        aws.ports.progress.say(&format!(
            "{} of {} traces and their log lines are complete; {left} s of patience left",
            ids.len() - missing,
            ids.len()
        ));
        aws.ports.clock.sleep_until(now.plus(PAUSE)).await;
    }
}

/// The function that Lambda's own segments are named after. In the span format they need not say their origin: there it is the
/// first segment of the trace.
fn named_by_lambda(evidence: &Evidence) -> Option<FunctionName> {
    let named = |trace: &Trace| {
        let first = || trace.segments().next().filter(|_| trace.store == TraceStore::TransactionSearch);
        let segment = trace.lambda_segments().next().or_else(|| first().map(|(segment, _)| segment))?;
        Some(FunctionName { name: segment.name.clone(), qualifier: None })
    };
    evidence.traces.values().filter_map(|trace| trace.as_ref().ok()).find_map(named)
}

async fn read_logs(aws: &Aws, function: &FunctionName, since: Timestamp, evidence: &mut Evidence) {
    let group = match &evidence.function {
        Ok(function) => function.log_group.clone(),
        Err(_) => format!("/aws/lambda/{}", function.name),
    };
    evidence.log = log(aws, &group, since).await;
    if let Some(comparison) = &mut evidence.comparison {
        let group = comparison.log.as_ref().map_or_else(|_| String::new(), |log| log.group.clone());
        if !group.is_empty() {
            comparison.log = log(aws, &group, since).await;
        }
    }
}

async fn log(aws: &Aws, group: &str, since: Timestamp) -> Reading<Log> {
    let events = logs::events(aws, group, since, None).await.map_err(Unread::from)?;
    let mut log = Log::new(group);
    for event in events {
        log.push(&event.stream, &event.message);
    }
    Ok(log)
}

/// How much was read, to see whether more has come.
fn size(evidence: &Evidence) -> usize {
    let traces = evidence.served().filter_map(StreamRecord::trace_id).filter_map(|id| evidence.traces.get(id));
    traces.filter_map(|trace| trace.as_ref().ok()).map(|trace| trace.nodes.len()).sum()
}
