// expect: E0505 | a traced port used after the flush
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>, raw: Untraced<dyn Poller>, known: Arc<dyn SeenItems>) {
    let poller = TracedPoller::new(&inv, &raw);
    let _flushed = inv.finish(EndReason::Error).await;
    let _ = poller.page(query(&*known)).await;
}
fn main() {}
