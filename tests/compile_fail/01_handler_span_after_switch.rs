// expect: E0382 | a span of a phase that ended
#![allow(unused)]
include!("prelude.inc");
fn f(inv: Invocation<Handler>, id: StreamIdentity) {
    let streaming = into_streaming(inv, id, Timestamp::default()).0;
    inv.span("late", SpanKind::Internal);
}
fn main() {}
