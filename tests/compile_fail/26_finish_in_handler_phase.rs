// expect: E0599 | an end of stream in the handler phase
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Handler>) -> BodyEndPermit {
    inv.finish(EndReason::Error).await
}
fn main() {}
