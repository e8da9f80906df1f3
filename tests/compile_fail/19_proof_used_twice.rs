// expect: E0382 | one proof for two next events
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
async fn f(client: &mut lambda_stream::NextClient, settled: ReadyForNext) {
    let _ = client.next(settled).await;
    let _ = client.next(settled).await;
}
fn main() {}
