// expect: E0277 | a phase of ones own
#![allow(unused)]
include!("prelude.inc");
struct Mine;
impl Phase for Mine {}
fn main() {}
