// expect: E0624 | a body closed by anybody but the stream, with its proof
// Rule: FR-055.
#![allow(unused)]
include!("prelude.inc");
fn f(writer: Writer, flushed: BodyEndPermit) {
    writer.close(flushed);
}
fn main() {}
