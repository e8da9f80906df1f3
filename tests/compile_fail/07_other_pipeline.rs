// expect: E0308 | a streaming span given to the subsegment pipeline
// Rule: FR-060.
#![allow(unused)]
include!("prelude.inc");
fn f(sink: &dyn Telemetry, span: FinishedSpan<Streaming>) {
    sink.handler_phase(span)
}
fn main() {}
