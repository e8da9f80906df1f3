// expect: E0597 | a single flight that shares the call of its leader
// Rule: FR-037. Rule: FR-027.
#![allow(unused)]
include!("prelude.inc");
use futures::{FutureExt, future::{BoxFuture, Shared}};
type Cell = std::sync::Mutex<Option<Shared<BoxFuture<'static, ()>>>>;
async fn f(cell: Arc<Cell>, inv: Invocation<Streaming>, raw: Untraced<dyn Poller>, known: &'static dyn SeenItems) {
    let poller = TracedPoller::new(&inv, &raw);
    *cell.lock().unwrap() = Some(async move { drop(poller.page(query(known)).await) }.boxed().shared());
}
fn main() {}
