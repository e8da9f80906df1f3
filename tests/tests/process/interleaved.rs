//! Ten invocations at once in one process: each span knows whose it is.

use std::{collections::BTreeMap, time::Duration};

use futures::StreamExt;
use lambda_env::{FunctionUrl, Invocation, OtlpFault, Outcome};

use crate::{
    audit,
    dice::Dice,
    fixture::{Fixture, started, within},
    turns,
};

const SLOTS: usize = 10;
const INVOCATIONS: u64 = 300;

/// Rule: FR-052. Rule: FR-059.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_never_mix() {
    let _turn = turns::alone().await;
    let dice = Dice::seeded(10);
    let fixture = Fixture::new().await;
    let builder = fixture
        .function()
        .concurrency(SLOTS)
        .var("SSE_STREAM_MAX_MS", "250")
        .var("SSE_FLUSH_TIMEOUT_MS", "400")
        .var("SSE_MAX_CONNECTIONS", &SLOTS.to_string());
    let environment = started(builder.seed(10)).await;
    // None that asks for patience: for 10 s nothing would be sent, and nothing could be mixed up.
    let slow = OtlpFault::Slow(Duration::from_millis(150));
    let faults = [None, None, None, Some(slow), Some(OtlpFault::Garbage), Some(OtlpFault::Status(400))];
    fixture.collector.queue_faults((0..60).map(|_| dice.pick(&faults)));
    let invocations = (0..INVOCATIONS).map(|number| {
        let url = FunctionUrl::get("/api/v2/stream").header("x-sse-session-id", &format!("session-{number}"));
        let invocation = Invocation::url(url);
        let invocation = if dice.percent(15) { invocation.unsampled() } else { invocation };
        let pause = Duration::from_millis(dice.between(0, 40));
        let environment = &environment;
        async move {
            tokio::time::sleep(pause).await;
            let call = within(environment.invoke(invocation)).await.unwrap();
            (format!("session-{number}"), within(call.finish()).await)
        }
    });
    let writes = async {
        for number in 0..400 {
            fixture.write_any(number % 30);
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    let streams = futures::stream::iter(invocations).buffer_unordered(SLOTS).collect::<Vec<_>>();
    let (streams, ()) = tokio::join!(streams, writes);
    within(environment.frozen()).await;
    within(environment.shut_down()).await;
    let (mut sessions, mut responses) = (BTreeMap::new(), Vec::new());
    for (session, response) in streams {
        assert_eq!(response.outcome, Some(Outcome::Complete));
        if let Some(trace) = &response.trace {
            sessions.insert(trace.trace_id(), session);
        }
        responses.push(response);
    }
    let evidence = fixture.evidence(&environment, responses, Vec::new());
    let figures = audit::passes(&evidence);
    println!("interleaved: {figures:?}");
    let roots = evidence.received.iter().map(|copy| &copy.span).filter(|span| span.name == "sse_stream");
    let mut seen = 0;
    for root in roots {
        assert_eq!(root.text("session_id"), sessions[&root.trace_id]);
        seen += 1;
    }
    assert!(seen > 200, "{seen} streams were received");
}
