// expect: E0624 | an AWS call that bypasses its decorator
// Rule: FR-027.
#![allow(unused)]
include!("prelude.inc");
async fn f(raw: Untraced<dyn Poller>, known: Arc<dyn SeenItems>) {
    let _ = raw.open().page(query(&*known)).await;
}
fn main() {}
