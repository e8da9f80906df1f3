// expect: E0423 | a context without a header
// Rule: FR-059.
#![allow(unused)]
include!("prelude.inc");
fn f() {
    let _context = TraceContext(None);
}
fn main() {}
