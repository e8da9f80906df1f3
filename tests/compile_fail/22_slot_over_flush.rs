// expect: E0505 | a decorator of the dispatcher kept over the flush
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>, writer: Writer) -> BodyEndPermit {
    let out = TracedDispatcher::new(&inv, &writer);
    let flushed = inv.finish(EndReason::Error).await;
    out.collect();
    flushed
}
fn main() {}
