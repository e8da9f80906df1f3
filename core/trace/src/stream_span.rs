//! What the stream's own span says: the service's words, asked for when it ends, however it ends.

use crate::{ANNOTATIONS, EndReason, Value};
use std::borrow::Cow;

/// The stream's own span, below the segment and above every other span of the stream.
///
/// Asked once, at the end; by the guard of an invocation too that is dropped, or unwinds from a panic. So it MUST NOT panic or block.
pub trait StreamSpan: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Its attributes, in order, with [`ANNOTATIONS`] for those that X-Ray is to index.
    fn attributes(&self, why: EndReason) -> Vec<(&'static str, Value)>;
}

/// A stream that has nothing to say but its name, and why it ended (`end_reason`, indexed).
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
