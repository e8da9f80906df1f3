//! Finished spans: plain data of one phase.

use crate::{SpanId, Timestamp, TraceId, Value};
use std::{borrow::Cow, marker::PhantomData, sync::Arc};

/// Decides how X-Ray draws a span: INTERNAL is a subsegment, CLIENT a call to a service. There is no SERVER: that is the segment
/// which Lambda opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Work inside the function.
    Internal,
    /// A call to an AWS service.
    Client,
}

/// The one event that X-Ray keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// A short name, good for grouping.
    pub error_type: Cow<'static, str>,
    /// What was said; adapters cut it to its limit (FR-058).
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// A finished span of one phase; neither `Clone` nor convertible: it can be recorded once, in its own phase.
#[derive(Debug)]
pub struct FinishedSpan<P> {
    /// What it stands for, in the words of the service.
    pub name: &'static str,
    /// How it is drawn.
    pub kind: SpanKind,
    /// The invocation it belongs to.
    pub request_id: Arc<str>,
    /// Its trace.
    pub trace: TraceId,
    /// Its id.
    pub id: SpanId,
    /// Never absent: there is no root (FR-053).
    pub parent: SpanId,
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// Keys without repeats, in the order of setting.
    pub attributes: Vec<(&'static str, Value)>,
    /// Present: status ERROR. Absent: status unset.
    pub exception: Option<Exception>,
    /// Spans of one round are shown together or not at all, because a part of them would mislead. The rounds of a stream follow
    /// each other: the first span of another round ends this one.
    pub round: Option<u64>,
    /// Handler phase only: the calls inside this one.
    pub children: Vec<FinishedSpan<P>>,
    pub(super) phase: PhantomData<fn() -> P>,
}

impl<P> FinishedSpan<P> {
    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    pub(super) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match self.attributes.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((key, value)),
        }
    }
}
