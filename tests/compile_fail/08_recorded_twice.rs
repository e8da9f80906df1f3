// expect: E0382 | a finished span recorded twice
// Rule: FR-060.
#![allow(unused)]
include!("prelude.inc");
fn f(sink: &dyn StreamSpans, span: FinishedSpan<Streaming>) {
    sink.record(span);
    sink.record(span);
}
fn main() {}
