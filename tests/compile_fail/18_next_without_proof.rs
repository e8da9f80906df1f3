// expect: E0061 | the next event without a proof (FR-055)
#![allow(unused)]
include!("prelude.inc");
async fn f(line: &mut sse_streaming::lambda::NextClient) {
    let _ = line.next().await;
}
fn main() {}
