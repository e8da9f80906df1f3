// expect: E0423 | a Settled without a flush
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
fn f() {
    let _settled = ReadyForNext(FlushOutcome::Ok);
}
fn main() {}
