// expect: ok | the same pieces, used rightly
#![allow(unused)]
include!("prelude.inc");
async fn handler(inv: &Invocation<Handler>, raw: &Untraced<dyn ConfigurationStore>, user: &UserId) {
    let configurations = TracedConfigurationStore::new(inv, raw);
    let _ = configurations.get(user, "x").await;
    drop(inv.span("a", SpanKind::Internal));
}
async fn whole(inv: Invocation<Handler>, raw: Untraced<dyn Poller>, id: StreamIdentity, known: Arc<dyn SeenItems>) -> ReadyForNext {
    let (inv, _record) = into_streaming(inv, id, Timestamp::default());
    let poller = TracedPoller::new(&inv, &raw);
    let _ = poller.page(query(&*known)).await;
    drop(inv.span("b", SpanKind::Internal));
    inv.finish(EndReason::Error).await.settle().await
}
fn is_send<T: Send>(_: T) {}
fn sent(inv: Invocation<Handler>, raw: Untraced<dyn Poller>, id: StreamIdentity, known: Arc<dyn SeenItems>) {
    is_send(whole(inv, raw, id, known))
}
async fn next(client: &mut lambda_stream::NextClient, settled: ReadyForNext) {
    let _ = client.next(settled).await;
}
fn main() {}
