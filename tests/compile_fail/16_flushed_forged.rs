// expect: E0423 | a Flushed without a flush (FR-055)
#![allow(unused)]
include!("prelude.inc");
fn f(settled: Settled) {
    let _flushed = Flushed(settled);
}
fn main() {}
