// expect: E0451 | a finished span made by hand
#![allow(unused)]
include!("prelude.inc");
fn f(a: FinishedSpan<Handler>) -> FinishedSpan<Streaming> {
    FinishedSpan { name: a.name, kind: a.kind, request_id: a.request_id, trace: a.trace, id: a.id, parent: a.parent, start: a.start, end: a.end,
        attributes: a.attributes, exception: a.exception, round: a.round, children: vec![], phase: std::marker::PhantomData }
}
fn main() {}
