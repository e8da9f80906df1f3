// expect: E0308 | a streaming decorator in the handler phase
// Rule: FR-060.
#![allow(unused)]
include!("prelude.inc");
fn f(inv: &Invocation<Handler>, raw: Untraced<dyn Poller>) {
    let _poller = TracedPoller::new(inv, &raw);
}
fn main() {}
