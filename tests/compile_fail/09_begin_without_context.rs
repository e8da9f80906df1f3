// expect: E0308 | an invocation without a context of its own
// Rule: FR-059. Rule: FR-025.
#![allow(unused)]
include!("prelude.inc");
fn f(tracing: TraceConfig) {
    let context: Option<TraceContext> = None;
    let begin = InvocationStart { context, request_id: "r".into(), deadline: Timestamp::default(), is_cold_start: false };
    let _inv = Invocation::begin(begin, tracing);
}
fn main() {}
