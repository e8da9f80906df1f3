// expect: E0599 | a plain answer after the switch
#![allow(unused)]
include!("prelude.inc");
async fn f(inv: Invocation<Streaming>) -> ReadyForNext {
    inv.answer().await
}
fn main() {}
