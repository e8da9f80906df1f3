//! The two phases of an invocation, as types without values. A span, a sink and an invocation name the phase that they
//! belong to.

/// Before the response: spans become X-Ray subsegments.
#[derive(Clone, Copy, Debug)]
pub enum Handler {}

/// After the status line: spans become OTLP spans.
#[derive(Clone, Copy, Debug)]
pub enum Streaming {}
