//! Open spans: they borrow their invocation, and end where they are dropped.

use crate::{
    ANNOTATIONS, AwsCall, CallError, Exception, FinishedSpan, Timestamp, Value,
    phase_state::{Phase, PhaseState},
};
use std::borrow::Cow;

/// An open span. It borrows its invocation, so nothing that consumes the invocation compiles while it is open. It ends
/// when it is dropped.
#[must_use = "a span ends where it is dropped"]
pub struct Span<'i, P: Phase> {
    of: &'i P::State,
    /// `None` if the invocation is not sampled: every method then costs next to nothing.
    data: Option<FinishedSpan<P>>,
    /// Whether a drop means that the call was cancelled, because its caller went away.
    in_flight: bool,
}

impl<'i, P: Phase> Span<'i, P> {
    pub(super) const fn new(of: &'i P::State, data: Option<FinishedSpan<P>>) -> Self {
        Self { of, data, in_flight: false }
    }

    /// Sets an attribute; a key set twice keeps the later value.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(data) = &mut self.data {
            data.set(key, value);
        }
    }

    /// Whether anything is recorded: lets a caller skip work that only a recorded span needs.
    pub const fn is_recording(&self) -> bool {
        self.data.is_some()
    }

    /// Sets an earlier start time, for work that began before the span was opened.
    pub fn began_at(&mut self, at: Timestamp) {
        if let Some(data) = &mut self.data {
            data.start = at.min(data.start);
        }
    }

    /// Makes the span part of this round, which is exported as a whole or not at all ([`FinishedSpan::round`]).
    pub fn in_round(&mut self, round: u64) {
        if let Some(data) = &mut self.data {
            data.round = Some(round);
        }
    }

    /// Records that a call to `target` begins: if the span is dropped before [`Self::returned`] or [`Self::failed`],
    /// the call was cancelled. The target is written immediately, because X-Ray would show a CLIENT span without it as
    /// a service of its own.
    pub fn calling(&mut self, target: &AwsCall) {
        self.in_flight = true;
        self.describe(target);
    }

    /// Records that the call succeeded.
    pub fn returned(&mut self, report: &AwsCall) {
        self.in_flight = false;
        self.describe(report);
    }

    /// Records that the call failed: status ERROR, one exception, and `error_type`, indexed for the first failure of a
    /// trace.
    pub fn failed(&mut self, error: &CallError) {
        self.in_flight = false;
        self.describe(&error.report);
        let Some(data) = &mut self.data else { return };
        data.set("error_type", error.error_type.clone().into_owned());
        if self.of.may_annotate_failure() {
            data.set(ANNOTATIONS, Value::List(vec![Cow::Borrowed("error_type")]));
        }
        data.exception = Some(Exception {
            error_type: error.error_type.clone(),
            message: if error.detail.is_empty() { error.to_string() } else { error.detail.clone() },
            at: self.of.now(),
        });
    }

    /// The attributes of an AWS call, from which X-Ray derives the service's node and the `aws` block.
    fn describe(&mut self, report: &AwsCall) {
        let Some(data) = &mut self.data else { return };
        data.set("rpc.system", "aws-api");
        data.set("rpc.service", report.service);
        data.set("rpc.method", report.operation);
        data.set("aws.region", report.region.clone());
        if let Some(table) = &report.table {
            data.set("aws.table_name", table.clone());
        }
        if let Some(id) = &report.request_id {
            data.set("aws.request_id", id.clone());
        }
        data.set("attempts", report.attempts);
    }
}

impl<P: Phase> Drop for Span<'_, P> {
    fn drop(&mut self) {
        let Some(mut data) = self.data.take() else { return };
        if self.in_flight {
            data.set("cancelled", true);
        }
        data.end = self.of.now();
        self.of.record(data);
    }
}
