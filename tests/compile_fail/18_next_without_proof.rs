// expect: E0061 | the next event without a proof
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
async fn f(client: &mut lambda_stream::NextClient) {
    let _ = client.next().await;
}
fn main() {}
