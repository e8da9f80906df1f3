// expect: E0382 | a finished span recorded twice
// Rule: FR-060.
#![allow(unused)]
include!("prelude.inc");
fn f(sink: &dyn Telemetry, span: FinishedSpan<Streaming>) {
    sink.streaming_phase(span);
    sink.streaming_phase(span);
}
fn main() {}
