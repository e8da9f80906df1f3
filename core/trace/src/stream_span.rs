//! The name and the attributes of the stream's own span: the service supplies them when the span ends, however it ends.

use crate::{ANNOTATIONS, EndReason, Value};
use std::borrow::Cow;

/// The stream's own span, below the segment and above every other span of the stream.
///
/// Called once, at the end, also by the guard of an invocation that is dropped or unwinds from a panic. So it MUST NOT
/// panic or block.
pub trait StreamSpan: Send + Sync {
    /// The span's name.
    fn name(&self) -> &'static str;
    /// The span's attributes, in order, with [`ANNOTATIONS`] for those that X-Ray is to index.
    fn attributes(&self, why: EndReason) -> Vec<(&'static str, Value)>;
}

/// A stream span with a name and the reason why the stream ended (`end_reason`, indexed), and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct NamedStream(pub &'static str);

impl StreamSpan for NamedStream {
    fn name(&self) -> &'static str {
        self.0
    }

    fn attributes(&self, why: EndReason) -> Vec<(&'static str, Value)> {
        let indexed = Value::List(vec![Cow::Borrowed("end_reason")]);
        vec![("end_reason", why.as_str().into()), (ANNOTATIONS, indexed)]
    }
}
