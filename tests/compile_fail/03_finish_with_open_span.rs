// expect: E0505 | a flush with an open span
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>) -> BodyEndPermit {
    let _span = inv.span("a", SpanKind::Internal);
    inv.finish(EndReason::Error).await
}
fn main() {}
