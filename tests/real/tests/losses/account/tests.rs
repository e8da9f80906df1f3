//! Each kind of loss, once.

use super::*;
use crate::run::Turn;
use lambda_env::{LogLine, ReceivedSpan, TraceHeader, environment::Stream};
use std::sync::Arc;

fn response(header: &TraceHeader) -> Response {
    Response {
        request_id: "r".to_owned(),
        trace: Some(header.clone()),
        deadline_ms: 0,
        delivered: None,
        answered: None,
        headers: http::HeaderMap::new(),
        chunks: Vec::new(),
        trailers: http::HeaderMap::new(),
        ended: None,
        outcome: Some(Outcome::Complete),
    }
}

fn received(n: u64, trace: &str, parent: &str, accepted: bool) -> ReceivedSpan {
    let attributes = [("request", "r".into()), ("n", n.into())];
    let span = Span {
        trace_id: trace.to_owned(),
        span_id: format!("{n:016x}"),
        parent_id: parent.to_owned(),
        name: "poll".to_owned(),
        kind: 1,
        start_ns: 0,
        end_ns: 0,
        status: 0,
        status_message: String::new(),
        attributes: attributes.map(|(key, value): (&str, serde_json::Value)| (key.to_owned(), value)).into(),
        repeated_keys: Vec::new(),
        events: Vec::new(),
        links: Vec::new(),
        resource: Arc::default(),
        scope: String::new(),
    };
    ReceivedSpan { at: Stamp::now(), request: 0, accepted, span }
}

fn begun(n: u64) -> LogLine {
    let text = format!(r#"{{"begun":"poll","n":{n},"request":"r"}}"#);
    LogLine { at: Stamp::now(), stream: Stream::Stdout, generation: 1, program: "f".to_owned(), text }
}

#[test]
fn each_span_is_counted_for_what_became_of_it() {
    let header =
        TraceHeader::parse("Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1").unwrap();
    let (trace, parent) = (header.trace_id(), header.parent.clone());
    let in_time = [
        received(1, &trace, &parent, true),
        received(2, &trace, &parent, false),
        received(3, &trace, &parent, true),
        received(3, &trace, &parent, true),
        received(4, &trace, "00000000000000ff", true),
        received(5, "00000000000000000000000000000001", "", true),
    ];
    let still = Some(Stamp::now());
    let late = received(6, &trace, &parent, true);
    let turn = Turn { response: response(&header), still, is_stuck: false };
    let log = (1..=7).map(begun).collect();
    let spans = in_time.into_iter().chain([late]).collect();
    let account = Account::of(&Evidence { fault: Kind::None, turns: vec![turn], log, spans });
    let expected = Account { begun: 7, lost: 2, stale: 1, twice: 1, orphaned: 1, elsewhere: 1, ..Account::default() };
    assert_eq!(account, expected);
}
