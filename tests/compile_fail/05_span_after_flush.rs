// expect: E0382 | a span after the flush
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>) {
    let _flushed = inv.finish(EndReason::Error).await;
    inv.span("late", SpanKind::Internal);
}
fn main() {}
