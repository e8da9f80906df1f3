// expect: E0505 | a handler span open across the switch
#![allow(unused)]
include!("prelude.inc");
fn f(inv: Invocation<Handler>, id: StreamIdentity) {
    let _span = inv.span("a", SpanKind::Internal);
    let streaming = into_streaming(inv, id, Timestamp::default()).0;
}
fn main() {}
