// expect: E0382 | one proof for two next events (FR-055)
#![allow(unused)]
include!("prelude.inc");
async fn f(line: &mut sse_streaming::lambda::NextClient, settled: ReadyForNext) {
    let _ = line.next(settled).await;
    let _ = line.next(settled).await;
}
fn main() {}
