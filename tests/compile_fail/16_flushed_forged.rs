// expect: E0423 | a body-end permit without a flush
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
fn f(settled: ReadyForNext) {
    let _flushed = BodyEndPermit(settled);
}
fn main() {}
