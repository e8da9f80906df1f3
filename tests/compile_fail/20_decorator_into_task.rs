// expect: E0597 | a traced call that escapes into a task
// Rule: FR-037.
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>, raw: Untraced<dyn Poller>, known: &'static dyn SeenItems) {
    let poller = TracedPoller::new(&inv, &raw);
    std::thread::spawn(move || {
        let _call = poller.page(query(known));
    });
}
fn main() {}
