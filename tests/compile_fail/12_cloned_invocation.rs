// expect: E0277 | a cloned invocation
// Rule: FR-025.
#![allow(unused)]
include!("prelude.inc");
fn f(inv: Invocation<Streaming>) {
    let _copy: Invocation<Streaming> = Invocation::clone(&inv);
}
fn main() {}
