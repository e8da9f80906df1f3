// expect: E0505 | a flush while a traced call is in flight
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>, raw: Untraced<dyn Poller>, known: Arc<dyn SeenItems>) -> BodyEndPermit {
    let poller = TracedPoller::new(&inv, &raw);
    let call = poller.page(query(&*known));
    let flushed = inv.finish(EndReason::Error).await;
    let _ = call.await;
    flushed
}
fn main() {}
