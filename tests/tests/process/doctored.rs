//! The audit notices: evidence of a real run with a failed and a lost export, changed in one place each time.

use lambda_env::{LogLine, OtlpFault, ReceivedSpan};

use crate::{
    audit,
    evidence::Evidence,
    fixture::{Fixture, call, patience_over, stream, within},
    turns,
};

async fn honest() -> Evidence {
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "120"), ("SSE_FLUSH_TIMEOUT_MS", "300")]).await;
    let mut streams = Vec::new();
    for fault in [None, Some(OtlpFault::Status(503)), Some(OtlpFault::AnswerLost), None, Some(OtlpFault::RejectAll)] {
        fixture.collector.set_fault(fault).await.unwrap();
        streams.push(call(&environment, stream()).await);
        within(environment.frozen()).await;
        patience_over().await;
    }
    within(environment.shut_down()).await;
    fixture.evidence(&environment, streams, Vec::new())
}

fn line<'e>(evidence: &'e mut Evidence, message: &str) -> &'e mut LogLine {
    let quoted = format!("\"{message}\"");
    evidence.lines.iter_mut().find(|line| line.text.contains(&quoted)).unwrap()
}

/// A span of the first trace that has this name.
fn span<'e>(evidence: &'e mut Evidence, name: &str) -> &'e mut ReceivedSpan {
    evidence.received.iter_mut().find(|copy| copy.span.name == name).unwrap()
}

#[tokio::test]
async fn every_change_is_noticed() {
    let _turn = turns::shared().await;
    let honest = honest().await;
    let (figures, problems) = audit::check(&honest);
    assert!(problems.is_empty(), "{problems:?}");
    assert!(figures.retained > 0 && figures.logged > 0 && figures.duplicates > 0, "{figures:?}");
    let check = |what: &str, expected: &str, change: &dyn Fn(&mut Evidence)| {
        let mut evidence = honest.clone();
        change(&mut evidence);
        let (_, problems) = audit::check(&evidence);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{what} gives {problems:?}");
    };
    check("a lost span", "are received or in the log", &|evidence| {
        let lost = span(evidence, "dynamodb_poll").span.span_id.clone();
        evidence.received.retain(|copy| copy.span.span_id != lost);
    });
    check("a lost line", "are received or in the log", &|evidence| {
        let printed = evidence.lines.iter().position(|line| line.text.starts_with("{\"resourceSpans\"")).unwrap();
        evidence.lines.remove(printed);
    });
    check("a second copy", "after an answer that was not lost", &|evidence| {
        let copy = span(evidence, "connection_acquire").clone();
        evidence.received.push(copy);
    });
    check("a strange trace", "nobody's", &|evidence| span(evidence, "sse_stream").span.trace_id = "f".repeat(32));
    check("another parent", "hangs under", &|evidence| {
        span(evidence, "connection_acquire").span.parent_id = "f".repeat(16);
    });
    check("a late span", "lies outside", &|evidence| {
        span(evidence, "connection_release").span.end_ns += 10_000_000_000;
    });
    check("another kind", "has kind", &|evidence| span(evidence, "dynamodb_poll").span.kind = 2);
    check("another event", "not dispatched", &|evidence| {
        span(evidence, "sse_event_dispatch").span.attributes.insert("event_type".to_owned(), "other".into());
    });
    check("another connection", "of another connection", &|evidence| {
        span(evidence, "connection_release").span.attributes.insert("connection_id".to_owned(), "other".into());
    });
    check("no ledger", "0 ledger lines", &|evidence| line(evidence, "telemetry ledger").text = "{}".to_owned());
    check("a wrong sum", "does not add up", &|evidence| {
        let line = line(evidence, "telemetry ledger");
        line.text = line.text.replacen("\"created\":", "\"created\":1", 1);
    });
    check("no late line", "settled later", &|evidence| line(evidence, "telemetry ledger late").text = "{}".to_owned());
    check("no end", "ended []", &|evidence| line(evidence, "stream ended").text = "{}".to_owned());
    check("no handler", "0 handler documents", &|evidence| drop(evidence.documents.remove(0)));
    check("a late arrival", "arrived after the freeze", &|evidence| {
        let last = evidence.received.last().unwrap().at;
        span(evidence, "sse_stream").at = last;
    });
    check("a lost last event", "last event", &|evidence| {
        let chunks = &mut evidence.streams[0].chunks;
        chunks.pop();
    });
}
