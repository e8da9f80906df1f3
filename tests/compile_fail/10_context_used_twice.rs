// expect: E0382 | one header for two invocations
// Rule: FR-059.
#![allow(unused)]
include!("prelude.inc");
fn f(context: TraceContext, tracing: TraceConfig) {
    let begin = |context| InvocationStart { context, request_id: "r".into(), deadline: Timestamp::default(), is_cold_start: false };
    let _a = Invocation::begin(begin(context), tracing.clone());
    let _b = Invocation::begin(begin(context), tracing);
}
fn main() {}
