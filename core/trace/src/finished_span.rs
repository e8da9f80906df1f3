//! Finished spans: plain data of one phase.

use crate::{SpanId, Timestamp, TraceId, Value};
use std::{borrow::Cow, marker::PhantomData, sync::Arc};

/// Decides how X-Ray displays a span: INTERNAL is a subsegment, CLIENT a call to a service. There is no SERVER: that is
/// the segment which Lambda creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Work inside the function.
    Internal,
    /// A call to an AWS service.
    Client,
}

/// An exception: the only kind of span event that X-Ray keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The type of the exception: a short name by which errors can be grouped.
    pub error_type: Cow<'static, str>,
    /// The message. Adapters cut it to its limit (FR-058).
    pub message: String,
    /// When it occurred.
    pub at: Timestamp,
}

/// A finished span of one phase. It is neither `Clone` nor convertible, so it can be recorded once, and only in its own
/// phase.
#[derive(Debug)]
pub struct FinishedSpan<P> {
    /// The span's name, chosen by the service.
    pub name: &'static str,
    /// The span's kind.
    pub kind: SpanKind,
    /// The request id of the invocation that it belongs to.
    pub request_id: Arc<str>,
    /// The trace that it belongs to.
    pub trace: TraceId,
    /// The span's id.
    pub id: SpanId,
    /// The parent. Never absent, because Lambda creates the root segment (FR-053).
    pub parent: SpanId,
    /// The start time.
    pub start: Timestamp,
    /// The end time.
    pub end: Timestamp,
    /// The attributes, in the order in which they were set; no key occurs twice.
    pub attributes: Vec<(&'static str, Value)>,
    /// The exception, if the span failed: present means status ERROR, absent means status unset.
    pub exception: Option<Exception>,
    /// The round of reading that the span is part of, if any. The spans of one round are exported together or not at
    /// all, because a part of them would mislead. The rounds of a stream follow each other: the first span of another
    /// round ends this one.
    pub round: Option<u64>,
    /// The spans nested in this one; in the handler phase only.
    pub children: Vec<FinishedSpan<P>>,
    pub(super) phase: PhantomData<fn() -> P>,
}

impl<P> FinishedSpan<P> {
    /// The value of an attribute, if it is set.
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
