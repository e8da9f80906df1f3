// expect: E0382 | a span of a phase that ended
#![allow(unused)]
include!("prelude.inc");
fn f(inv: Invocation<Handler>, id: StreamIdentity) {
    let streaming = inv.into_streaming(id, Timestamp::default());
    inv.span("late", SpanKind::Internal);
}
fn main() {}
